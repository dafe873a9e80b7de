"""What a meter has counted and keeps: its clock, its counters and which archive records it has.

Everything follows from the plant, the day of installation and the power failures; nothing is stored.
While the power is away the counters and the operating time stand still and the error time runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot, MeterZone, slot_at, slot_start
from metering.errors import NotSupported
from simulators.plant import Plant

Clock = Callable[[], datetime]

_MICROSECOND: Final = timedelta(microseconds=1)
_DAY: Final = timedelta(days=1)
_HOUR_MICROSECONDS: Final = Decimal(3_600_000_000)
_ZERO: Final = Decimal(0)

PLANT_REGISTERS: Final[Mapping[str, str]] = {
    "energy_heating": "energy",
    "energy_hot_water": "energy",
    "volume": "volume",
    "volume_supply": "volume",
    "volume_return": "volume",
    "mass": "mass",
    "mass_supply": "mass",
    "mass_return": "mass",
}
STANDING: Final = frozenset({"energy_cooling", "energy_hot_water_summer", "volume_make_up", "mass_make_up"})
"""Registers that never move here: nothing is cooled, lost or heated in a summer mode."""
TIMES: Final = frozenset({"on_time", "operating_time", "error_time"})

PRESSURE_SUPPLY, PRESSURE_RETURN = Decimal("0.62"), Decimal("0.41")
COLD_WATER: Final = Decimal("8.00")


class MeterMemory:
    """One meter's counters and archives on its own clock, which is wrong by `drift` and gains `gain` a day.

    `installed`, the power failures and every argument called `at` or `slot` are naive meter time.
    Values are canonical (Gcal, m³, t, h, °C, MPa, t/h, m³/h, Gcal/h) and unrounded.
    Raises NotSupported for a quantity that no plant has.
    """

    def __init__(
        self,
        plant: Plant,
        *,
        now: Clock,
        zone: MeterZone,
        installed: datetime,
        drift: timedelta = timedelta(0),
        gain: timedelta = timedelta(0),
        power_failures: Sequence[MeterSlot] = (),
        circuits: int = 1,
    ) -> None:
        self.plant = plant
        self.zone = zone
        self.installed = installed
        self.drift = drift
        self.gain = gain
        self.power_failures = tuple(sorted(power_failures))
        self.circuits = circuits
        self._now = now
        self._mean = lru_cache(maxsize=512)(self._compute_mean)
        self._day_sum = lru_cache(maxsize=4096)(self._sum_of_hours)

    def meter_time(self) -> datetime:
        """What the meter's clock shows now."""
        right = self.zone.to_meter_time(self._now())
        return right + self.drift + self.gain * ((right - self.installed) / _DAY)

    def level(self, quantity: str, circuit: int, at: datetime) -> Decimal:
        """Where a register stands; zero at the installation."""
        return self.amount(quantity, circuit, MeterSlot(self.installed, max(at, self.installed)))

    def amount(self, quantity: str, circuit: int, slot: MeterSlot) -> Decimal:
        """What a register gains over a slot: exact, and additive over adjoining slots."""
        if quantity in TIMES:
            return self._time(quantity, slot)
        if quantity == "energy_total":
            circuits = range(1, self.circuits + 1)
            return sum((self._gain("energy", number, slot) for number in circuits), _ZERO)
        if quantity in STANDING:
            return _ZERO
        if quantity in PLANT_REGISTERS:
            return self._gain(PLANT_REGISTERS[quantity], circuit, slot)
        raise NotSupported(f"The simulated plant has no register {quantity!r}.")

    def instant(self, quantity: str, circuit: int, at: datetime) -> Decimal:
        """What the meter measures at this moment, the power being on."""
        reader = INSTANTS.get(quantity)
        if reader is None:
            raise NotSupported(f"The simulated plant does not measure {quantity!r}.")
        return reader(self.plant, circuit, at)

    def mean(self, quantity: str, circuit: int, slot: MeterSlot) -> Decimal:
        """The mean over the slot's powered time; NotSupported when it has none."""
        return self._mean(quantity, circuit, slot)

    def powered(self, slot: MeterSlot) -> Iterator[MeterSlot]:
        """The parts of the slot, oldest first, in which the meter was installed and had power."""
        start = max(slot.start, self.installed)
        for failure in self.power_failures:
            if failure.end <= start:
                continue
            if start < min(failure.start, slot.end):
                yield MeterSlot(start, min(failure.start, slot.end))
            start = failure.end
        if start < slot.end:
            yield MeterSlot(start, slot.end)

    def has_record(self, kind: ArchiveKind, start: datetime, depth: int) -> bool:
        """Whether the archive holds the record of the slot that starts here, `depth` slots being kept.

        A record is closed at the slot's end, a total at its start. A slot wholly without power has none, nor
        has one that the clock leapt over.
        """
        slot = slot_at(kind, start)
        now = self.meter_time()
        closed_at = slot.start if kind is ArchiveKind.TOTAL else slot.end
        if closed_at > now or self.zone.leaps_over(slot) or not any(self.powered(slot)):
            return False
        return slot.start >= self.oldest_start(kind, depth)

    def oldest_start(self, kind: ArchiveKind, depth: int) -> datetime:
        """The start of the oldest slot that still fits into an archive of `depth` slots."""
        running = slot_start(kind, self.meter_time())
        kept = depth - 1 if kind is ArchiveKind.TOTAL else depth
        if kind is ArchiveKind.HOUR:
            return running - timedelta(hours=kept)
        if kind is not ArchiveKind.MONTH:
            return running - timedelta(days=kept)
        months = running.year * 12 + running.month - 1 - kept
        return running.replace(year=months // 12, month=months % 12 + 1)

    def _compute_mean(self, quantity: str, circuit: int, slot: MeterSlot) -> Decimal:
        parts = list(self.powered(slot))
        duration = sum((part.end - part.start for part in parts), timedelta(0)) // _MICROSECOND
        if not duration:
            raise NotSupported(
                f"No mean of {quantity}: the meter had no power from {slot.start} to {slot.end}."
            )
        return sum((self._weighted(quantity, circuit, part) for part in parts), _ZERO) / duration

    def _weighted(self, quantity: str, circuit: int, part: MeterSlot) -> Decimal:
        """Value times microseconds, summed: everything stands still within an hour."""
        total, at = _ZERO, part.start
        while at < part.end:
            if slot_start(ArchiveKind.DAY, at) == at and part.end - at >= _DAY:
                total += self._day_sum(quantity, circuit, at)
                at += _DAY
            else:
                end = min(slot_at(ArchiveKind.HOUR, slot_start(ArchiveKind.HOUR, at)).end, part.end)
                total += self.instant(quantity, circuit, at) * ((end - at) // _MICROSECOND)
                at = end
        return total

    def _sum_of_hours(self, quantity: str, circuit: int, midnight: datetime) -> Decimal:
        hours = (midnight + timedelta(hours=number) for number in range(24))
        return sum((self.instant(quantity, circuit, hour) for hour in hours), _ZERO) * _HOUR_MICROSECONDS

    def _gain(self, register: str, circuit: int, slot: MeterSlot) -> Decimal:
        parts = self.powered(slot)
        return sum((self.plant.integral(register, circuit, part.start, part.end) for part in parts), _ZERO)

    def _time(self, quantity: str, slot: MeterSlot) -> Decimal:
        powered = sum((part.end - part.start for part in self.powered(slot)), timedelta(0))
        if quantity == "error_time":
            powered = max(timedelta(0), slot.end - max(slot.start, self.installed)) - powered
        return (powered // _MICROSECOND) / _HOUR_MICROSECONDS


def _supply(plant: Plant, circuit: int, at: datetime) -> Decimal:
    return plant.temperature_return(circuit, at) + plant.temperature_difference(circuit, at)


def _volume_flow(plant: Plant, circuit: int, at: datetime) -> Decimal:
    return plant.rate("volume", circuit, at)


def _mass_flow(plant: Plant, circuit: int, at: datetime) -> Decimal:
    return plant.rate("mass", circuit, at)


INSTANTS: Final[Mapping[str, Callable[[Plant, int, datetime], Decimal]]] = {
    "power": lambda plant, circuit, at: plant.rate("energy", circuit, at),
    "volume_flow": _volume_flow,
    "volume_flow_supply": _volume_flow,
    "volume_flow_return": _volume_flow,
    "mass_flow": _mass_flow,
    "mass_flow_supply": _mass_flow,
    "mass_flow_return": _mass_flow,
    "temperature_supply": _supply,
    "temperature_return": Plant.temperature_return,
    "temperature_difference": Plant.temperature_difference,
    "temperature_outdoor": lambda plant, circuit, at: plant.climate.outdoor(at),
    "temperature_cold_water": lambda plant, circuit, at: COLD_WATER,
    "pressure_supply": lambda plant, circuit, at: PRESSURE_SUPPLY,
    "pressure_return": lambda plant, circuit, at: PRESSURE_RETURN,
    "flags": lambda plant, circuit, at: _ZERO,
}
