"""A model's archives: how a record is asked for, how it is laid out, what its stamp and its counters mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from metering.calendar import ArchiveKind
from metering.readings import GapReason
from protocols.modbus.moments import MomentLayout
from protocols.modbus.places import Value
from protocols.modbus.states import StateWord

NUMBER: Final = "number"
"""In a selection's content: the archive's number."""


class Addressing(StrEnum):
    """How an archive is asked for the record of a slot."""

    BY_TIME = "by_time"
    """Function 65 with the time of archiving."""
    BY_INDEX = "by_index"
    """Function 65 with an index in a ring, found from the ring's position and the records' own stamps."""
    SELECTED = "selected"
    """A date is written into the meter, then the record is read from registers."""


class RecordStamp(StrEnum):
    """Which moment the record of a slot carries."""

    SLOT_START = "slot_start"
    SLOT_END = "slot_end"
    SLOT_BEFORE = "slot_before"
    """Totals only: the start of the slot whose end the levels stand for."""


class Content(StrEnum):
    """What a register quantity is in an hour, day or month record."""

    AMOUNTS = "amounts"
    LEVELS = "levels"
    """A running total at the slot's end: the amount is the difference from the record before."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Write a date and a number at `at`, then read the selected record at `read_at`.

    `content` is the bytes to write: parts of the date, `number` or a constant. A meter that needs time shows
    the record selected before: it is read up to `attempts` times with `pause` seconds before each repetition.
    `one_transaction`: both in one question, by function 48h. `finds_next`: where there is no such record, the
    first one after that date is shown.
    """

    at: int
    content: tuple[str | int, ...]
    function: int
    read_at: int
    pause: float
    attempts: int
    one_transaction: bool
    finds_next: bool = False


@dataclass(frozen=True, slots=True)
class RecordLayout:
    """A record of `size` bytes, its own stamp, its numbers and what it reports of the meter's state.

    `longer`: more bytes follow. `count` as in Text. From `listed_at` on, the numbers of the parameter list.
    """

    name: str
    size: int
    stamp_at: int
    stamp: MomentLayout
    values: tuple[Value, ...]
    states: tuple[StateWord, ...] = ()
    longer: bool = False
    count: int | None = None
    listed_at: int | None = None

    @property
    def amounts(self) -> frozenset[str]:
        """The quantities that begin anew with every record."""
        return frozenset(value.quantity.name for value in self.values if value.amount)


@dataclass(frozen=True, slots=True)
class ParameterList:
    """The meter's own list of what its records hold: one code a byte, after `skip` bytes, up to `end`.

    Every code takes `size` bytes of a record; `values` and `states` have the place 0.
    """

    function: int
    at: int
    count: int
    skip: int
    end: int
    size: int
    values: Mapping[int, Value]
    states: Mapping[int, StateWord]


@dataclass(frozen=True, slots=True)
class Position:
    """A register that tells where a ring stands; the newest record's index is `newest` above it."""

    function: int
    at: int
    newest: int


@dataclass(frozen=True, slots=True)
class Archive:
    """One archive of a model. `refusals` are exception codes that tell of the record, not of the meter.

    `numbers`: the archive's number, or one for each circuit, whose records are then read one by one.
    `closes_when`: the settings under which its slots are those of the calendar; under others none is.
    """

    kind: ArchiveKind
    addressing: Addressing
    numbers: tuple[int, ...]
    record: RecordLayout
    depth: int
    stamp: RecordStamp
    content: Content
    empty_is_zeros: bool
    refusals: Mapping[int, GapReason]
    position: Position | None
    read_at: int | None
    closes_when: Mapping[str, str] = field(default_factory=dict)

    def is_by_calendar(self, settings: Mapping[str, str]) -> bool:
        """Whether a meter with these settings closes this archive's slots where the calendar does."""
        return all(settings.get(name, word) == word for name, word in self.closes_when.items())
