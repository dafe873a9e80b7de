"""What a person asks of one meter, now: to be read, a part of an archive, or whether it can be reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from metering.calendar import ArchiveKind, slots_between
from metering.errors import ConfigurationError
from metering.polls import Outcome


class RequestKind(StrEnum):
    """What is wanted."""

    NOW = "now"
    """Everything that is due: identity, clock, current values, missing archive slots."""
    ARCHIVE = "archive"
    """The slots of one archive that start within [start, end), stored or not."""
    LINK = "link"
    """Whether it can be reached: identity, clock, round-trip time; nothing is stored but the poll."""


class RequestState(StrEnum):
    """Where a request stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    """Nobody was asked: a budget is spent, or another meter is in its place; `message` says what to do."""
    CANCELLED = "cancelled"


ENDED: Final = frozenset(RequestState) - {RequestState.QUEUED, RequestState.RUNNING}

MOST_SLOTS: Final = 10_000
"""Slots of one request: an hour archive of a year."""

_STATES: Final = {
    Outcome.OK: RequestState.DONE,
    Outcome.PARTLY_READ: RequestState.DONE,
    Outcome.ARCHIVE_ABSENT: RequestState.DONE,
    Outcome.CLOCK_WRONG: RequestState.DONE,
    Outcome.REGISTER_RESET: RequestState.DONE,
    Outcome.CONFIGURATION_CHANGED: RequestState.DONE,
    Outcome.CANCELLED: RequestState.CANCELLED,
    Outcome.OVER_BUDGET: RequestState.REFUSED,
}


@dataclass(frozen=True, slots=True)
class PollRequest:
    """`start` and `end` are UTC slot starts, half-open, of an ARCHIVE request alone."""

    id: UUID
    meter_id: int
    kind: RequestKind
    operator: str
    requested_at: datetime
    archive: ArchiveKind | None = None
    start: datetime | None = None
    end: datetime | None = None


def state_after(outcome: Outcome) -> RequestState:
    """Where a request stands whose poll ended so: done when the right meter said what it had to say."""
    return _STATES.get(outcome, RequestState.FAILED)


def check_range(kind: ArchiveKind, start: datetime, end: datetime) -> None:
    """ConfigurationError unless [start, end) is a part of an archive that one request may ask for."""
    if end <= start:
        raise ConfigurationError(f"The end must be later than the start: {start} .. {end}.")
    if slots_between(kind, start, end) > MOST_SLOTS:
        raise ConfigurationError(
            f"One request asks for at most {MOST_SLOTS} {kind.value} records; ask for a shorter time."
        )


def remaining(done: int, wanted: int, elapsed: timedelta) -> timedelta | None:
    """How long the rest takes at the pace so far; None while nobody can know."""
    return elapsed * (wanted - done) / done if 0 < done <= wanted else None
