"""DIF, VIF and VIFE tables: codes printed in m-bus.md sections 6 and 7, scales by arithmetic."""

from __future__ import annotations

from decimal import Decimal

import pytest

from metering.errors import DecodeError
from protocols.mbus import dif, records, vib, vif
from protocols.mbus.dif import DataInformation, Function
from protocols.mbus.records import DataRecord


def record(hexadecimal: str) -> DataRecord:
    """The one record of a telegram without header (CI 78)."""
    (only,) = records.decode(b"\x78" + bytes.fromhex(hexadecimal)).records
    return only


SECTION_6 = [
    ("04", 0, 0, 0),
    ("44", 1, 0, 0),
    ("84 01", 2, 0, 0),
    ("C4 01", 3, 0, 0),
    ("84 04", 8, 0, 0),
    ("C4 04", 9, 0, 0),
    ("84 0A", 20, 0, 0),
    ("82 80 01", 32, 0, 0),
    ("C2 80 01", 33, 0, 0),
    ("84 10", 0, 1, 0),
    ("84 20", 0, 2, 0),
    ("84 30", 0, 3, 0),
    ("84 40", 0, 0, 1),
    ("84 80 40", 0, 0, 2),
    ("84 C0 40", 0, 0, 3),
    ("C4 8F 0F", 511, 0, 0),
]


@pytest.mark.parametrize(("octets", "storage", "tariff", "subunit"), SECTION_6)
def test_dif_chain_of_section_6(octets: str, storage: int, tariff: int, subunit: int) -> None:
    chain = bytes.fromhex(octets)
    which, end = dif.parse(chain, 0)
    assert (which.storage, which.tariff, which.subunit, end) == (storage, tariff, subunit, len(chain))
    assert which.encode() == chain


@pytest.mark.parametrize(
    ("octet", "function"),
    [(0x04, "instantaneous"), (0x14, "maximum"), (0x24, "minimum"), (0x3B, "error")],
)
def test_function_of_section_6(octet: int, function: str) -> None:
    assert dif.parse(bytes((octet,)), 0)[0].function == Function(function)


def test_dife_without_any_bit_is_accepted() -> None:
    assert record("C4 80 00 06 01 00 00 00").storage == 1


def test_ten_extensions_are_accepted_and_eleven_are_not() -> None:
    ten = b"\x81" + b"\x80" * 9 + b"\x00"
    assert dif.parse(ten, 0)[1] == len(ten)
    with pytest.raises(DecodeError, match="More than 10 DIFEs"):
        dif.parse(b"\x81" + b"\x80" * 10 + b"\x00", 0)


def test_storage_numbers_go_up_to_41_bits() -> None:
    which = DataInformation(dif.FIELDS[1], storage=(1 << 41) - 1)
    assert dif.parse(which.encode(), 0)[0] == which


SCALES = [
    ("03", "energy", "Wh", "1"),
    ("06", "energy", "Wh", "1000"),
    ("07", "energy", "Wh", "10000"),
    ("0B", "energy", "J", "1000"),
    ("0E", "energy", "J", "1000000"),
    ("0F", "energy", "J", "10000000"),
    ("13", "volume", "m3", "0.001"),
    ("14", "volume", "m3", "0.01"),
    ("16", "volume", "m3", "1"),
    ("1B", "mass", "kg", "1"),
    ("1E", "mass", "kg", "1000"),
    ("20", "on_time", "s", "1"),
    ("22", "on_time", "s", "3600"),
    ("27", "operating_time", "s", "86400"),
    ("2B", "power", "W", "1"),
    ("2E", "power", "W", "1000"),
    ("30", "power", "J/h", "1"),
    ("37", "power", "J/h", "10000000"),
    ("3B", "volume_flow", "m3/h", "0.001"),
    ("3E", "volume_flow", "m3/h", "1"),
    ("47", "volume_flow", "m3/h", "60"),
    ("4F", "volume_flow", "m3/h", "36"),
    ("53", "mass_flow", "kg/h", "1"),
    ("59", "flow_temperature", "°C", "0.01"),
    ("5F", "return_temperature", "°C", "1"),
    ("62", "temperature_difference", "K", "0.1"),
    ("65", "external_temperature", "°C", "0.01"),
    ("6A", "pressure", "bar", "0.1"),
    ("72", "averaging_duration", "s", "3600"),
    ("75", "actuality_duration", "s", "60"),
    ("FB 00", "energy", "Wh", "100000"),
    ("FB 01", "energy", "Wh", "1000000"),
    ("FB 03", "reactive_energy", "varh", "10000"),
    ("FB 08", "energy", "J", "100000000"),
    ("FB 09", "energy", "J", "1000000000"),
    ("FB 0C", "energy", "cal", "100000"),
    ("FB 0D", "energy", "cal", "1000000"),
    ("FB 0F", "energy", "cal", "100000000"),
    ("FB 10", "volume", "m3", "100"),
    ("FB 18", "mass", "kg", "100000"),
    ("FB 21", "volume", "ft3", "0.1"),
    ("FB 29", "power", "W", "1000000"),
    ("FB 2C", "frequency", "Hz", "0.001"),
    ("FB 31", "power", "J/h", "1000000000"),
    ("FB 59", "flow_temperature", "°F", "0.01"),
    ("FB 77", "temperature_limit", "°C", "1"),
    ("FB 78", "cumulated_maximum_power", "W", "0.001"),
    ("FD 26", "storage_interval", "s", "3600"),
    ("FD 28", "storage_interval", "month", "1"),
    ("FD 31", "tariff_duration", "s", "60"),
    ("FD 3C", "nominal_transmission_period", "s", "1"),
    ("FD 48", "voltage", "V", "0.1"),
    ("FD 5C", "current", "A", "1"),
    ("FD 69", "duration_since_cumulation", "s", "86400"),
    ("FD 6F", "battery_operating_time", "year", "1"),
    ("FD 74", "battery_remaining_life", "s", "86400"),
    ("FD FD 02", "battery_remaining_life", "month", "1"),
]


@pytest.mark.parametrize(("code", "quantity", "unit", "scale"), SCALES, ids=[row[0] for row in SCALES])
def test_one_step_of_each_vif(code: str, quantity: str, unit: str, scale: str) -> None:
    one = record("04" + code + "01 00 00 00")
    assert (one.quantity, one.unit, one.value) == (quantity, unit, Decimal(scale))


def test_calories_of_an_engelmann_meter() -> None:
    """Section 7.1: 3303 Mcal."""
    assert record("04 FB 0D E7 0C 00 00").value == Decimal(3303) * 10**6


def test_megawatt_hours_of_an_engelmann_meter() -> None:
    """Section 7.1: 8 x 0.1 MWh = 800 kWh."""
    assert record("04 FB 00 08 00 00 00").value == Decimal(800_000)


ROWS_OF_SECTION_7 = [
    (vif.PRIMARY, "00-6E 70-7A 7E-7F"),
    (
        vif.EXTENSION_FB,
        "00-06 08-09 0C-11 14-1B 20-26 28-31 34-37 58-6E 70-7F",
    ),
    (vif.EXTENSION_FD, "00-76"),
]


@pytest.mark.parametrize(("table", "ranges"), ROWS_OF_SECTION_7)
def test_every_row_of_the_tables_is_there(table: dict[int, vif.Meaning], ranges: str) -> None:
    bounds = [[int(bound, 16) for bound in written.split("-")] for written in ranges.split()]
    assert sorted(table) == [code for first, last in bounds for code in range(first, last + 1)]


@pytest.mark.parametrize(
    ("vife", "factor"), [("70", "0.000001"), ("73", "0.001"), ("77", "10"), ("7D", "1000")]
)
def test_multiplying_vife(vife: str, factor: str) -> None:
    """Section 7.3, on a volume in litres."""
    scaled = record(f"04 93 {vife} 05 00 00 00")
    assert (scaled.value, scaled.qualifiers) == (Decimal(5) / 1000 * Decimal(factor), ())


def test_adding_vife() -> None:
    """Section 7.3: 79 adds 10^-2 of the unit, here °C."""
    assert record("02 DA 79 C8 00").value == Decimal("20.01")


def test_tenths_of_kilowatt_hours_by_a_thousand() -> None:
    """heat-meters-m-bus.md section 14: 04 85 7D DA 47 74 00 = 7620570 x 100 kWh."""
    assert record("04 85 7D DA 47 74 00").value == Decimal(7_620_570) * 100_000


@pytest.mark.parametrize(
    ("octets", "qualifier"),
    [
        ("04 86 3B 01 00 00 00", "only positive contributions"),
        ("04 86 3C 01 00 00 00", "absolute value of only negative contributions"),
        ("04 90 28 01 00 00 00", "increment per input pulse on channel 0"),
        ("04 86 FF 02 01 00 00 00", "manufacturer's code 02"),
        ("04 FF 07 01 00 00 00", "manufacturer's code 07"),
        ("04 BE 50 01 00 00 00", "duration of first exceed of lower limit, in s"),
        ("04 BE 58 01 00 00 00", "duration of first exceed of upper limit, in s"),
        ("04 BE 5F 01 00 00 00", "duration of last exceed of upper limit, in d"),
        ("04 BB 49 01 00 00 00", "number of exceeds of upper limit"),
        ("04 AB 12 01 00 00 00", "average value"),
        ("04 AB 10 01 00 00 00", "reserved VIFE 10"),
        ("04 AB FC 02 01 00 00 00", "phase L2"),
    ],
)
def test_other_vifes_are_words(octets: str, qualifier: str) -> None:
    assert record(octets).qualifiers == (qualifier,)


def test_vife_that_asks_for_a_date_makes_the_record_one() -> None:
    """heat-meters-m-bus.md section 3: 94 10 DA 6F, when the highest flow temperature ended, type F."""
    highest = record("94 10 DA 6F 32 14 7A 18")
    assert (str(highest.value), highest.unit) == ("2011-08-26 20:50:00", "")
    assert highest.qualifiers == ("end of last",)


@pytest.mark.parametrize("code", range(0x15, 0x19))
def test_record_error_leaves_no_value(code: int) -> None:
    reported = record(f"02 DA {code:02X} 01 00")
    assert (reported.value, reported.absence) == (None, "record_error")


def test_plain_text_unit() -> None:
    """Section 8.1: 0x0D44 = 3396 with VIFE 74 is 33.96 %RH."""
    humid = record("02 FC 03 48 52 25 74 44 0D")
    assert (humid.quantity, humid.unit, humid.value) == ("plain_text", "%RH", Decimal("33.96"))


def test_plain_text_unit_without_vife() -> None:
    assert record("01 7C 01 43 07").unit == "C"


def test_reserved_vif_keeps_its_number() -> None:
    """heat-meters-m-bus.md section 5: VIF 7B without extension is stepped over by its length."""
    first, second = records.decode(bytes.fromhex("78 0C 7B 78 56 34 12 01 13 05")).records
    assert (first.quantity, first.value, second.value) == ("reserved", Decimal(12345678), Decimal("0.005"))


def test_vif_chain_that_does_not_end_is_refused() -> None:
    with pytest.raises(DecodeError, match="ends inside the VIF"):
        vib.parse(b"\xfd", 0)
