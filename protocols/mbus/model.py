"""What a profile says of a model: which records are our quantities, and which storages hold past levels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from metering.calendar import ArchiveKind
from protocols.driver import DriverInfo, LineDefaults, Stamp, Verification
from protocols.mbus.records import Function

GENERIC: Final = "generic-heat-meter"
"""The model whose rows stand behind those of every other one."""


class StoredDate(StrEnum):
    """Where the date of stored levels comes from."""

    RECORDED = "recorded"
    """A date record of the same storage number."""
    ANNUAL = "annual"
    """Such a record, but its year is not sent: the last such day on the meter's clock."""
    MONTH_START = "month_start"
    """None is sent: the levels stood at the start of the clock's month."""


class Convention(StrEnum):
    """Which midnight a date without time means."""

    START_OF_DAY = "start_of_day"
    END_OF_DAY = "end_of_day"


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity of ours and the record that carries it."""

    quantity: str
    of: str
    qualifiers: tuple[str, ...] = ()
    function: Function = Function.INSTANTANEOUS
    tariff: int = 0
    subunit: int = 0
    circuit: int = 1


@dataclass(frozen=True, slots=True)
class Stored:
    """Storage numbers `first`..`last`, each holding the levels of one past moment."""

    first: int
    last: int
    date: StoredDate = StoredDate.RECORDED
    convention: Convention = Convention.END_OF_DAY


@dataclass(frozen=True, slots=True)
class Detection:
    """A header that speaks for the model; no versions: any, no media: any of heat and cooling."""

    manufacturer: str
    versions: tuple[int, ...]
    media: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ApplicationReset:
    """Sub-codes to be sent before a read-out; None means that the ordinary telegrams do."""

    current: int | None = None
    total: int | None = None


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
    application_reset: ApplicationReset
    detections: tuple[Detection, ...]
    rows: tuple[Row, ...]
    stored: tuple[Stored, ...]

    @property
    def info(self) -> DriverInfo:
        """What the driver of this model says about itself."""
        depth = sum(stored.last - stored.first + 1 for stored in self.stored)
        return DriverInfo(
            model=self.name,
            protocol="m-bus",
            maker=self.maker,
            title=self.title,
            manual=self.manual,
            verification=self.verification,
            line=self.line,
            depths={ArchiveKind.TOTAL: depth} if depth else {},
            totals_every=ArchiveKind.MONTH,
            stamp=Stamp.SLOT_START,
            polls_per_day=self.polls_per_day,
            whole_snapshot=True,
            default_address="254",
            notes=self.notes,
        )

    def over(self, base: Profile) -> Profile:
        """This model with the rows of a more general one behind its own."""
        return replace(self, rows=self.rows + base.rows)
