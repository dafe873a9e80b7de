"""The checks of consumption, on what is stored of each meter that counted it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

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
        """Of each part, in their order."""
        asked = [(number, *meter) for number, part in enumerate(parts) for meter in part.meters()]
        watches = await self._watches.of([watched for _, _, watched in asked]) if asked else []
        found: list[dict[Reason, None]] = [{} for _ in parts]
        for (number, segment, watched), watch in zip(asked, watches, strict=True):
            part = parts[number]
            seen = part.seen(segment, watched, watch)
            found[number] |= dict.fromkeys(one.reason for one in findings(seen, part.rule))
        return [tuple(reasons) for reasons in found]
