"""What M-Bus meters report: status bytes, error flags, and values that a reported fault makes void."""

from __future__ import annotations

from decimal import Decimal

import pytest

from metering.conditions import Condition, ConditionName
from metering.quantities import quantity
from metering.readings import Absence, Snapshot
from protocols.mbus import frames, profile, records
from protocols.mbus.conditions import of_status
from protocols.mbus.mapping import snapshot, stored_levels
from protocols.mbus.model import STANDARD_ONLY
from protocols.mbus.telegram import Header
from tests.mbus_bus import frame

HEADER = "72 78 56 34 12 2D 2C 08 04 01"


def reported(status: int, *, fixed: bool = False) -> set[str]:
    return {str(one) for one in of_status(STANDARD_ONLY, Header(status=status, fixed=fixed))}


@pytest.mark.parametrize(
    ("status", "conditions"),
    [
        pytest.param(0x00, set(), id="5.3, no error"),
        pytest.param(0x01, {"unknown:0::application busy"}, id="5.3, 01"),
        pytest.param(0x02, {"unknown:0::application error"}, id="5.3, 10"),
        pytest.param(0x03, {"unknown:0::alarm"}, id="5.3, 11"),
        pytest.param(0x04, {"battery_low"}, id="5.3, bit 2"),
        pytest.param(0x08, {"unknown:0::permanent error"}, id="5.3, bit 3"),
        pytest.param(0x10, {"unknown:0::temporary error"}, id="5.3, bit 4"),
        pytest.param(
            0x27, {"unknown:0::alarm", "battery_low", "unknown:0::status bit 5"}, id="5.3, 27 as seen"
        ),
        pytest.param(0x88, {"unknown:0::permanent error", "unknown:0::status bit 7"}, id="5.3, 88 as seen"),
    ],
)
def test_a_status_byte_says_what_the_standard_says(status: int, conditions: set[str]) -> None:
    assert reported(status) == conditions


def test_bits_that_tell_the_coding_of_fixed_counters_report_nothing() -> None:
    """m-bus.md section 9: bits 0 and 1; the bits of errors are those of section 5.3."""
    assert reported(0x03, fixed=True) == set()
    assert reported(0x15, fixed=True) == {"battery_low", "unknown:0::temporary error"}


def read(model: str, status: int, data: str) -> Snapshot:
    """The snapshot of one telegram with this status and these records."""
    body = bytes((0x08, 5)) + bytes.fromhex(HEADER) + bytes((status, 0, 0)) + bytes.fromhex(data)
    heard = frames.decode(frame(body))
    assert isinstance(heard, frames.LongFrame)
    return snapshot(profile.load(model), [records.decode(heard.payload)])


def texts(model: str, status: int, data: str) -> set[str]:
    return {str(one) for one in read(model, status, data).conditions}


@pytest.mark.parametrize(
    ("model", "status", "data", "conditions"),
    [
        pytest.param(
            "kamstrup-multical-601",
            0,
            "02 FD 17 08 40",
            {"sensor_fault:1:temperature_supply", "reverse_flow:1::V1"},
            id="2.3, old family: 0008 T1, 4000 V1 wrong flow direction",
        ),
        pytest.param(
            "kamstrup-multical-403",
            0,
            "04 FF 22 83 00 00 10",
            {"power_failure", "battery_low", "sensors_swapped:1", "burst:1::water loss"},
            id="2.3, 403: bits 0, 1, 7 and 28",
        ),
        pytest.param(
            "kamstrup-multical-303",
            0,
            "02 FF 22 00 09",
            {"air_in_pipe:1::V1", "flow_above_maximum:1::V1"},
            id="2.3, 303: bits 8 and 11",
        ),
        pytest.param(
            "kamstrup-multical-303", 0, "02 FF 22 00 04", {"unknown:0::flags bit 10"}, id="2.3, reserved"
        ),
        pytest.param(
            "engelmann-sensostar",
            0,
            "01 FD 17 C9",
            {"sensor_break:1:temperature_supply", "sensor_short:1:temperature_return", "battery_low"}
            | {"unknown:0::reset"},
            id="10: 01 T1 break, 08 T2 short, 40 reset, 80 battery low",
        ),
        pytest.param(
            "engelmann-sensostar",
            0x10,
            "01 FD 17 10",
            {"sensor_fault:1:volume_flow", "unknown:0::temporary error"},
            id="10: status 10 accompanies flow measurement errors",
        ),
        pytest.param("elster-f96", 0x70, "", {"sensor_fault:1:volume_flow"}, id="4: status 70"),
        pytest.param("itron-cf-compact", 0x10, "", {"sensor_fault:1"}, id="6: status 10"),
        pytest.param("sensus-pollucom-e", 0x10, "", {"sensor_fault:1"}, id="5: status 10"),
    ],
)
def test_a_makers_code_is_translated(model: str, status: int, data: str, conditions: set[str]) -> None:
    assert texts(model, status, data) == conditions


@pytest.mark.parametrize(
    ("model", "status", "data"),
    [
        pytest.param("kamstrup-multical-403", 0, "02 59 44 48", id="2.3: 185.00 °C"),
        pytest.param("kamstrup-multical-403", 0, "02 59 00 00 04 FF 22 08 00 00 00", id="2.3: 0.00 with t1"),
        pytest.param("generic-heat-meter", 0x10, "02 59 00 00", id="1 rule 6: status 10, 0"),
        pytest.param("generic-heat-meter", 0x10, "02 59 FF 7F", id="1 rule 6: status 10, 7FFF"),
        pytest.param("generic-heat-meter", 0x10, "0B 59 99 99 99", id="1 rule 6: status 10, 999999"),
        pytest.param("generic-heat-meter", 0, "32 59 12 00", id="1 rule 5: function error"),
    ],
)
def test_a_sensor_in_error_measures_nothing(model: str, status: int, data: str) -> None:
    (value,) = (one for one in read(model, status, data).values if one.quantity.name != "flags")
    assert value.quantity == quantity("temperature_supply")
    assert (value.value, value.absence) == (None, Absence.ERROR_STATE)


def test_a_temperature_of_zero_without_a_fault_is_a_temperature() -> None:
    (value, _) = read("kamstrup-multical-403", 0, "02 59 00 00 04 FF 22 10 00 00 00").values
    assert value.value == 0


def test_counters_are_kept_while_a_sensor_is_missing() -> None:
    """Section 1, rule 6."""
    (value,) = read("generic-heat-meter", 0x10, "04 06 00 00 00 00").values
    assert value.value == Decimal(0)


@pytest.mark.parametrize("data", ["04 A6 18 05 00 00 00", "34 26 05 00 00 00"])
def test_a_time_with_error_is_a_counter(data: str) -> None:
    """Section 1.1 and section 4 (`A6 18`): of a time VIFE 18 and function 3 tell what is counted."""
    (value,) = read("diehl-sharky-775", 0, data).values
    assert (value.quantity.name, value.value) == ("error_time", Decimal(5 * 3600))


def test_flags_of_a_storage_belong_to_its_levels() -> None:
    body = bytes.fromhex(HEADER + "00 00 00 44 06 07 00 00 00 42 FD 17 08 00 42 6C 7F 33")
    (record,) = stored_levels(profile.load("kamstrup-multical-601"), [records.decode(body)])
    assert record.conditions == {Condition(ConditionName.SENSOR_FAULT, 1, "temperature_supply")}
