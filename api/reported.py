"""Reported readings as they are sent and as they are answered."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.schemas import (
    Amount,
    DecimalText,
    Identifier,
    Instant,
    LineText,
    NoteText,
    RegisterName,
    Timestamp,
    amount,
    known,
)
from metering.exact import decimal_text
from metering.quantities import QUANTITIES
from metering.reported import Report, ReportedReading, ReportSource
from metering.reported_rows import BadRow
from storage.reported_readings import Beside

ShortDecimal = Annotated[str, StringConstraints(strict=True, pattern=r"^-?[0-9]{1,18}(\.[0-9]{1,12})?$")]
"""A decimal in a request, as text: nothing is lost on the way."""
Circuit = Annotated[int, Field(ge=1, le=99)]


class ReportedIn(BaseModel):
    """A register that somebody told; left out, meter and quantity are the point's own."""

    model_config = ConfigDict(extra="forbid")

    at: Instant = Field(examples=["2026-01-24T00:00:00+05:00"], description="When the meter was read.")
    value: ShortDecimal = Field(examples=["123.4"])
    unit: LineText | None = Field(None, examples=["Gcal"], description="Left out: the canonical one.")
    quantity: RegisterName | None = Field(None, examples=["energy_heating"])
    meter_id: Identifier | None = Field(None, examples=[42])
    circuit: Circuit | None = Field(None, examples=[1])
    source: ReportSource = Field(examples=[ReportSource.WHATSAPP])
    reported_by: LineText = Field("", examples=["flat 12"])
    note: NoteText = Field("", examples=["by photo"])

    def report(self) -> Report:
        """What is stored of it."""
        told = {name: getattr(self, name) for name in Report.__slots__}
        return Report(**told | {"value": Decimal(self.value)})


class WithdrawalIn(BaseModel):
    """Why a reading does not count."""

    model_config = ConfigDict(extra="forbid")

    because: Annotated[LineText, Field(min_length=1)] = Field(examples=["digits mixed up"])


class WithdrawalOut(BaseModel):
    """Who took a reading back, when and why."""

    at: Timestamp
    by: str = Field(examples=["A. Serikova"])
    because: str = Field(examples=["digits mixed up"])


class ReportedOut(BaseModel):
    """A reported register. level = raw x factor of the factor set."""

    id: int = Field(examples=[7])
    usage_point_id: int = Field(examples=[17])
    meter_id: int = Field(examples=[42])
    circuit: int = Field(examples=[1])
    quantity: str = Field(examples=["energy_heating"])
    at: Timestamp
    level: Amount
    raw: Amount
    factor: DecimalText
    factor_set: str = Field(examples=["exact"])
    source: ReportSource = Field(examples=[ReportSource.WHATSAPP])
    reported_by: str = Field(examples=["flat 12"])
    entered_by: str = Field(examples=["A. Serikova"])
    entered_at: Timestamp
    note: str = Field(examples=["by photo"])
    withdrawn: WithdrawalOut | None


class LevelOut(BaseModel):
    """The meter's own level at an instant."""

    at: Timestamp
    level: Amount


class ComparisonOut(BaseModel):
    """A reported register between the meter's own ones; the differences are reported minus told by the meter.

    One that stands below `earlier` or above `later` cannot be right, or the meter is not.
    """

    reported: ReportedOut
    earlier: LevelOut | None
    later: LevelOut | None
    above_earlier: Amount | None
    above_later: Amount | None
    agrees: bool | None = Field(
        examples=[True], description="Whether it lies between the two; null without both of them."
    )


class BadRowOut(BaseModel):
    """A row of the table, counted with its headings, and what is wrong with it."""

    row: int = Field(examples=[3])
    why: str = Field(examples=["No usage point has the code 'UP-9'."])


class ImportOut(BaseModel):
    """What became of a table: `entered` rows are stored; none when one is bad or this was a dry run."""

    rows: int = Field(examples=[120])
    entered: int = Field(examples=[0])
    dry_run: bool = Field(examples=[True])
    bad: list[BadRowOut]


def reported_out(one: ReportedReading) -> ReportedOut:
    """A reported reading as it is answered."""
    told = {
        name: getattr(one, name) for name in ReportedReading.__slots__ if name in ReportedOut.model_fields
    }
    withdrawn = one.withdrawn
    gone = WithdrawalOut(at=withdrawn.at, by=withdrawn.by, because=withdrawn.because) if withdrawn else None
    return ReportedOut(
        **told
        | {
            "level": known(one.value, _unit(one)),
            "raw": known(one.raw_value, one.raw_unit),
            "factor": decimal_text(one.factor),
            "withdrawn": gone,
        }
    )


def comparison_out(beside: Beside) -> ComparisonOut:
    """A reported reading beside telemetry."""
    unit, value = _unit(beside.reported), beside.reported.value
    earlier, later = beside.earlier, beside.later
    return ComparisonOut(
        reported=reported_out(beside.reported),
        earlier=LevelOut(at=earlier[0], level=known(earlier[1], unit)) if earlier else None,
        later=LevelOut(at=later[0], level=known(later[1], unit)) if later else None,
        above_earlier=amount(value - earlier[1], unit) if earlier else None,
        above_later=amount(value - later[1], unit) if later else None,
        agrees=earlier[1] <= value <= later[1] if earlier and later else None,
    )


def import_out(rows: int, bad: list[BadRow], dry_run: bool) -> ImportOut:
    """What became of a table of so many rows."""
    entered = 0 if bad or dry_run else rows
    told = [BadRowOut(row=one.number, why=one.why) for one in sorted(bad, key=lambda one: one.number)]
    return ImportOut(rows=rows, entered=entered, dry_run=dry_run, bad=told)


def _unit(one: ReportedReading) -> str:
    return QUANTITIES[one.quantity].canonical_unit
