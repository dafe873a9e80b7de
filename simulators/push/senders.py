"""How each kind of sender writes what a meter shows (mqtt-wmbus.md 1 to 4)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from simulators.push.readings import Shown

Sender = Callable[[str, datetime, int, Shown], tuple[str, bytes]]
"""Topic and payload, of serial number, instant, running number and what the meter shows."""

_ENERGY, _VOLUME, _POWER, _FLOW = "energy", "volume", "power", "flow"
_SUPPLY, _RETURN = "supply", "returned"
DRIVERS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "kamheat": {
            "total_energy_consumption_kwh": _ENERGY, "total_volume_m3": _VOLUME, "power_kw": _POWER,
            "volume_flow_m3h": _FLOW, "t1_temperature_c": _SUPPLY, "t2_temperature_c": _RETURN,
        },
        "ultraheat": {
            "heat_kwh": _ENERGY, "volume_m3": _VOLUME, "power_kw": _POWER, "flow_m3h": _FLOW,
            "flow_c": _SUPPLY, "return_c": _RETURN,
        },
        "sharky": {
            "total_energy_consumption_kwh": _ENERGY, "total_volume_m3": _VOLUME, "power_kw": _POWER,
            "volume_flow_m3h": _FLOW, "flow_temperature_c": _SUPPLY, "return_temperature_c": _RETURN,
        },
        "qualcosonic": {
            "total_heat_energy_kwh": _ENERGY, "total_m3": _VOLUME, "power_kw": _POWER,
            "volume_flow_m3h": _FLOW, "flow_temperature_c": _SUPPLY, "return_temperature_c": _RETURN,
        },
        "sensostar": {
            "total_kwh": _ENERGY, "total_water_m3": _VOLUME, "power_kw": _POWER, "flow_water_m3h": _FLOW,
            "forward_c": _SUPPLY, "return_c": _RETURN,
        },
        "enercal": {"total_kwh": _ENERGY, "total_m3": _VOLUME, "forward_c": _SUPPLY, "return_c": _RETURN},
        "c5isf": {"total_kwh": _ENERGY},
    }
)  # fmt: skip
"""The names under which the drivers of wmbusmeters tell a meter's values."""


def wmbusmeters(driver: str, serial: str, at: datetime, number: int, shown: Shown) -> tuple[str, bytes]:
    """A telegram as wmbusmeters publishes it; numbers are floats there."""
    values = {name: float(getattr(shown, value)) for name, value in DRIVERS[driver].items()}
    told = {"_": "telegram", "media": "heat", "meter": driver, "name": f"meter {serial}", "id": serial}
    stamp = {"status": "OK", "timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    return f"wmbusmeters/{serial}", _json({**told, **values, **stamp})


def kamstrup2mqtt(serial: str, at: datetime, number: int, shown: Shown) -> tuple[str, bytes]:
    """A read-out of a MULTICAL 601."""
    values = {
        "ENERGY_WH_d0_t0": int(shown.energy * 1000),
        "VOLUME_d0_t0": float(shown.volume),
        "FLOW_TEMPERATURE_d0_t0": float(shown.supply),
        "RETURN_TEMPERATURE_d0_t0": float(shown.returned),
        "FABRICATION_NO_d0_t0": int(serial),
    }
    return "kamstrup/MC601", _json({**values, "timestamp": int(at.timestamp())})


def chirpstack(serial: str, at: datetime, number: int, shown: Shown) -> tuple[str, bytes]:
    """An uplink of an Elvaco module by ChirpStack."""
    device = _device(serial)
    event = {
        "time": at.isoformat(), "deviceInfo": {"devEui": device}, "devAddr": "00189440",
        "fCnt": number, "fPort": 2, "data": _elvaco(serial, shown),
    }  # fmt: skip
    return f"application/1/device/{device}/event/up", _json(event)


def things_stack(serial: str, at: datetime, number: int, shown: Shown) -> tuple[str, bytes]:
    """An uplink of an Elvaco module by The Things Stack."""
    ids = {"device_id": f"heat-{serial}", "dev_eui": _device(serial), "dev_addr": "00189440"}
    uplink = {"f_port": 2, "f_cnt": number, "frm_payload": _elvaco(serial, shown)}
    event = {"end_device_ids": ids, "received_at": at.isoformat(), "uplink_message": uplink}
    return f"v3/teplo@simulated/devices/heat-{serial}/up", _json(event)


SENDERS: Final[Mapping[str, Sender]] = MappingProxyType(
    {
        **{driver: partial(wmbusmeters, driver) for driver in DRIVERS},
        "kamstrup2mqtt": kamstrup2mqtt,
        "chirpstack": chirpstack,
        "things-stack": things_stack,
    }
)


def _elvaco(serial: str, shown: Shown) -> str:
    """Section 4.2: format 00 and BCD records, in base64."""
    records = (
        b"\x00",
        b"\x0c\x06" + _bcd(shown.energy, 4),
        b"\x0c\x14" + _bcd(shown.volume * 100, 4),
        b"\x0b\x3b" + _bcd(shown.flow * 1000, 3),
        b"\x0a\x5a" + _bcd(shown.supply * 10, 2),
        b"\x0a\x5e" + _bcd(shown.returned * 10, 2),
        b"\x0c\x78" + _bcd(Decimal(serial), 4),
    )
    return base64.b64encode(b"".join(records)).decode()


def _bcd(number: Decimal, size: int) -> bytes:
    return bytes.fromhex(f"{int(number):0{2 * size}d}")[::-1]


def _device(serial: str) -> str:
    return f"02000000{serial}"


def _json(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told).encode()
