"""What a profile declares of a model: where each number lies, in which form and unit. Read by profile.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Final

from metering.calendar import ArchiveKind
from metering.quantities import Quantity
from metering.readings import GapReason
from protocols.driver import Choice, LineDefaults, Verification
from protocols.modbus.moments import MomentLayout
from protocols.modbus.states import StateWord
from protocols.modbus.values import ByteLayout, size_of

LARGEST_BLOCK: Final = 125
"""Registers in one reply, by the standard."""

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
class UnitChoice:
    """A unit that the meter's own setting decides: the setting's words, each with its unit."""

    setting: str
    units: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ScaleChoice:
    """A scale that the meter's own setting decides: the setting's words, each with its factor."""

    setting: str
    scales: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Value:
    """One number. `at` is a register's address, or in a record the byte from its start.

    It is multiplied by `scale`, and by what `scale_by` says of the meter's settings. `step` is the distance
    to the same number of the next circuit, 0 when only circuit 1 has it; `minus` is where a number lies that
    is subtracted. The raw number is absent when it is one of `absent`. `amount`: it begins anew with every
    record, also where the record's other numbers are running totals.
    """

    quantity: Quantity
    at: int
    type: str
    unit: str | UnitChoice
    layout: ByteLayout
    scale: Decimal = Decimal(1)
    step: int = 0
    minus: int | None = None
    absent: frozenset[int] = frozenset()
    scale_by: ScaleChoice | None = None
    amount: bool = False

    @property
    def size(self) -> int:
        """Bytes of the number."""
        return size_of(self.type)

    def places(self, circuit: int) -> tuple[int, ...]:
        """Where the number of this circuit lies, and then what is subtracted from it."""
        shift = self.step * (circuit - 1)
        return (self.at + shift,) if self.minus is None else (self.at + shift, self.minus + shift)


@dataclass(frozen=True, slots=True)
class Text:
    """A serial number or a version in registers; `size` in bytes, after `skip` bytes of the answer.

    `count`: so many registers are asked for, where it is not what the size needs.
    """

    function: int
    at: int
    type: str
    size: int
    layout: ByteLayout
    skip: int = 0
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Where the meter says who it is; `report_id`: it also answers function 17 with a text.

    No `serial`: nobody knows where the model keeps it.
    """

    serial: Text | None
    firmware: Text | None
    report_id: bool


@dataclass(frozen=True, slots=True)
class Detection:
    """How a search knows the model: words of its text to function 17, its version within [first, last)."""

    reports: tuple[str, ...]
    firmware_from: str
    firmware_before: str


@dataclass(frozen=True, slots=True)
class Clock:
    """Registers of the meter's own clock; `count` as in Text. `sets`: writing them sets the clock."""

    function: int
    at: int
    layout: MomentLayout
    count: int | None = None
    sets: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """Some bits of one register, as a word of `words` or, where there are none, as a number."""

    name: str
    function: int
    at: int
    first_bit: int
    bits: int
    words: Mapping[str, str]


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


@dataclass(frozen=True, slots=True)
class Current:
    """Current values: in registers read by `function`, or in a record.

    The record is selected by its number, or always stands `at` a place of its own.
    """

    function: int
    values: tuple[Value, ...]
    states: tuple[StateWord, ...] = ()
    selected: int | None = None
    record: RecordLayout | None = None
    at: int = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything that is known of one model, as a line chooses where its `choices` leave something open.

    `largest` and `gap` in registers; `loose`: the meter takes register counts loosely.
    """

    name: str
    maker: str
    title: str
    manual: str
    verification: Verification
    notes: tuple[str, ...]
    line: LineDefaults
    largest: int
    gap: int
    circuits: int
    identity: Identity
    settings: tuple[Setting, ...]
    clock: Clock
    selection: Selection | None
    current: Current
    archives: Mapping[ArchiveKind, Archive]
    choices: tuple[Choice, ...] = ()
    parameters: ParameterList | None = None
    loose: bool = False
    detection: Detection | None = None
    totals_every: ArchiveKind = ArchiveKind.DAY

    REGISTERS: ClassVar[str] = "current"
    """The section whose places are registers; in every other they are bytes of a record."""
    LISTED: ClassVar[str] = "parameters"
    """The section whose places the meter's own list decides."""

    def circuits_of(self, value: Value | StateWord) -> range:
        """The circuits that have this number."""
        return range(1, self.circuits + 1 if value.step else 2)

    def sections(self) -> Iterator[tuple[str, tuple[Value, ...]]]:
        """Each place where numbers are declared, with its name."""
        yield self.REGISTERS, self.current.values
        records = {archive.record.name: archive.record for archive in self.archives.values()}
        if self.current.record:
            records[self.current.record.name] = self.current.record
        for name, record in records.items():
            yield f"record {name}", record.values
        if self.parameters:
            yield self.LISTED, tuple(self.parameters.values.values())
