"""What a register gained hour by hour: as recorded by the meter, else calculated, else absent and why."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice, takewhile
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api.cursors import CursorText, decode, encode, instant_in
from api.keys import Scope, allowed
from api.limits import PageSize
from api.periods import Period
from api.registers import RegisterOut, register_out
from api.routes.registry import existing_meter
from api.schemas import Amount, Identifier, Page, RegisterName, Timestamp, amount, duration
from api.series import Series, Stretch, page
from api.services import Services, ServicesNeeded
from api.values import ReadingOut, reading
from metering.calendar import ArchiveKind, MeterZone, Slot
from metering.evidence import RegisterReading
from metering.quantities import QUANTITIES
from metering.rebuilding import LONGEST_SPAN, NotRebuilt, RebuiltHour, hours_within, rebuilt_hours
from storage.readings import ArchiveValue
from storage.registered import Meter

router = APIRouter(tags=["readings"], dependencies=[Depends(allowed(Scope.READINGS_READ))])

QuantityAsked = Annotated[RegisterName, Query(description="A register: its gain is what is told.")]
CircuitAsked = Annotated[int, Query(ge=1, le=255, description="The meter's heat input.")]


@dataclass(frozen=True, slots=True)
class Register:
    """One register of a meter."""

    meter: Meter
    circuit: int
    quantity: str


class HourSource(StrEnum):
    """Where the amount of an hour comes from."""

    MEASURED = "measured"
    """The meter's own record of the hour."""
    CALCULATED = "calculated"
    """Register levels around the hour; the meter has no record of it, or it has not been read."""
    ABSENT = "absent"


class CalculationOut(BaseModel):
    """Between two levels the register is taken to have grown evenly."""

    opening: RegisterOut = Field(description="The last level at or before the hour's start.")
    closing: RegisterOut = Field(description="The first level at or after its end.")
    span: Amount = Field(description="How far the two lie apart.", examples=[{"value": "3600", "unit": "s"}])
    certain: bool = Field(
        examples=[True], description="Both levels stand at the hour's borders, within a minute."
    )


class HourOut(BaseModel):
    """The hour [start, end) of the meter's clock.

    `amount` is null exactly when the hour is absent, or its record says why it has none.
    """

    start: Timestamp
    end: Timestamp
    source: HourSource = Field(examples=[HourSource.CALCULATED])
    amount: Amount | None = Field(examples=[{"value": "0.125", "unit": "Gcal"}])
    absence: NotRebuilt | None = Field(examples=[None], description="Why an hour is absent.")
    measured: ReadingOut | None = Field(description="The value of the meter's record; null when it has none.")
    calculation: CalculationOut | None = Field(description="Null unless the amount is calculated.")


@router.get("/meters/{meter_id}/hours")
async def list_hours(
    services: ServicesNeeded,
    meter_id: Identifier,
    period: Period,
    quantity: QuantityAsked,
    circuit: CircuitAsked = 1,
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[HourOut]:
    """What a register of a meter gained in each hour that has ended, oldest first.

    What the meter recorded goes first. Hours that it has no record of are calculated from register levels at
    most six hours apart, anew for each answer: nothing calculated is stored, and none of it is billed.
    """
    asked = Register(await existing_meter(services, meter_id), circuit, quantity)
    start = period.start if cursor is None else max(period.start, instant_in(decode(cursor, 1)[0]))
    slots = list(islice(_ended(asked.meter, start, period.end, services.now()), limit + 1))
    items = await _hours(services, asked, slots[:limit]) if slots else []
    return Page(items=items, next_cursor=encode(slots[limit].start) if len(slots) > limit else None)


def _ended(meter: Meter, start: datetime, end: datetime, now: datetime) -> Iterator[Slot]:
    slots = hours_within(MeterZone(meter.zone), start, min(end, now))
    return takewhile(lambda slot: slot.end <= now, slots)


async def _hours(services: Services, asked: Register, slots: Sequence[Slot]) -> list[HourOut]:
    stretch = Stretch(asked.meter.id, asked.circuit, slots[0].start, slots[-1].end)
    series = Series([stretch], ArchiveKind.HOUR, asked.quantity)
    measured, _ = await page(services.readings, series, None, 2 * len(slots))
    lacking = list(_without(slots, measured))
    levels = await _levels(services, asked, lacking) if lacking else []
    unit = QUANTITIES[asked.quantity].canonical_unit
    found = [*map(_measured, measured), *(_rebuilt(one, unit) for one in rebuilt_hours(lacking, levels))]
    return sorted(found, key=lambda hour: hour.start)


def _without(slots: Iterable[Slot], measured: Sequence[ArchiveValue]) -> Iterator[Slot]:
    """Slots that no record reaches into."""
    for slot in slots:
        before = bisect_left(measured, slot.end, key=lambda value: value.slot.start)
        if not before or measured[before - 1].slot.end <= slot.start:
            yield slot


async def _levels(services: Services, asked: Register, slots: Sequence[Slot]) -> list[RegisterReading]:
    start, end = slots[0].start - LONGEST_SPAN, slots[-1].end + LONGEST_SPAN
    return await services.registers.levels(asked.meter.id, asked.circuit, asked.quantity, start, end)


def _measured(value: ArchiveValue) -> HourOut:
    record = reading(value)
    return HourOut(
        start=record.start,
        end=record.end,
        source=HourSource.MEASURED,
        amount=record.amount,
        absence=None,
        measured=record,
        calculation=None,
    )


def _rebuilt(hour: RebuiltHour, unit: str) -> HourOut:
    return HourOut(
        start=hour.slot.start,
        end=hour.slot.end,
        source=HourSource.ABSENT if hour.absence else HourSource.CALCULATED,
        amount=amount(hour.value, unit),
        absence=hour.absence,
        measured=None,
        calculation=None if hour.absence else _calculation(hour, unit),
    )


def _calculation(hour: RebuiltHour, unit: str) -> CalculationOut | None:
    opening, closing = register_out(hour.opening, unit), register_out(hour.closing, unit)
    if opening is None or closing is None or hour.span is None:
        return None
    return CalculationOut(opening=opening, closing=closing, span=duration(hour.span), certain=hour.certain)
