"""The checks of consumption, on what is stored of each meter that counted it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from metering.billing_rules import BillingRule
from metering.calendar import BillingPeriod, Slot
from metering.consumption import Consumption
from metering.evidence import ThermalLoad
from metering.levels import Segment
from metering.observations import Observations
from metering.quantities import QUANTITIES
from metering.reasons import Reason
from metering.validation import findings
from storage.observations import Watch, Watched, Watches
from storage.pool import Database

_CHECKED_UNIT = "Gcal"
AT_ONCE: Final = timedelta(days=3100)
"""A hundred points' month: the hours of so much are read and checked together."""


@dataclass(frozen=True, slots=True)
class WatchedPart:
    """A consumption that is to be checked, and what is usual at its point.

    `nominal_diameter` of the pipe in mm, `largest_load` by contract in Gcal/h. `closed`: no water is
    meant to be taken out.
    """

    found: Consumption
    quantity: str
    rule: BillingRule
    load: ThermalLoad
    nominal_diameter: Decimal | None
    largest_load: Decimal | None
    closed: bool

    def meters(self) -> Iterator[tuple[Segment, Watched]]:
        """Each meter that counted heat, within the time in which it did."""
        period = self.found.period
        if self.found.value is None or QUANTITIES[self.quantity].canonical_unit != _CHECKED_UNIT:
            return
        for one in self.found.segments:
            ends = max(period.start, one.installed_at), min(period.end, one.removed_at or period.end)
            yield one, Watched(one.meter_id, one.circuit, self.quantity, Slot(*ends))

    def seen(self, segment: Segment, watched: Watched, watch: Watch) -> Observations:
        """What the checks look at."""
        return Observations(
            period=BillingPeriod(watched.slot.start, watched.slot.end),
            quantity=self.quantity,
            value=segment.difference,
            levels=watch.levels,
            hours=watch.hours,
            days=watch.days,
            load=self.load,
            resolution=watch.resolution,
            raw_units=watch.raw_units,
            clock_differences=watch.clock_differences,
            nominal_diameter=self.nominal_diameter,
            largest_load=self.largest_load,
            closed=self.closed,
        )


class Doubts:
    """What speaks against consumptions; what hinders a bill among it keeps the value off."""

    def __init__(self, database: Database) -> None:
        self._watches = Watches(database)

    async def of(self, parts: Sequence[WatchedPart]) -> list[tuple[Reason, ...]]:
        """Of each part, in their order. Checking has a thread of its own."""
        asked = [_Asked(number, *meter) for number, part in enumerate(parts) for meter in part.meters()]
        found: list[dict[Reason, None]] = [{} for _ in parts]
        for batch in _batches(asked):
            watches = await self._watches.of([one.watched for one in batch])
            for number, reasons in await asyncio.to_thread(_checked, parts, batch, watches):
                found[number] |= reasons
        return [tuple(reasons) for reasons in found]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A meter of the part with this number."""

    part: int
    segment: Segment
    watched: Watched


def _batches(asked: Iterable[_Asked]) -> Iterator[list[_Asked]]:
    batch, length = list[_Asked](), timedelta()
    for one in asked:
        slot = one.watched.slot
        if batch and length + (slot.end - slot.start) > AT_ONCE:
            yield batch
            batch, length = [], timedelta()
        batch.append(one)
        length += slot.end - slot.start
    if batch:
        yield batch


def _checked(
    parts: Sequence[WatchedPart], batch: Sequence[_Asked], watches: Sequence[Watch]
) -> list[tuple[int, Mapping[Reason, None]]]:
    found = list[tuple[int, Mapping[Reason, None]]]()
    for one, watch in zip(batch, watches, strict=True):
        part = parts[one.part]
        doubts = findings(part.seen(one.segment, one.watched, watch), part.rule)
        found.append((one.part, dict.fromkeys(doubt.reason for doubt in doubts)))
    return found
