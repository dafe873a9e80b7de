"""JSON of kamstrup2mqtt (mqtt-wmbus.md section 2)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from metering.errors import DecodeError
from protocols.push import kamstrup2mqtt
from protocols.push.pushed import Message, Pushed

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLAIN = {
    "DATE_TIME_GENERAL": "2025-12-31T23:00:00", "ENERGY_WH": 8974000, "FABRICATION_NO": 6855817,
    "FLOW_TEMPERATURE": 71.25, "ON_TIME": 36000, "POWER_W": 5400, "RETURN_TEMPERATURE": 41.5,
    "TEMPERATURE_DIFFERENCE": 29.75, "VOLUME": 123.45, "VOLUME_FLOW": 0.156, "timestamp": 1767222000,
}  # fmt: skip


def decoded(readout: dict[str, Any], topic: str = "kamstrup/MC303") -> Pushed | None:
    return kamstrup2mqtt.decode(Message(topic, json.dumps(readout).encode(), NOW))


def values(pushed: Pushed | None) -> dict[str, tuple[Decimal | None, str]]:
    assert pushed is not None
    return {one.quantity.name: (one.value, one.unit) for one in pushed.snapshot.values}


EXPECTED = {
    "energy_heating": (Decimal(8974000), "Wh"),
    "volume": (Decimal("123.45"), "m3"),
    "power": (Decimal(5400), "W"),
    "volume_flow": (Decimal("0.156"), "m3/h"),
    "temperature_supply": (Decimal("71.25"), "°C"),
    "temperature_return": (Decimal("41.5"), "°C"),
    "temperature_difference": (Decimal("29.75"), "K"),
    "on_time": (Decimal(36000), "s"),
}


def test_a_read_out_of_a_303() -> None:
    pushed = decoded(PLAIN)
    assert values(pushed) == EXPECTED
    assert pushed is not None
    # 1767222000 s = 20453 days and 23 h after 1970-01-01: 2025-12-31 23:00 UTC
    assert pushed.at == datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert pushed.identity == "06855817"
    assert pushed.snapshot.meter_time == datetime(2025, 12, 31, 23)


def test_of_a_601_subunit_0_without_tariff_is_the_meter_itself() -> None:
    named = {f"{name}_d0_t0": value for name, value in PLAIN.items() if name.isupper()}
    parts = {"ENERGY_WH_d0_t1": 1, "ENERGY_WH_d3_t0": 2, "VOLUME_d1_t0": 3, "VOLUME_d2_t0": 4}
    pushed = decoded({**named, **parts, "timestamp": PLAIN["timestamp"]})
    assert values(pushed) == EXPECTED
    assert pushed is not None
    assert pushed.identity == "06855817"


def test_without_a_number_the_topic_names_the_meter() -> None:
    readout = {name: value for name, value in PLAIN.items() if name != "FABRICATION_NO"}
    pushed = decoded(readout, "kamstrup/boiler")
    assert pushed is not None
    assert pushed.identity == "boiler"


@pytest.mark.parametrize("topic", ["kamstrup/MC303/counter", "kamstrup/MC303/status"])
def test_companion_topics_hold_no_values(topic: str) -> None:
    assert kamstrup2mqtt.decode(Message(topic, b"power on", NOW)) is None


@pytest.mark.parametrize("timestamp", [None, "now", -1, 10**12, 0])
def test_a_read_out_without_a_time_is_refused(timestamp: object) -> None:
    with pytest.raises(DecodeError, match="timestamp"):
        decoded({**PLAIN, "timestamp": timestamp})


def test_a_read_out_of_another_device_is_refused() -> None:
    with pytest.raises(DecodeError, match="no quantity"):
        decoded({"FABRICATION_NO": 1, "timestamp": 1767222000})
