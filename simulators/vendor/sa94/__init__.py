"""Simulated Aswega SA-94/1 and SA-94/2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from simulators.families import DevicePlan, SimulatedFamily
from simulators.marks import Marks
from simulators.numbers import Sent
from simulators.vendor.sa94.meter import Make, Sa94Meter

_TEMPERATURES: Final = (Sent("temperature_supply", "°C"), Sent("temperature_return", "°C"))
_COLD_WATER: Final = Sent("temperature_cold_water", "°C")
_POWER: Final = Sent("power", "kW")
_SHARED: Final = {
    **dict(enumerate(_TEMPERATURES, 2)),
    5: Sent("temperature_difference", "K"),
    6: _POWER,
    7: Sent("energy_heating", "MWh"),
    12: Sent("operating_time", "s"),
}
_PRESSURES: Final = (Sent("pressure_supply", "MPa"), Sent("pressure_return", "MPa"))

MAKES: Final[Mapping[str, Make]] = {
    "aswega-sa-94-2": Make(
        status=0x1F,
        current={
            **_SHARED,
            0: Sent("volume_flow_supply", "m3/s"),
            1: Sent("volume_flow_return", "m3/s"),
            4: _COLD_WATER,
            8: Sent("volume_supply", "m3"),
            9: Sent("volume_return", "m3"),
            **dict(enumerate(_PRESSURES, 14)),
        },
        items=(
            Sent("volume_flow_supply", "m3/h"),
            Sent("volume_flow_return", "m3/h"),
            *_TEMPERATURES,
            _COLD_WATER,
            _POWER,
        ),
        late_items=_PRESSURES,
    ),
    "aswega-sa-94-1": Make(
        status=0x18,
        current={**_SHARED, 0: Sent("volume_flow", "m3/s"), 8: Sent("volume", "m3")},
        items=(Sent("volume_flow", "m3/h"), None, *_TEMPERATURES, None, _POWER),
    ),
}

_SIZES: Final = {**dict.fromkeys(range(0xA0, 0xA8), 2), 0xB7: 3, **dict.fromkeys(range(0xC0, 0xFF), 3)}
"""Bytes of the commands that are longer than one."""


def build(plan: DevicePlan) -> Sa94Meter:
    return Sa94Meter(MAKES[plan.model], plan)


def split(buffer: bytes) -> tuple[bytes, int] | None:
    """The first command: it begins with bit 7, and no other byte of it has that bit."""
    start = next((at for at, octet in enumerate(buffer) if octet & 0x80), len(buffer))
    size = _SIZES.get(buffer[start], 1) if start < len(buffer) else 1
    end = start + size
    return (buffer[start:end], end) if end <= len(buffer) else None


def _unmarked(frame: bytes) -> bytes:
    """Neither a command nor an answer says whose it is."""
    return b""


SIMULATED: Final = SimulatedFamily(
    protocol="sa94",
    models=tuple(MAKES),
    build=build,
    split=split,
    marks=Marks(request=_unmarked, reply=_unmarked),
)
