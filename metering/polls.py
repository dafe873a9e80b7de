"""What a poll was and how it ended; the same words in the collector, the database and the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from metering.calendar import ArchiveKind, MeterSlot
from metering.meters import MeterConfiguration, MeterIdentity
from metering.readings import ArchiveReadings, MissingSlot, SnapshotReadings


class Outcome(StrEnum):
    """How a poll ended, in one word."""

    OK = "ok"
    PARTLY_READ = "partly_read"
    NO_LINK = "no_link"
    LINE_LOST = "line_lost"
    METER_SILENT = "meter_silent"
    TRANSFER_ERRORS = "transfer_errors"
    WRONG_METER = "wrong_meter"
    WRONG_SETTINGS = "wrong_settings"
    METER_BUSY = "meter_busy"
    ACCESS_DENIED = "access_denied"
    CONFIGURATION_CHANGED = "configuration_changed"
    NOT_UNDERSTOOD = "not_understood"
    ARCHIVE_ABSENT = "archive_absent"
    """The meter keeps no such archive, or nothing that was asked for."""
    CLOCK_WRONG = "clock_wrong"
    """Its clock is further off than its plan allows: what it said waits in quarantine."""
    REGISTER_RESET = "register_reset"
    """A register stands lower than before: what the meter said waits in quarantine."""
    REFUSED = "refused"
    CANCELLED = "cancelled"
    """Whoever asked for it called it off."""
    BUSY = "busy"
    NO_CARRIER = "no_carrier"
    NO_ANSWER = "no_answer"
    NO_DIAL_TONE = "no_dial_tone"
    CALL_BARRED = "call_barred"
    SIM_MISSING = "sim_missing"
    SIM_LOCKED = "sim_locked"
    NOT_REGISTERED = "not_registered"
    MODEM_SILENT = "modem_silent"
    MODEM_ERROR = "modem_error"
    NO_FREE_MODEM = "no_free_modem"
    MODEM_AWAY = "modem_away"
    GATEWAY_WEDGED = "gateway_wedged"
    STORAGE_AWAY = "storage_away"
    """The database is away and the collector's own disk cannot take readings: nobody was asked."""
    OVER_BUDGET = "over_budget"
    """A battery's, a SIM's or a line's budget is spent: nobody was asked."""


ASKED_NOBODY: Final = frozenset(Outcome) - {
    Outcome.OK,
    Outcome.PARTLY_READ,
    Outcome.LINE_LOST,
    Outcome.METER_SILENT,
    Outcome.TRANSFER_ERRORS,
    Outcome.WRONG_METER,
    Outcome.METER_BUSY,
    Outcome.ACCESS_DENIED,
    Outcome.CONFIGURATION_CHANGED,
    Outcome.NOT_UNDERSTOOD,
    Outcome.ARCHIVE_ABSENT,
    Outcome.CLOCK_WRONG,
    Outcome.REGISTER_RESET,
    Outcome.REFUSED,
    Outcome.CANCELLED,
}
"""Ends of polls that cost no meter's battery anything."""


READ: Final = frozenset(
    {
        Outcome.OK,
        Outcome.WRONG_METER,
        Outcome.CONFIGURATION_CHANGED,
        Outcome.ARCHIVE_ABSENT,
        Outcome.CLOCK_WRONG,
        Outcome.REGISTER_RESET,
    }
)
"""Ends after which a meter is asked on its usual beat: it was read, or asking sooner changes nothing."""

NO_POLL: Final = frozenset({Outcome.STORAGE_AWAY, Outcome.OVER_BUDGET, Outcome.CANCELLED})
"""Ends that say nothing about the meter or its line."""


LINE_FAULTS: Final = frozenset(
    {
        Outcome.NO_LINK,
        Outcome.LINE_LOST,
        Outcome.BUSY,
        Outcome.NO_CARRIER,
        Outcome.NO_ANSWER,
        Outcome.NO_DIAL_TONE,
        Outcome.CALL_BARRED,
        Outcome.SIM_MISSING,
        Outcome.SIM_LOCKED,
        Outcome.NOT_REGISTERED,
        Outcome.MODEM_SILENT,
        Outcome.MODEM_ERROR,
        Outcome.GATEWAY_WEDGED,
    }
)
"""Ends of polls that say nothing about the meter. A modem that is away reports its return by itself; that
all modems of a pool were busy is no fault of the line's."""


class HoldReason(StrEnum):
    """Why everything that a poll brought waits in quarantine for an engineer."""

    NEW_METER = "new_meter"
    """Another serial number answered at a registered address."""
    SCHEME_CHANGED = "scheme_changed"
    """The meter's settings are not those under which its readings were accepted."""
    REGISTER_RESET = "register_reset"
    """A register stands lower than before."""
    CLOCK_WRONG = "clock_wrong"
    """Its clock is further off than its plan allows."""


class Finding(StrEnum):
    """Something about the line that an engineer should know, in one word."""

    ECHO = "echo"
    """The converter sends our own bytes back."""
    NOISE = "noise"
    """Bytes that belong to no frame stood before a reply, or came instead of one."""
    FOREIGN_ANSWER = "foreign_answer"
    """A frame that is no answer to the question, or a damaged one, came before the reply or instead of it."""
    LATE_ANSWER = "late_answer"
    """Bytes came when nothing was asked: the time-out is too short for this line."""
    SECOND_ANSWER = "second_answer"
    """A question that was put once got two different answers: two meters have one address."""


class Direction(StrEnum):
    """Which way the bytes went, seen from us."""

    SENT = "sent"
    RECEIVED = "received"


LARGEST_FRAME = 65536
"""Bytes of one frame; what is heard without end is kept in frames of this size."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Bytes of one poll as they went over the line; `number` counts from 1 within the poll."""

    number: int
    at: datetime
    direction: Direction
    data: bytes


@dataclass(frozen=True, slots=True)
class AskedSlots:
    """The slots of one archive that one conversation of a poll asked for, in its order."""

    kind: ArchiveKind
    slots: tuple[MeterSlot, ...]


class Budget(StrEnum):
    """What a poll may use up."""

    BATTERY = "battery"
    """Polls in any 24 hours."""
    AIR_TIME = "air_time"
    """Time on the line in a calendar month (UTC)."""
    TRAFFIC = "traffic"
    """Bytes in the month of the SIM's plan."""


@dataclass(frozen=True, slots=True)
class PollReport:
    """Everything one poll brought; stored whole in one transaction. `clock_difference` = meter minus ours.

    What a `held` report brought is kept apart until an engineer decides. `request_id`: whose wish it was.
    `asked`: which archive slots were asked for, whatever came of it; with the frames it can be decoded again.
    """

    id: UUID
    meter_id: int
    collector: str
    started_at: datetime
    finished_at: datetime
    outcome: Outcome
    message: str = ""
    identity: MeterIdentity | None = None
    configuration: MeterConfiguration | None = None
    clock_difference: timedelta | None = None
    findings: frozenset[Finding] = frozenset()
    frames: tuple[Frame, ...] = ()
    archive: tuple[ArchiveReadings, ...] = ()
    snapshots: tuple[SnapshotReadings, ...] = ()
    gaps: tuple[MissingSlot, ...] = ()
    held: HoldReason | None = None
    request_id: UUID | None = None
    asked: tuple[AskedSlots, ...] = ()

    def carried(self, direction: Direction) -> int:
        """The bytes that went this way."""
        return sum(len(frame.data) for frame in self.frames if frame.direction is direction)


@dataclass(frozen=True, slots=True)
class PollHistory:
    """What is known of a meter's last polls.

    `last_at`: when the last one that counts ended, `outcome` how; `failures`: how many in a row did not end
    ok (a part that was read makes it one). `read_at`: when anything was last read. `spared_until`: before
    this instant a budget of its plan is spent, and `budget` says which.
    """

    last_at: datetime | None = None
    failures: int = 0
    outcome: Outcome | None = None
    read_at: datetime | None = None
    spared_until: datetime | None = None
    budget: Budget | None = None
