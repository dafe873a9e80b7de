"""JSON of wmbusmeters: which of its names are our quantities (mqtt-wmbus.md section 1.2).

A name is `<what>_<unit>`: the unit is the name's last part, whatever the driver or the meter's model. What a
driver calls otherwise than the rest is a row of its own; every other name is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from metering.conditions import Condition, ConditionName
from metering.errors import DecodeError
from metering.quantities import quantity
from metering.readings import MeterValue, Snapshot
from protocols.push import json_text
from protocols.push.json_text import Object
from protocols.push.marks import measured
from protocols.push.pushed import Message, Pushed, checked_identity

Names = Mapping[str, str]

UNITS: Final[Names] = MappingProxyType(
    {
        "kwh": "kWh",
        "mj": "MJ",
        "gj": "GJ",
        "kw": "kW",
        "m3": "m3",
        "m3h": "m3/h",
        "c": "°C",
        "bar": "bar",
        "h": "h",
        "min": "min",
        "s": "s",
        "d": "d",
    }
)
_ENERGY: Final = ("kWh", "MJ", "GJ")
_TIME: Final = ("h", "min", "s", "d")

_HEAT: Final[Names] = {
    "total_energy_consumption": "energy_heating",
    "total_heat_energy": "energy_heating",
    "total": "energy_heating",
    "heat": "energy_heating",
    "total_energy_backward": "energy_cooling",
    "total_cooling_energy": "energy_cooling",
}
_VOLUME: Final[Names] = {
    "total_volume": "volume",
    "total_water": "volume",
    "total": "volume",
    "volume": "volume",
}
_FLOW: Final[Names] = {"volume_flow": "volume_flow", "flow_water": "volume_flow", "flow": "volume_flow"}
_TEMPERATURE: Final[Names] = {
    "t1_temperature": "temperature_supply",
    "flow_temperature": "temperature_supply",
    "forward": "temperature_supply",
    "flow": "temperature_supply",
    "t2_temperature": "temperature_return",
    "return_temperature": "temperature_return",
    "return": "temperature_return",
    "flow_return_temperature_difference": "temperature_difference",
    "temperature_difference": "temperature_difference",
    "difference": "temperature_difference",
}
_HOURS: Final[Names] = {
    "on_time": "on_time",
    "operating_time": "operating_time",
    "on_time_at_error": "error_time",
    "operating_time_in_error": "error_time",
}
NAMES: Final[Mapping[str, Names]] = MappingProxyType(
    {
        **dict.fromkeys(_ENERGY, _HEAT),
        **dict.fromkeys(_TIME, _HOURS),
        "kW": {"power": "power"},
        "m3": _VOLUME,
        "m3/h": _FLOW,
        "°C": _TEMPERATURE,
    }
)
"""By unit: a name without its unit, and our quantity."""
OF_DRIVERS: Final[Mapping[str, Names]] = MappingProxyType(
    {driver: {"total_energy_consumption_tariff1": "energy_cooling"} for driver in ("sharky", "sharky774")}
)

_FINE: Final = frozenset({"OK", "TPL_OK"})
_WORD: Final = re.compile(r"[A-Za-z0-9._-]{1,40}")
MOST_WORDS: Final = 64


def decode(message: Message) -> Pushed:
    """One telegram; DecodeError for what is none, as alarms and drivers of other devices than meters are."""
    telegram = json_text.read_object(message.payload)
    if telegram.get("_", "telegram") != "telegram":
        raise DecodeError("This is no telegram of wmbusmeters: its member '_' says otherwise.")
    identity = checked_identity(json_text.text(telegram, "id"))
    at = json_text.instant(telegram, "timestamp")
    values = tuple(_values(telegram))
    if not values:
        raise DecodeError(
            f"The telegram of {identity} holds no quantity of a heat meter. Its wmbusmeters driver is "
            f"{str(telegram.get('meter'))[:40]!r}: choose the one of the meter's model there."
        )
    clock = json_text.meter_time(telegram.get("meter_datetime"))
    snapshot = Snapshot(values, clock, None, conditions(telegram.get("status")))
    return Pushed(identity, at, f"{identity} {at.isoformat()}", snapshot)


def conditions(status: object) -> frozenset[Condition]:
    """What the status reports; its words are the driver's, so each is told as it stands."""
    words = status.split()[:MOST_WORDS] if isinstance(status, str) else ()
    told = (word for word in words if word not in _FINE and _WORD.fullmatch(word))
    return frozenset(Condition(ConditionName.UNKNOWN, code=word) for word in told)


def _values(telegram: Object) -> Iterator[MeterValue]:
    """The first of two names for one quantity counts."""
    driver = OF_DRIVERS.get(str(telegram.get("meter")), {})
    seen: set[str] = set()
    for name, number in telegram.items():
        what, _, suffix = name.rpartition("_")
        unit = UNITS.get(suffix, "")
        known = NAMES.get(unit, {}).get(what) or (driver.get(what) if unit in _ENERGY else None)
        if known is not None and known not in seen:
            seen.add(known)
            yield measured(quantity(known), "K" if known == "temperature_difference" else unit, number)
