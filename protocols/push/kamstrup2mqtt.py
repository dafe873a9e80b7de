"""JSON of kamstrup2mqtt, which reads MULTICAL 303 and 601 over wired M-Bus (mqtt-wmbus.md section 2).

A name is a quantity with the M-Bus unit, followed on the 601 by `_d<subunit>_t<tariff>`. Subunit 0, tariff 0
is the meter itself; subunits 1 and 2 are water meters on its pulse inputs, and tariffs are parts of a sum.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from metering.errors import DecodeError
from metering.quantities import quantity
from metering.readings import MeterValue, Snapshot
from protocols.push import json_text
from protocols.push.json_text import Object
from protocols.push.marks import measured
from protocols.push.pushed import Message, Pushed, checked_identity

NAMES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "ENERGY_WH": ("energy_heating", "Wh"),
        "VOLUME": ("volume", "m3"),
        "POWER_W": ("power", "W"),
        "VOLUME_FLOW": ("volume_flow", "m3/h"),
        "FLOW_TEMPERATURE": ("temperature_supply", "°C"),
        "RETURN_TEMPERATURE": ("temperature_return", "°C"),
        "TEMPERATURE_DIFFERENCE": ("temperature_difference", "K"),
        "ON_TIME": ("on_time", "s"),
    }
)
"""A name, our quantity, and the unit in which it is sent."""
_NAME: Final = re.compile(r"([A-Z_]+?)(?:_d([0-9]{1,3})_t([0-9]{1,3}))?", re.ASCII)
_ITSELF: Final = ("0", "0")
_SERIAL_DIGITS: Final = 8


def decode(message: Message) -> Pushed | None:
    """One read-out; None for its companions `counter` and `status`, which hold no values."""
    *_, name = message.topic.split("/")
    if name in ("counter", "status"):
        return None
    readout = _of_the_meter_itself(json_text.read_object(message.payload))
    at = json_text.unix_instant(readout, "timestamp")
    identity = checked_identity(_identity(readout) or name)
    values = tuple(_values(readout))
    if not values:
        raise DecodeError(f"The read-out of {identity} holds no quantity of a heat meter.")
    clock = json_text.meter_time(readout.get("DATE_TIME_GENERAL"))
    return Pushed(identity, at, f"{identity} {at.isoformat()}", Snapshot(values, clock))


def _of_the_meter_itself(readout: Object) -> Object:
    """By plain name, what is the meter's own and no part of it."""
    named = ((_NAME.fullmatch(name), value) for name, value in readout.items())
    own = {
        found[1]: value for found, value in named if found and (found[2] or "0", found[3] or "0") == _ITSELF
    }
    return {**own, "timestamp": readout.get("timestamp")}


def _identity(readout: Object) -> str:
    """A number has lost its leading zeros on the way."""
    number = readout.get("FABRICATION_NO")
    if isinstance(number, Decimal):
        return json_text.text(readout, "FABRICATION_NO").zfill(_SERIAL_DIGITS)
    return number if isinstance(number, str) else ""


def _values(readout: Object) -> Iterator[MeterValue]:
    for name, (known, unit) in NAMES.items():
        if name in readout:
            yield measured(quantity(known), unit, readout[name])
