"""What a profile declares of a model: where each number lies, in which form and unit. Read by profile.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from metering.calendar import ArchiveKind
from protocols.driver import Choice, LineDefaults, Verification
from protocols.modbus.archive_map import Archive, ParameterList, RecordLayout, Selection
from protocols.modbus.places import Clock, Setting, Text, Value
from protocols.modbus.states import StateWord


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
