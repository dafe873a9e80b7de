"""Reading stored archives page by page, over every meter that measured a usage point."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.cursors import decode, encode, instant_in, number_in, quantity_in
from metering.calendar import ArchiveKind, BillingPeriod
from storage.readings import ArchiveKey, ArchiveValue, Readings
from storage.registered import Installation

_LARGEST_CIRCUIT: Final = 255


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one meter measured in [start, end); `circuit` None means all of its circuits."""

    meter_id: int
    circuit: int | None
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Series:
    """Archive values of one kind over the stretches in their order; `quantity` None means all."""

    stretches: Sequence[Stretch]
    kind: ArchiveKind
    quantity: str | None = None


def stretches(installations: Iterable[Installation], period: BillingPeriod) -> tuple[Stretch, ...]:
    """The part of the period that each installed meter measured, in the order of the installations."""
    parts = (
        Stretch(
            installation.meter_id,
            installation.circuit,
            max(period.start, installation.installed_at),
            min(period.end, installation.removed_at or period.end),
        )
        for installation in installations
    )
    return tuple(part for part in parts if part.start < part.end)


async def page(
    readings: Readings, series: Series, cursor: str | None, limit: int
) -> tuple[list[ArchiveValue], str | None]:
    """At most `limit` values, and the cursor to go on with; None when there are no more."""
    first, after = _position(cursor)
    found: list[tuple[int, ArchiveValue]] = []
    for number, stretch in enumerate(series.stretches[first:], first):
        async for value in _values(readings, series, stretch, after, limit + 1):
            if len(found) == limit:
                return [value for _, value in found], _cursor(*found[-1])
            found.append((number, value))
        after = None
    return [value for _, value in found], None


async def _values(
    readings: Readings, series: Series, stretch: Stretch, after: ArchiveKey | None, size: int
) -> AsyncIterator[ArchiveValue]:
    ended = False
    while not ended:
        chunk = await readings.archive(
            stretch.meter_id,
            series.kind,
            stretch.start,
            stretch.end,
            series.quantity,
            after=after,
            limit=size,
        )
        for value in chunk:
            after = value.slot.start, value.circuit, value.quantity
            if stretch.circuit in (None, value.circuit):
                yield value
        ended = len(chunk) < size


def _cursor(stretch: int, value: ArchiveValue) -> str:
    return encode(stretch, value.slot.start, value.circuit, value.quantity)


def _position(cursor: str | None) -> tuple[int, ArchiveKey | None]:
    if cursor is None:
        return 0, None
    stretch, start, circuit, quantity = decode(cursor, 4)
    return number_in(stretch), (
        instant_in(start),
        number_in(circuit, _LARGEST_CIRCUIT),
        quantity_in(quantity),
    )
