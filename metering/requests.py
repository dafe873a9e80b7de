"""What a person asks of one meter, now: to be read, a part of an archive, or whether it can be reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from metering.calendar import ArchiveKind


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
    """Nobody was asked: the battery's or the line's budget is spent; `message` says when to ask again."""
    CANCELLED = "cancelled"


ENDED: Final = frozenset(RequestState) - {RequestState.QUEUED, RequestState.RUNNING}


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
