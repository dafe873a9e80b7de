"""The level of a boundary as it is answered: by which way it became known, and what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel, Field

from api.registers import RegisterOut, register_out
from api.reported import ReportedOut, reported_out
from api.schemas import Amount, Timestamp, amount, known
from metering.calendar import ArchiveKind
from metering.evidence import RecordReading, RegisterReading
from metering.exact import exact_sum
from metering.levels import BoundaryLevel, Segment, Step
from metering.reported import ReportedReading

_START: Final = "2025-12-31T19:00:00Z"
_END: Final = "2026-01-31T19:00:00Z"


def _example(at: str, raw: str, level: str) -> dict[str, object]:
    """A register in kWh and in Gcal by the factor set `kyivenergo`."""
    poll = "/api/v1/polls/01890a5d-ac96-774b-bcce-b302099a8057"
    gcal = {"value": level, "unit": "Gcal"}
    register = {
        "meter_id": 42,
        "circuit": 1,
        "at": at,
        "level": gcal,
        "raw": {"value": raw, "unit": "kWh"},
        "factor": "0.0008598",
        "factor_set": "kyivenergo",
        "source": "total",
        "flags": [],
        "poll_id": "01890a5d-ac96-774b-bcce-b302099a8057",
        "frame": 2,
        "links": {"meter": "/api/v1/meters/42", "poll": poll, "frames": f"{poll}/frames"},
    }
    return {
        "at": at,
        "level": gcal,
        "measured": gcal,
        "estimated": {"value": "0", "unit": "Gcal"},
        "uncertainty": {"value": "0", "unit": "Gcal"},
        "step": "register",
        "known_until": at,
        "registers": [register],
        "reported": [],
        "records": None,
    }


OPENING: Final = _example(_START, "100000", "85.98")
CLOSING: Final = _example(_END, "112345", "96.594231")
DIFFERENCE: Final = {"value": "10.614231", "unit": "Gcal"}


class RecordsOut(BaseModel):
    """Records of the meter between a register and the boundary; `gained`: their sum."""

    count: int = Field(examples=[6])
    kinds: list[ArchiveKind] = Field(examples=[[ArchiveKind.HOUR]])
    start: Timestamp
    end: Timestamp
    gained: Amount


class BoundaryOut(BaseModel):
    """A register's level at a boundary, running on over resets. level = measured + estimated.

    `step` says how it became known, `known_until` to which instant the measured part belongs. It rests on
    `registers` of the meter, what was `reported`, and `records` from there to the boundary.
    """

    at: Timestamp
    level: Amount
    measured: Amount
    estimated: Amount
    uncertainty: Amount
    step: Step = Field(examples=[Step.REGISTER])
    known_until: Timestamp
    registers: list[RegisterOut]
    reported: list[ReportedOut]
    records: RecordsOut | None = None


class SegmentOut(BaseModel):
    """What one installed meter counted of the period; difference = measured + estimated."""

    meter_id: int = Field(examples=[42])
    circuit: int = Field(examples=[1])
    installed_at: Timestamp = Field(examples=["2024-09-01T05:00:00Z"])
    removed_at: Timestamp | None = Field(examples=[None])
    opening: BoundaryOut | None = Field(examples=[OPENING])
    closing: BoundaryOut | None = Field(examples=[CLOSING])
    difference: Amount | None = Field(examples=[DIFFERENCE])
    measured: Amount | None = Field(examples=[DIFFERENCE])
    estimated: Amount | None = Field(examples=[{"value": "0", "unit": "Gcal"}])


def boundary_out(level: BoundaryLevel | None, unit: str) -> BoundaryOut | None:
    """A level in this unit, its quantity's canonical one; None stays None."""
    if level is None:
        return None
    registers = [one for one in level.sources if isinstance(one, RegisterReading)]
    return BoundaryOut(
        at=level.at,
        level=known(level.value, unit),
        measured=known(level.measured, unit),
        estimated=known(level.estimated, unit),
        uncertainty=known(level.uncertainty, unit),
        step=level.step,
        known_until=level.known_until,
        registers=[out for out in (register_out(one, unit) for one in registers) if out],
        reported=[reported_out(one) for one in level.sources if isinstance(one, ReportedReading)],
        records=_records([one for one in level.sources if isinstance(one, RecordReading)], unit),
    )


def segment_out(segment: Segment, unit: str) -> SegmentOut:
    """What one meter counted."""
    return SegmentOut(
        meter_id=segment.meter_id,
        circuit=segment.circuit,
        installed_at=segment.installed_at,
        removed_at=segment.removed_at,
        opening=boundary_out(segment.opening, unit),
        closing=boundary_out(segment.closing, unit),
        difference=amount(segment.difference, unit),
        measured=amount(segment.measured, unit),
        estimated=amount(segment.estimated, unit),
    )


def _records(records: Sequence[RecordReading], unit: str) -> RecordsOut | None:
    if not records:
        return None
    return RecordsOut(
        count=len(records),
        kinds=sorted({one.kind for one in records}),
        start=min(one.slot.start for one in records),
        end=max(one.slot.end for one in records),
        gained=known(exact_sum(one.value for one in records), unit),
    )
