"""One heat meter's registers and current values as they go on, hour after hour."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

_HEAT_OF_WATER: Final = Decimal("1.163")
"""kWh per m3 and kelvin."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the meter shows: kWh, m3, °C, kW and m3/h."""

    energy: Decimal
    volume: Decimal
    supply: Decimal
    returned: Decimal
    power: Decimal
    flow: Decimal


class PushingMeter:
    """Counts on by an hour with every look."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._energy = Decimal(chance.randrange(1_000, 90_000))
        self._volume = Decimal(chance.randrange(100, 9_000))

    def after_an_hour(self) -> Shown:
        """Energy goes with the water that went through and by how much it was cooled."""
        supply = Decimal(self._chance.randrange(600, 900)) / 10
        returned = Decimal(self._chance.randrange(350, 500)) / 10
        flow = Decimal(self._chance.randrange(200, 1500)) / 1000
        power = (flow * (supply - returned) * _HEAT_OF_WATER).quantize(Decimal("0.001"))
        self._energy += power
        self._volume += flow
        return Shown(self._energy, self._volume, supply, returned, power, flow)
