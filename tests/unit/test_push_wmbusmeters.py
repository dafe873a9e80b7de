"""JSON of wmbusmeters: names, units and marks (mqtt-wmbus.md section 1.2)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from metering.conditions import Condition, ConditionName
from metering.errors import DecodeError
from metering.readings import Absence, MeterValue
from protocols.push import wmbusmeters
from protocols.push.json_text import LONGEST_NUMBER
from protocols.push.pushed import LARGEST_PAYLOAD, Message, Pushed

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ULTRAHEAT = (
    '{"_":"telegram","media":"heat","meter":"ultraheat","name":"MyUltra","id":"70444600","flow_m3h":0.808,'
    '"flow_c":52,"heat_kwh":8974.444444,"power_kw":0.5,"return_c":51,"target_kwh":8513.611111,'
    '"volume_m3":1995.07,"fabrication_no":"70444600","meter_datetime":"2022-01-10 10:49","status":"OK",'
    '"timestamp":"2022-01-10T09:49:03Z"}'
)
QUALCOSONIC = (
    '{"_":"telegram","media":"heat/cooling load","meter":"qualcosonic","name":"qualco","id":"03016408",'
    '"fabrication_no":"03016408","on_time_h":8430.013056,"meter_datetime":"2021-06-23 15:03",'
    '"total_m3":398.773,'
    '"flow_temperature_c":7.04,"return_temperature_c":13.24,"flow_return_temperature_difference_c":-6.2,'
    '"volume_flow_m3h":0.515,"status":"OK","total_heat_energy_kwh":0,"total_cooling_energy_kwh":220,'
    '"power_kw":-3.706,"target_datetime":"2021-05-31 23:59","target_heat_energy_kwh":0,'
    '"target_cooling_energy_kwh":11,"timestamp":"2021-06-23T12:03:20Z"}'
)


def decoded(payload: str | bytes) -> Pushed:
    data = payload if isinstance(payload, bytes) else payload.encode()
    return wmbusmeters.decode(Message("wmbusmeters/x", data, NOW))


def telegram(**members: Any) -> str:
    return json.dumps({"id": "12345678", "timestamp": "2026-01-01T00:00:00Z", **members})


def values(pushed: Pushed) -> dict[str, tuple[Decimal | None, str]]:
    return {one.quantity.name: (one.value, one.unit) for one in pushed.snapshot.values}


def value(**members: Any) -> MeterValue:
    (one,) = decoded(telegram(**members)).snapshot.values
    return one


def test_the_ultraheat_of_the_reference() -> None:
    pushed = decoded(ULTRAHEAT)
    assert values(pushed) == {
        "volume_flow": (Decimal("0.808"), "m3/h"),
        "temperature_supply": (Decimal(52), "°C"),
        "energy_heating": (Decimal("8974.444444"), "kWh"),
        "power": (Decimal("0.5"), "kW"),
        "temperature_return": (Decimal(51), "°C"),
        "volume": (Decimal("1995.07"), "m3"),
    }
    assert (pushed.identity, pushed.at) == ("70444600", datetime(2022, 1, 10, 9, 49, 3, tzinfo=UTC))
    assert pushed.snapshot.meter_time == datetime(2022, 1, 10, 10, 49)
    assert pushed.snapshot.conditions == frozenset()


def test_the_qualcosonic_of_the_reference() -> None:
    pushed = decoded(QUALCOSONIC)
    assert values(pushed) == {
        "on_time": (Decimal("8430.013056"), "h"),
        "volume": (Decimal("398.773"), "m3"),
        "temperature_supply": (Decimal("7.04"), "°C"),
        "temperature_return": (Decimal("13.24"), "°C"),
        "temperature_difference": (Decimal("-6.2"), "K"),
        "volume_flow": (Decimal("0.515"), "m3/h"),
        "energy_heating": (Decimal(0), "kWh"),
        "energy_cooling": (Decimal(220), "kWh"),
        "power": (Decimal("-3.706"), "kW"),
    }


@pytest.mark.parametrize(
    ("driver", "name", "quantity", "unit"),
    [
        ("kamheat", "total_energy_consumption_kwh", "energy_heating", "kWh"),
        ("kamheat", "total_energy_backward_kwh", "energy_cooling", "kWh"),
        ("kamheat", "t1_temperature_c", "temperature_supply", "°C"),
        ("kamheat", "t2_temperature_c", "temperature_return", "°C"),
        ("kamheat", "on_time_at_error_h", "error_time", "h"),
        ("sharky", "total_energy_consumption_tariff1_kwh", "energy_cooling", "kWh"),
        ("sharky774", "operating_time_in_error_h", "error_time", "h"),
        ("sharky", "temperature_difference_c", "temperature_difference", "K"),
        ("qualcosonic", "total_m3", "volume", "m3"),
        ("sensostar", "total_kwh", "energy_heating", "kWh"),
        ("sensostar", "total_water_m3", "volume", "m3"),
        ("sensostar", "flow_water_m3h", "volume_flow", "m3/h"),
        ("enercal", "forward_c", "temperature_supply", "°C"),
        ("enercal", "difference_c", "temperature_difference", "K"),
        ("elf2", "total_gj", "energy_heating", "GJ"),
        ("c5isf", "total_mj", "energy_heating", "MJ"),
    ],
)
def test_a_name_of_a_driver_is_this_quantity(driver: str, name: str, quantity: str, unit: str) -> None:
    one = value(meter=driver, **{name: 12.5})
    assert (one.quantity.name, one.unit, one.value) == (quantity, unit, Decimal("12.5"))


def test_the_tariff_of_another_driver_is_not_cooling() -> None:
    with pytest.raises(DecodeError, match="no quantity"):
        decoded(telegram(meter="kamheat", total_energy_consumption_tariff1_kwh=1))


@pytest.mark.parametrize("target", ["target_kwh", "prev_1_month_kwh", "max_power_kw", "forward_energy_m3c"])
def test_what_is_no_current_value_is_passed_over(target: str) -> None:
    assert set(values(decoded(telegram(total_kwh=1, **{target: 2})))) == {"energy_heating"}


@pytest.mark.parametrize(
    ("name", "number", "absence"),
    [
        ("total_kwh", -2147483648, Absence.INVALID_MARK),
        ("total_m3", -2147483648, Absence.INVALID_MARK),
        ("forward_c", -2147483648, Absence.INVALID_MARK),
        ("total_kwh", -0.5, Absence.INVALID_MARK),
        ("total_kwh", None, Absence.NO_DATA),
        ("total_kwh", "12", Absence.NOT_DECODED),
        ("total_kwh", True, Absence.NOT_DECODED),
        ("total_kwh", 1e300, Absence.INVALID_MARK),
    ],
)
def test_what_means_no_value_is_none(name: str, number: object, absence: Absence) -> None:
    one = value(**{name: number})
    assert (one.value, one.absence) == (None, absence)


def test_power_and_temperature_may_be_below_zero() -> None:
    assert value(power_kw=-3.7).value == Decimal("-3.7")
    assert value(forward_c=-5).value == Decimal(-5)


@pytest.mark.parametrize(
    "written", ["1999-11-30 00:00", "2000-01-01 00:00", None, "soon", "2026-01-01T00:00Z"]
)
def test_a_clock_that_shows_none_is_none(written: str | None) -> None:
    pushed = decoded(telegram(total_kwh=1, meter_datetime=written))
    assert pushed.snapshot.meter_time is None


def test_words_of_the_status_are_told_as_they_stand() -> None:
    status = "ERROR_FLOW_MEASUREMENT_SYSTEM_ERROR TEMPORARY_ERROR"
    told = decoded(telegram(total_kwh=1, status=status)).snapshot.conditions
    assert told == {Condition(ConditionName.UNKNOWN, code=word) for word in status.split()}
    assert {Condition.parse(str(one)) for one in told} == told


def test_copies_have_one_key_and_another_time_has_another() -> None:
    later = ULTRAHEAT.replace("09:49:03Z", "09:49:04Z")
    assert decoded(ULTRAHEAT).key == decoded(ULTRAHEAT + " ").key != decoded(later).key


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe\xfd", "no JSON"),
        (b"[1]", "no object"),
        (b"[" * 100_000, "no JSON"),
        (b"{" + b" " * LARGEST_PAYLOAD + b"}", "refused"),
        (telegram(total_kwh=float("nan")).encode(), "no number"),
        (b'{"id":"1","total_kwh":' + b"9" * (LONGEST_NUMBER + 1) + b"}", "refused"),
        (telegram(total_kwh=1, _="alarm").encode(), "no telegram"),
        (telegram(total_kwh=1, id="").encode(), "'id'"),
        (telegram(total_kwh=1, id="x" * 65).encode(), "no identity"),
        (telegram(total_kwh=1, timestamp="2026-01-01T00:00:00").encode(), "without a zone"),
        (telegram(total_kwh=1, timestamp="1111-11-11T11:11:11Z").encode(), "clock is not set"),
        (telegram(total_kwh=1, timestamp="yesterday").encode(), "no date"),
        (telegram(counter=1).encode(), "no quantity"),
    ],
)
def test_what_is_no_telegram_is_refused_with_the_reason(payload: bytes, words: str) -> None:
    with pytest.raises(DecodeError, match=words):
        decoded(payload)
