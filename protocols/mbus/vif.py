"""Value information: quantity, unit and scale of every VIF (m-bus.md sections 7, 7.1 and 7.2).

A row covers neighbouring codes whose scale grows tenfold from code to code. Units are base units without
prefix: what a meter sends in MWh or 10 litres comes out in Wh and m3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from typing import Final


class DataType(Enum):
    """How the bytes become a value; the letters are the data types of section 8."""

    NUMBER = "signed number (A, B or H by its DIF)"
    UNSIGNED = "unsigned number (C)"
    FLAGS = "bit array (D)"
    DATE = "date or time (F, G, I or J by its size)"
    RAW = "bytes of another protocol"
    DAYLIGHT_SAVING = "daylight saving (K)"
    LISTENING_WINDOW = "listening window (L)"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a VIF measures. value = raw * scale * size; `size` is the table's own unit in base units."""

    quantity: str
    unit: str = ""
    scale: Decimal = Decimal(1)
    size: Decimal = Decimal(1)
    type: DataType = DataType.NUMBER


RESERVED: Final = Meaning("reserved")
MANUFACTURER_SPECIFIC: Final = Meaning("manufacturer_specific")

_KILO: Final = Decimal(1000)
_MEGA: Final = Decimal(1_000_000)
_GIGA: Final = Decimal(1_000_000_000)
_MINUTE: Final = Decimal(60)
_HOUR: Final = Decimal(3600)
_DAY: Final = Decimal(86400)
DURATIONS: Final = (("s", Decimal(1)), ("s", _MINUTE), ("s", _HOUR), ("s", _DAY))
"""Unit and size of the four codes s, min, h, d."""
_FROM_HOURS: Final = (("s", _HOUR), ("s", _DAY), ("month", Decimal(1)), ("year", Decimal(1)))


def power_of_ten(exponent: int) -> Decimal:
    """Written out (1000, not 1E+3), so that whole numbers stay plain."""
    return Decimal(10**exponent) if exponent >= 0 else Decimal(1).scaleb(exponent)


def _decades(
    first: int, count: int, exponent: int, quantity: str, unit: str, size: Decimal = Decimal(1)
) -> Iterator[tuple[int, Meaning]]:
    """`count` codes from `first`; the first one's scale is 10^exponent."""
    for step in range(count):
        yield first + step, Meaning(quantity, unit, power_of_ten(exponent + step), size)


def _durations(
    first: int, quantity: str, sizes: tuple[tuple[str, Decimal], ...] = DURATIONS
) -> Iterator[tuple[int, Meaning]]:
    for step, (unit, size) in enumerate(sizes):
        yield first + step, Meaning(quantity, unit, size=size)


def _typed(type_: DataType, names: Mapping[int, str]) -> Iterator[tuple[int, Meaning]]:
    return ((code, Meaning(quantity, type=type_)) for code, quantity in names.items())


PRIMARY: Final[Mapping[int, Meaning]] = dict(
    (
        *_decades(0x00, 8, -3, "energy", "Wh"),
        *_decades(0x08, 8, 0, "energy", "J"),
        *_decades(0x10, 8, -6, "volume", "m3"),
        *_decades(0x18, 8, -3, "mass", "kg"),
        *_durations(0x20, "on_time"),
        *_durations(0x24, "operating_time"),
        *_decades(0x28, 8, -3, "power", "W"),
        *_decades(0x30, 8, 0, "power", "J/h"),
        *_decades(0x38, 8, -6, "volume_flow", "m3/h"),
        *_decades(0x40, 8, -7, "volume_flow", "m3/h", _MINUTE),
        *_decades(0x48, 8, -9, "volume_flow", "m3/h", _HOUR),
        *_decades(0x50, 8, -3, "mass_flow", "kg/h"),
        *_decades(0x58, 4, -3, "flow_temperature", "°C"),
        *_decades(0x5C, 4, -3, "return_temperature", "°C"),
        *_decades(0x60, 4, -3, "temperature_difference", "K"),
        *_decades(0x64, 4, -3, "external_temperature", "°C"),
        *_decades(0x68, 4, -3, "pressure", "bar"),
        *_typed(DataType.DATE, {0x6C: "date", 0x6D: "date_time"}),
        (0x6E, Meaning("heat_cost_allocator_units")),
        *_durations(0x70, "averaging_duration"),
        *_durations(0x74, "actuality_duration"),
        *_typed(DataType.UNSIGNED, {0x78: "fabrication_number", 0x79: "identification", 0x7A: "bus_address"}),
        (0x7E, Meaning("any")),
        (0x7F, MANUFACTURER_SPECIFIC),
    )
)

EXTENSION_FB: Final[Mapping[int, Meaning]] = dict(
    (
        *_decades(0x00, 2, -1, "energy", "Wh", _MEGA),
        *_decades(0x02, 2, 0, "reactive_energy", "varh", _KILO),
        *_decades(0x04, 2, 0, "apparent_energy", "VAh", _KILO),
        (0x06, Meaning("coefficient_of_performance", scale=Decimal("0.1"))),
        *_decades(0x08, 2, -1, "energy", "J", _GIGA),
        *_decades(0x0C, 4, -1, "energy", "cal", _MEGA),
        *_decades(0x10, 2, 2, "volume", "m3"),
        *_decades(0x14, 4, -3, "reactive_power", "var", _KILO),
        *_decades(0x18, 2, 2, "mass", "kg", _KILO),
        *_decades(0x1A, 2, -1, "relative_humidity", "%"),
        (0x20, Meaning("volume", "ft3")),
        (0x21, Meaning("volume", "ft3", Decimal("0.1"))),
        *_decades(0x22, 2, -1, "volume", "gal"),
        (0x24, Meaning("volume_flow", "gal/min", Decimal("0.001"))),
        (0x25, Meaning("volume_flow", "gal/min")),
        (0x26, Meaning("volume_flow", "gal/h")),
        *_decades(0x28, 2, -1, "power", "W", _MEGA),
        (0x2A, Meaning("phase_angle_voltage_voltage", "°", Decimal("0.1"))),
        (0x2B, Meaning("phase_angle_voltage_current", "°", Decimal("0.1"))),
        *_decades(0x2C, 4, -3, "frequency", "Hz"),
        *_decades(0x30, 2, -1, "power", "J/h", _GIGA),
        *_decades(0x34, 4, -3, "apparent_power", "VA", _KILO),
        *_decades(0x58, 4, -3, "flow_temperature", "°F"),
        *_decades(0x5C, 4, -3, "return_temperature", "°F"),
        *_decades(0x60, 4, -3, "temperature_difference", "°F"),
        *_decades(0x64, 4, -3, "external_temperature", "°F"),
        *(
            (0x68 + step, Meaning(f"rating_factor_{name}"))
            for step, name in enumerate(("k", "kq", "kc", "kcr", "kch", "kt", "kd"))
        ),
        *_decades(0x70, 4, -3, "temperature_limit", "°F"),
        *_decades(0x74, 4, -3, "temperature_limit", "°C"),
        *_decades(0x78, 8, -3, "cumulated_maximum_power", "W"),
    )
)

EXTENSION_FD: Final[Mapping[int, Meaning]] = dict(
    (
        *_decades(0x00, 4, -3, "credit", "currency"),
        *_decades(0x04, 4, -3, "debit", "currency"),
        *_typed(
            DataType.UNSIGNED,
            {
                0x08: "access_number",
                0x09: "medium",
                0x0A: "manufacturer",
                0x0B: "parameter_set_identification",
                0x0C: "model_version",
                0x0D: "hardware_version",
                0x0E: "firmware_version",
                0x0F: "software_version",
                0x10: "customer_location",
                0x11: "customer",
                0x12: "access_code_user",
                0x13: "access_code_operator",
                0x14: "access_code_system_operator",
                0x15: "access_code_developer",
                0x16: "password",
                0x19: "security_key",
                0x1C: "baud_rate",
                0x1D: "response_delay",
                0x1E: "retry",
                0x1F: "remote_control",
                0x20: "first_storage",
                0x21: "last_storage",
                0x22: "storage_block_size",
                0x23: "tariff_subunit_descriptor",
                0x2A: "operator_data",
                0x2B: "time_point_second",
                0x60: "reset_counter",
                0x61: "cumulation_counter",
                0x62: "control_signal",
                0x63: "day_of_week",
                0x64: "week_number",
                0x65: "time_of_day_change",
                0x66: "parameter_activation_state",
                0x67: "supplier_information",
                0x75: "stop_counter",
            },
        ),
        *_typed(
            DataType.FLAGS,
            {0x17: "error_flags", 0x18: "error_mask", 0x1A: "digital_output", 0x1B: "digital_input"},
        ),
        *_durations(0x24, "storage_interval"),
        (0x28, Meaning("storage_interval", "month")),
        (0x29, Meaning("storage_interval", "year")),
        *_durations(0x2C, "duration_since_readout"),
        *_typed(DataType.DATE, {0x30: "tariff_start", 0x70: "battery_change"}),
        *_durations(0x31, "tariff_duration", DURATIONS[1:]),
        *_durations(0x34, "tariff_period"),
        (0x38, Meaning("tariff_period", "month")),
        (0x39, Meaning("tariff_period", "year")),
        (0x3A, Meaning("dimensionless")),
        *_durations(0x3C, "nominal_transmission_period"),
        *_decades(0x40, 16, -9, "voltage", "V"),
        *_decades(0x50, 16, -12, "current", "A"),
        *_durations(0x68, "duration_since_cumulation", _FROM_HOURS),
        *_durations(0x6C, "battery_operating_time", _FROM_HOURS),
        (0x71, Meaning("rf_level", "dBm")),
        (0x74, Meaning("battery_remaining_life", "s", size=_DAY)),
        *_typed(DataType.RAW, {0x3B: "wireless_container", 0x76: "manufacturer_container"}),
        *_typed(DataType.DAYLIGHT_SAVING, {0x72: "daylight_saving"}),
        *_typed(DataType.LISTENING_WINDOW, {0x73: "listening_window"}),
    )
)

EXTENSION_FD_FD: Final[Mapping[int, Meaning]] = {
    0x00: Meaning("selected_application", type=DataType.UNSIGNED),
    0x02: Meaning("battery_remaining_life", "month"),
    0x03: Meaning("battery_remaining_life", "year"),
}


def plain_text(unit: str) -> Meaning:
    """The meaning of a VIF 7C or FC, whose unit the meter spells out itself (section 8.1)."""
    return replace(RESERVED, quantity="plain_text", unit=unit)
