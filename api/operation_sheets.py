"""The continuous-operation sheet as it is answered."""

from __future__ import annotations

from pydantic import BaseModel, Field

from api.acts import ObjectionOut, objection_out
from api.schemas import Amount, Timestamp, known
from metering.continuous_operation import COLUMNS, OperationHour, OperationSheet, Requirement
from metering.quantities import QUANTITIES
from storage.live_polls import MeteredPoint


class OperationHourOut(BaseModel):
    """One hour: what was recorded, by quantity; an hour without a record has no values."""

    start: Timestamp
    end: Timestamp
    values: dict[str, Amount] = Field(examples=[{"mass_supply": {"value": "3.12", "unit": "t"}}])
    conditions: list[str] = Field(examples=[["sensor_break:1:temperature_supply"]])


class RequirementOut(BaseModel):
    """Whether a requirement is met, and what stands against it."""

    requirement: Requirement = Field(examples=[Requirement.COMPLETE])
    met: bool = Field(examples=[True])
    reasons: list[ObjectionOut] = Field(examples=[[]])


class OperationSheetOut(BaseModel):
    """The hours of [start, end), oldest first, and a verdict on each requirement."""

    usage_point_id: int = Field(examples=[17])
    meter_id: int = Field(examples=[42])
    circuit: int = Field(examples=[1])
    start: Timestamp
    end: Timestamp
    met: bool = Field(examples=[True], description="Nothing stands against the admission.")
    requirements: list[RequirementOut]
    hours: list[OperationHourOut]


def sheet_out(point: MeteredPoint, sheet: OperationSheet) -> OperationSheetOut:
    """A sheet as it is answered."""
    return OperationSheetOut(
        usage_point_id=point.usage_point_id,
        meter_id=point.meter_id,
        circuit=point.circuit,
        start=sheet.span.start,
        end=sheet.span.end,
        met=sheet.met,
        requirements=[
            RequirementOut(
                requirement=one.requirement,
                met=one.met,
                reasons=[objection_out(reason) for reason in one.reasons],
            )
            for one in sheet.verdicts
        ],
        hours=[_hour(row) for row in sheet.rows],
    )


def _hour(row: OperationHour) -> OperationHourOut:
    told = [name for name in COLUMNS if name in row.values]
    return OperationHourOut(
        start=row.slot.start,
        end=row.slot.end,
        values={name: known(row.values[name], QUANTITIES[name].canonical_unit) for name in told},
        conditions=sorted(map(str, row.conditions)),
    )
