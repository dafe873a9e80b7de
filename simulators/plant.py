"""One point of a heat network as a pure function of its seed and the time: the oracle of every simulation.

Theory. The weather gives each day a mean outdoor temperature; the day gives the load, the flow and the return
temperature; the hour's weight shares the load out over the day. Within an hour everything stands still, so
a counter is an exact sum and any archive record of any hour can be computed on demand.

Rates are whole numbers of RATE_STEP per hour, so that the share of one microsecond is a finite decimal
fraction: energy over [a, c) equals energy over [a, b) plus [b, c) to the last digit.
Time here is naive, on the meter's own clock.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from metering.errors import ConfigurationError

EPOCH: Final = datetime.fromisoformat("2000-01-01")
HEATING, HOT_WATER = 1, 2
REGISTERS: Final = ("energy", "mass", "volume")

RATE_STEP: Final = Decimal("3.6E-9")
_STEP_MICROSECOND: Final = Decimal("1E-18")  # RATE_STEP for one microsecond: 3.6E-9 / 3.6E+9
_MICROSECOND: Final = timedelta(microseconds=1)
_DAY: Final = timedelta(days=1)
_HOUR_MICROSECONDS: Final = 3_600_000_000

STEADY: Final = (100,) * 24
HEATING_HOURS: Final = (
    *(92, 90, 88, 88, 92, 104, 116, 118, 112, 106, 102, 98),
    *(94, 92, 90, 92, 98, 106, 112, 112, 106, 100, 96, 96),
)
HOT_WATER_HOURS: Final = (
    *(20, 10, 10, 10, 20, 80, 210, 240, 190, 120, 90, 80),
    *(90, 80, 70, 80, 100, 150, 190, 200, 160, 110, 60, 30),
)
"""Share of the day's mean in each hour, in hundredths."""
_DAY_WEIGHT: Final = 2400
_BLOCK: Final = 32


class Shape(NamedTuple):
    """How a circuit's day is shared out over its hours."""

    energy: tuple[int, ...]
    flow: tuple[int, ...]


SHAPES: Final[Mapping[int, Shape]] = {
    HEATING: Shape(energy=HEATING_HOURS, flow=STEADY),
    HOT_WATER: Shape(energy=HOT_WATER_HOURS, flow=HOT_WATER_HOURS),
}

SIZES: Final[Mapping[str, tuple[float, float]]] = {"house": (0.006, 0.02), "building": (0.08, 0.5)}
"""Design load of the heating circuit in Gcal/h: from, to; the seed chooses within."""


class Day(NamedTuple):
    """One circuit's day. Rates in RATE_STEP per hour and per hundredth of weight; temperature in °C."""

    energy: int
    mass: int
    volume: int
    temperature_return: Decimal


@dataclass(frozen=True, slots=True)
class Climate:
    """Weather shared by all points of a town; temperatures in °C. The defaults are those of Almaty."""

    annual_mean: float = 9.5
    annual_swing: float = 14.5
    daily_swing: float = 4.0
    unrest: float = 6.0
    seed: int = 1

    def day_mean(self, day: int) -> float:
        """Mean outdoor temperature of a day, counted from 2000-01-01; coldest in the middle of January."""
        season = -self.annual_swing * math.cos(2 * math.pi * (day - 16) / 365.25)
        return self.annual_mean + season + self.unrest * self._weather(day)

    def outdoor(self, at: datetime) -> Decimal:
        """Outdoor temperature of the hour, warmest at three in the afternoon."""
        swing = self.daily_swing * math.cos(2 * math.pi * (at.hour - 15) / 24)
        return _rounded(self.day_mean(_day_number(at)) + swing)

    def _weather(self, day: int) -> float:
        """Between -1 and 1: a chance value every fourth day, straight lines between."""
        knot, step = divmod(day, 4)
        before, after = (2 * _chance(self.seed, "weather", number) - 1 for number in (knot, knot + 1))
        return before + (after - before) * step / 4


class Plant:
    """A heated house or building: circuit 1 is heating, circuit 2 hot water.

    Raises ConfigurationError for a size that is not in SIZES.
    """

    def __init__(self, seed: int, size: str = "building", climate: Climate | None = None) -> None:
        if size not in SIZES:
            raise ConfigurationError(f"Unknown plant size {size!r}: write one of {', '.join(SIZES)}.")
        low, high = SIZES[size]
        self.seed = seed
        self.climate = climate or Climate()
        self.design_load = low + (high - low) * _chance(seed, "design load", 0)
        self._day = lru_cache(maxsize=4096)(self._compute_day)
        self._block = lru_cache(maxsize=1024)(self._sum_block)
        self._days = lru_cache(maxsize=4096)(self._sum_days)

    def integral(self, register: str, circuit: int, start: datetime, end: datetime) -> Decimal:
        """Gcal, t or m³ (energy, mass, volume) over [start, end), start not after end: exact and additive."""
        first, last = _day_number(start), _day_number(end)
        steps = self._days(register, circuit, first, last)
        steps += self._since_midnight(register, circuit, end) - self._since_midnight(register, circuit, start)
        return steps * _STEP_MICROSECOND

    def rate(self, register: str, circuit: int, at: datetime) -> Decimal:
        """What the register gains in an hour at this moment: Gcal/h, t/h or m³/h."""
        weight = _weights(circuit, register)[at.hour]
        return self._per_weight(register, circuit, _day_number(at)) * weight * RATE_STEP

    def temperature_difference(self, circuit: int, at: datetime) -> Decimal:
        """Supply minus return in K: one Gcal heats a thousand tonnes by one kelvin."""
        difference = 1000 * self.rate("energy", circuit, at) / self.rate("mass", circuit, at)
        return difference.quantize(Decimal("0.0001"))

    def temperature_return(self, circuit: int, at: datetime) -> Decimal:
        """Return temperature in °C."""
        return self._day(circuit, _day_number(at)).temperature_return

    def _since_midnight(self, register: str, circuit: int, at: datetime) -> int:
        """Steps times microseconds from the midnight before to this moment."""
        weights = _weights(circuit, register)
        whole_hours = sum(weights[: at.hour]) * _HOUR_MICROSECONDS
        rest = weights[at.hour] * ((at - at.replace(minute=0, second=0, microsecond=0)) // _MICROSECOND)
        return self._per_weight(register, circuit, _day_number(at)) * (whole_hours + rest)

    def _sum_days(self, register: str, circuit: int, first: int, end: int) -> int:
        """Steps times microseconds of the whole days [first, end); whole blocks of days are kept."""
        total = 0
        while first < end:
            if first % _BLOCK == 0 and first + _BLOCK <= end:
                total += self._block(register, circuit, first)
                first += _BLOCK
            else:
                total += self._whole_day(register, circuit, first)
                first += 1
        return total

    def _sum_block(self, register: str, circuit: int, first: int) -> int:
        return sum(self._whole_day(register, circuit, day) for day in range(first, first + _BLOCK))

    def _whole_day(self, register: str, circuit: int, day: int) -> int:
        return self._per_weight(register, circuit, day) * _DAY_WEIGHT * _HOUR_MICROSECONDS

    def _per_weight(self, register: str, circuit: int, day: int) -> int:
        rate: int = getattr(self._day(circuit, day), register)
        return rate

    def _compute_day(self, circuit: int, day: int) -> Day:
        load, difference, temperature_return = self._conditions(circuit, day)
        energy = _steps(self.design_load * load)
        mass = round(energy * 1000 / difference)
        density = 1.0003 - 4.2e-6 * temperature_return**2  # t/m³ of water between 20 and 90 °C
        return Day(energy, mass, round(mass / density), _rounded(temperature_return))

    def _conditions(self, circuit: int, day: int) -> tuple[float, float, float]:
        """The day's load as a share of the design load, temperature difference and return temperature."""
        if circuit == HOT_WATER:
            return 0.07 + 0.04 * _chance(self.seed, "hot water", day), 22.0, 41.0
        load = 0.10 + 0.90 * max(0.0, 18.0 - self.climate.day_mean(day)) / 43.0
        return load, 12.0 + 28.0 * load, 32.0 + 18.0 * load


def _weights(circuit: int, register: str) -> tuple[int, ...]:
    shape = SHAPES[circuit]
    return shape.energy if register == "energy" else shape.flow


def _steps(rate: float) -> int:
    return max(1, round(rate / 100 / float(RATE_STEP)))


def _rounded(temperature: float) -> Decimal:
    return Decimal(round(temperature * 100)).scaleb(-2)


def _day_number(at: datetime) -> int:
    return (at - EPOCH) // _DAY


def _chance(seed: int, name: str, number: int) -> float:
    """A number in [0, 1) that depends on nothing but its arguments."""
    digest = hashlib.blake2b(f"{seed}:{name}:{number}".encode(), digest_size=7).digest()
    return int.from_bytes(digest) / 2**56
