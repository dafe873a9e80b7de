"""What a profile says of a model: which records are our quantities, and which storages hold past levels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Final

from metering.calendar import ArchiveKind
from metering.conditions import Condition
from protocols.driver import Choice, DriverInfo, LineDefaults, Stamp, Verification
from protocols.mbus.asking import ORDINARY, USUAL, Habits, Question
from protocols.mbus.offsets import Field
from protocols.mbus.records import Function
from protocols.mbus.when import When

GENERIC: Final = "generic-heat-meter"
"""The model whose rows stand behind those of every other one."""


class StoredDate(StrEnum):
    """Where the date of stored levels comes from."""

    RECORDED = "recorded"
    """A date record of the same storage number."""
    ANNUAL = "annual"
    """Such a record, but its year is not sent: the last such day on the meter's clock."""
    EVERY_YEAR = "every_year"
    """A record of another storage says "every such day": the last one on the meter's clock."""
    MONTH_START = "month_start"
    """None is sent: the levels stood at the start of the clock's month."""


class Convention(StrEnum):
    """Which midnight a date without time means."""

    START_OF_DAY = "start_of_day"
    END_OF_DAY = "end_of_day"


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity of ours and the record that carries it; `absent` are numbers by which none is meant."""

    quantity: str
    of: str
    qualifiers: tuple[str, ...] = ()
    function: Function = Function.INSTANTANEOUS
    tariff: int = 0
    subunit: int = 0
    circuit: int = 1
    absent: tuple[Decimal, ...] = ()
    when: When | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """Storage numbers `first`..`last`, each holding the levels of one past moment.

    `dated_by`: the storage whose date record counts; 0: its own.
    """

    first: int
    last: int
    date: StoredDate = StoredDate.RECORDED
    convention: Convention = Convention.END_OF_DAY
    dated_by: int = 0


@dataclass(frozen=True, slots=True)
class Log:
    """An archive behind an application reset: each further telegram holds the record before.

    A record has its levels, means and date in `storage`; the date is the slot's end.
    """

    kind: ArchiveKind
    question: Question
    storage: int
    depth: int


@dataclass(frozen=True, slots=True)
class BareVif:
    """A VIF that this maker sends without the VIFE that it announces, and the VIF it should have sent."""

    sent: int
    means: int
    when: When | None = None


@dataclass(frozen=True, slots=True)
class Conditions:
    """What bits mean, of the header's status byte and of the records read as `flags`; None: nothing.

    `status_values`: whole status bytes that mean something else than their bits.
    """

    status: Mapping[int, Condition | None] = field(default_factory=dict)
    status_values: Mapping[int, Condition | None] = field(default_factory=dict)
    flags: Mapping[int, Condition | None] = field(default_factory=dict)


STANDARD_ONLY: Final = Conditions()


@dataclass(frozen=True, slots=True)
class Detection:
    """A header that speaks for the model; no versions: any, no media: any of heat and cooling."""

    manufacturer: str
    versions: tuple[int, ...]
    media: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Questions:
    """What is to be sent before a read-out of each sort."""

    current: Question = ORDINARY
    total: Question = ORDINARY


NOTHING_SENT: Final = Questions()


@dataclass(frozen=True, slots=True)
class Profile:
    """One model. `rows` are its own, before those of the generic model."""

    name: str
    maker: str
    title: str
    manual: str
    verification: Verification
    polls_per_day: int
    telegrams: int
    notes: tuple[str, ...]
    line: LineDefaults
    detections: tuple[Detection, ...]
    rows: tuple[Row, ...]
    stored: tuple[Stored, ...]
    habits: Habits = USUAL
    questions: Questions = NOTHING_SENT
    logs: tuple[Log, ...] = ()
    conditions: Conditions = STANDARD_ONLY
    choices: tuple[Choice, ...] = ()
    bare_vifs: tuple[BareVif, ...] = ()
    fields: tuple[Field, ...] = ()
    clock_at: int | None = None
    totals_every: ArchiveKind = ArchiveKind.MONTH

    @property
    def info(self) -> DriverInfo:
        """What the driver of this model says about itself."""
        return DriverInfo(
            model=self.name,
            protocol="m-bus",
            maker=self.maker,
            title=self.title,
            manual=self.manual,
            verification=self.verification,
            line=self.line,
            depths=self._depths,
            totals_every=self.totals_every,
            stamp=Stamp.SLOT_START,
            polls_per_day=self.polls_per_day,
            whole_snapshot=True,
            whole_archives=True,
            default_address="254",
            choices=self.choices,
            notes=self.notes,
        )

    def log(self, kind: ArchiveKind) -> Log | None:
        """The log that holds records of this kind; None where there is none."""
        return next((log for log in self.logs if log.kind is kind), None)

    @property
    def _depths(self) -> dict[ArchiveKind, int]:
        kept = sum(stored.last - stored.first + 1 for stored in self.stored)
        depths = {ArchiveKind.TOTAL: kept} if kept else {}
        return depths | {log.kind: log.depth for log in self.logs}

    def over(self, base: Profile) -> Profile:
        """This model with the rows of a more general one behind its own."""
        return replace(self, rows=self.rows + base.rows)
