"""What a collector must know to serve a line: its meters with their plans, and what is stored of them.

A book is a value. It comes out of the database, is kept on the collector's disk for the time in which there
is none, goes to collectors without a database over MQTT, and is carried on by the reports of polls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from metering.calendar import ArchiveKind
from metering.meters import MeterConfiguration
from metering.plans import PollPlan
from metering.polls import PollHistory
from metering.readings import MeterValue
from metering.requests import PollRequest


@dataclass(frozen=True, slots=True)
class Span:
    """UTC slot starts [first, end) of one archive that need no asking; ends where a slot starts."""

    first: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Spent:
    """What a meter's budgets were used for, as far as its plan bounds them.

    `talked`: in the month (UTC) of its last poll. `polls`: when those of the last 24 hours began, oldest
    first; `polls_allowed` so many, 0: any.
    """

    talked: timedelta = timedelta()
    polls: tuple[datetime, ...] = ()
    polls_allowed: int = 0


@dataclass(frozen=True, slots=True)
class SimMonth:
    """The traffic of the SIM at a line's far end: bytes that are `left` of `allowance` until `until`.

    The next month of its plan ends a calendar month later.
    """

    allowance: int
    left: int
    until: datetime

    def at(self, instant: datetime) -> SimMonth:
        """As it stands then, when nothing more was carried."""
        month = self
        while month.until <= instant:
            month = SimMonth(self.allowance, self.allowance, _month_later(month.until))
        return month


@dataclass(frozen=True, slots=True)
class BookedMeter:
    """One polled meter.

    `factor_sets` by circuit. `levels`: its registers' last valid levels. `known`: slots that are stored, wait
    in quarantine or are known gaps. `asked`: by kind and slot start, how often it said "no such record".
    `level_at`: the newest register level that is stored (billing wants one after the closing).
    `configuration`: the one under which readings are accepted; None: the first one is.
    """

    id: int
    serial: str
    model: str
    address: str
    zone: str
    registered_at: datetime
    plan: PollPlan = field(default_factory=PollPlan)
    factor_sets: Mapping[int, str] = field(default_factory=dict)
    history: PollHistory = field(default_factory=PollHistory)
    levels: tuple[MeterValue, ...] = ()
    known: Mapping[ArchiveKind, tuple[Span, ...]] = field(default_factory=dict)
    asked: Mapping[ArchiveKind, Mapping[datetime, int]] = field(default_factory=dict)
    level_at: datetime | None = None
    configuration: MeterConfiguration | None = None
    requests: tuple[PollRequest, ...] = ()
    spent: Spent = Spent()


@dataclass(frozen=True, slots=True)
class LineBook:
    """One line with its polled meters. `queue`: see storage.registered.Line; `as_of`: when it was true.

    `modem_id`: of the modem at its far end; `sim`: where that one's traffic is bounded.
    """

    line_id: int
    url: str
    collector: str | None
    pool: str | None
    queue: str | None
    meters: tuple[BookedMeter, ...]
    as_of: datetime
    last_poll: UUID | None = None
    sim: SimMonth | None = None
    modem_id: int | None = None


def _month_later(midnight: datetime) -> datetime:
    """No plan's month starts after the 28th."""
    return (midnight.replace(day=1) + timedelta(days=32)).replace(day=midnight.day)
