"""The telegrams of known models as tables, laid out like captured ones (heat-meters-m-bus.md, m-bus.md 10).

The makers let their telegrams be configured. Where a captured one has no clock (403, 303, PolluCom E, 531), a
clock record is added here, and set days are kept monthly, so that what a telegram says can be checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final

from metering.calendar import ArchiveKind
from metering.errors import UnknownModel
from simulators.mbus_offsets import Placed
from simulators.mbus_telegrams import (
    Count,
    Entry,
    Fixed,
    Layout,
    LogBook,
    Real,
    Serial,
    Stamp,
    Storage,
    When,
)

KILOWATT_HOUR: Final = Fraction(36, 41868)  # 3.6 MJ in Gcal of 4186.8 MJ
MEGACALORIE: Final = Fraction(1, 1000)
WATT: Final = KILOWATT_HOUR / 1000
LITRE: Final = Fraction(1, 1000)
KILOGRAM: Final = Fraction(1, 1000)
MILLIBAR: Final = Fraction(1, 10000)
MEGAJOULE: Final = KILOWATT_HOUR / Fraction("3.6")
SECOND: Final = Fraction(1, 3600)
HOUR: Final = Fraction(1)
DAY: Final = Fraction(24)
MINUTE: Final = Fraction(1, 60)
DEGREE: Final = Fraction(1)
FLAG: Final = Fraction(1)


def month_start(months_ago: int) -> When:
    """The start of the month so many months before the running one."""

    def when(at: datetime) -> datetime:
        months = at.year * 12 + at.month - 1 - months_ago
        midnight = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return midnight.replace(year=months // 12, month=months % 12 + 1)

    return when


def new_year(years_ago: int = 0) -> When:
    """The first of January, of the running year or an earlier one."""

    def when(at: datetime) -> datetime:
        midnight = at.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
        return midnight.replace(year=at.year - years_ago)

    return when


def _end_of_day(moment: datetime) -> datetime:
    return moment - timedelta(days=1)


def _start_of_day(moment: datetime) -> datetime:
    return moment


def _months(first: int, count: int, shown: When) -> dict[int, Storage]:
    """So many storages from `first`, newest first, each the start of a month."""
    return {first + number: Storage(month_start(number), shown) for number in range(count)}


def _kept(storages: Mapping[int, Storage], *entries: Count | Stamp) -> tuple[Entry, ...]:
    """The same entries for every storage."""
    return tuple(
        Stamp(entry.code, storage)
        if isinstance(entry, Stamp)
        else Count(entry.code, entry.quantity, entry.step, storage)
        for storage in storages
        for entry in entries
    )


MULTICAL_601: Final = Layout(
    "kamstrup-multical-601",
    *("KAM", 0x08, 0x04),
    storages=_months(1, 1, _end_of_day),
    telegrams=(
        (
            Serial("0C 78"),
            Count("04 06", "energy_heating", KILOWATT_HOUR),
            Count("04 14", "volume", 10 * LITRE),
            Count("04 22", "on_time", HOUR),
            Count("04 59", "temperature_supply", DEGREE / 100),
            Count("04 5D", "temperature_return", DEGREE / 100),
            Count("04 61", "temperature_difference", DEGREE / 100),
            Count("04 2D", "power", 100 * WATT),
            Fixed("14 2D C0 01 00 00"),
            Count("04 3B", "volume_flow", LITRE),
            Fixed("14 3B 74 02 00 00"),
            Fixed("84 10 06 00 00 00 00 84 20 06 00 00 00 00"),
            Fixed("84 40 14 00 00 00 00 84 80 40 14 00 00 00 00 84 C0 40 06 00 00 00 00"),
            Stamp("04 6D"),
            Count("04 06", "energy_heating", KILOWATT_HOUR, storage=1),
            Count("04 14", "volume", 10 * LITRE, storage=1),
            Fixed("54 2D 26 02 00 00 54 3B 03 04 00 00"),
            Fixed("C4 10 06 00 00 00 00 C4 20 06 00 00 00 00"),
            Fixed("C4 40 14 00 00 00 00 C4 80 40 14 00 00 00 00 C4 C0 40 06 00 00 00 00"),
            Stamp("02 6C", storage=1),
        ),
    ),
    tail=bytes(56),
)

MULTICAL_403: Final = Layout(
    "kamstrup-multical-403",
    *("KAM", 0x34, 0x04),
    telegrams=(
        (
            Count("04 06", "energy_heating", KILOWATT_HOUR),
            Fixed("04 FF 07 34 44 02 00 04 FF 08 F8 CE 01 00"),
            Count("04 14", "volume", 10 * LITRE),
            Count("04 3B", "volume_flow", LITRE),
            Count("02 59", "temperature_supply", DEGREE / 100),
            Count("02 5D", "temperature_return", DEGREE / 100),
            Count("04 FF 22", "flags", FLAG),
            Count("04 A5 FF 21", "operating_time", MINUTE),
            Stamp("04 6D"),
        ),
    ),
)

MULTICAL_303: Final = Layout(
    "kamstrup-multical-303",
    *("KAM", 0x40, 0x0D),
    storages={1: Storage(new_year(), _end_of_day)},
    telegrams=(
        (
            Count("04 06", "energy_heating", KILOWATT_HOUR),
            Count("04 86 3C", "energy_cooling", KILOWATT_HOUR),
            Count("04 14", "volume", 10 * LITRE),
            Fixed("04 FF 07 72 05 00 00 04 FF 08 EC 04 00 00"),
            Count("03 22", "on_time", HOUR),
            Count("33 22", "error_time", HOUR),
            Count("02 59", "temperature_supply", DEGREE / 100),
            Count("02 5D", "temperature_return", DEGREE / 100),
            Count("02 61", "temperature_difference", DEGREE / 100),
            Count("02 2D", "power", 100 * WATT),
            Fixed("12 2D B4 00"),
            Count("02 3B", "volume_flow", LITRE),
            Fixed("12 3B 7A 04"),
            Count("02 FF 22", "flags", FLAG),
            Stamp("04 6D"),
            Count("04 06", "energy_heating", KILOWATT_HOUR, storage=1),
            Count("04 86 3C", "energy_cooling", KILOWATT_HOUR, storage=1),
            Count("04 14", "volume", 10 * LITRE, storage=1),
            Fixed("44 FF 07 00 00 00 00 44 FF 08 00 00 00 00 52 2D 00 00 52 3B 00 00"),
            Stamp("02 6C", storage=1),
        ),
    ),
)

UH50: Final = Layout(
    "landis-gyr-uh50",
    *("LUG", 0x04, 0x04),
    # The set day is shown without a year and never marked as not reached; the month has no date at all.
    storages={
        1: Storage(new_year(), _start_of_day, marked=False),
        2: Storage(month_start(0), _start_of_day, marked=False),
    },
    telegrams=(
        (
            Fixed("09 74 04 09 70 04"),
            Count("0C 06", "energy_heating", KILOWATT_HOUR),
            Count("0C 14", "volume", 10 * LITRE),
            Count("0B 2D", "power", 100 * WATT),
            Count("0B 3B", "volume_flow", LITRE),
            Count("0A 5B", "temperature_supply", DEGREE),
            Count("0A 5F", "temperature_return", DEGREE),
            Count("0A 62", "temperature_difference", DEGREE / 10),
            Count("0C 14", "volume", 10 * LITRE, storage=1),
            Count("0C 06", "energy_heating", KILOWATT_HOUR, storage=1),
            Serial("0C 78"),
            Fixed("89 10 71 60 9B 10 2D 02 01 00 9B 10 3B 60 09 00 9A 10 5B 78 00 9A 10 5F 74 00"),
            Count("0C 22", "on_time", HOUR),
            Count("3C 22", "error_time", HOUR),
            Fixed("42 6C 01 01 8C 20 06 00 00 00 00 8C 30 06 00 00 00 00 8C 80 10 06 00 00 00 00"),
            Count("0C 06", "energy_heating", KILOWATT_HOUR, storage=2),
            Count("0C 14", "volume", 10 * LITRE, storage=2),
            Stamp("04 6D"),
        ),
    ),
    tail=bytes.fromhex("21 04 00 10 A0"),
)

SHARKY_775: Final = Layout(
    "diehl-sharky-775",
    *("HYD", 0x2F, 0x04),
    storages=_months(1, 1, _end_of_day),
    telegrams=(
        (
            Count("0C 06", "energy_heating", KILOWATT_HOUR),
            Count("8C 10 06", "energy_cooling", KILOWATT_HOUR),
            Fixed("8C 20 13 00 00 00 00"),
            Count("0C 13", "volume", LITRE),
            Count("0C 2B", "power", WATT),
            Count("0B 3B", "volume_flow", LITRE),
            Count("0A 5A", "temperature_supply", DEGREE / 10),
            Count("0A 5E", "temperature_return", DEGREE / 10),
            Count("0A 62", "temperature_difference", DEGREE / 10),
            Count("0A 27", "operating_time", DAY),
            Stamp("04 6D"),
            Count("0C 06", "energy_heating", KILOWATT_HOUR, storage=1),
            Count("0C 13", "volume", LITRE, storage=1),
            Count("8C 10 06", "energy_cooling", KILOWATT_HOUR, storage=1),
            Fixed("CC 20 13 00 00 00 00"),
            Stamp("02 6C", storage=1),
        ),
    ),
)

_POLLUCOM_MONTHS: Final = _months(2, 16, _end_of_day)
_POLLUCOM_RECORDS: Final = _kept(
    _POLLUCOM_MONTHS,
    Stamp("02 6C"),
    Count("0C 06", "energy_heating", KILOWATT_HOUR),
    Count("0C 13", "volume", LITRE),
)
POLLUCOM_E: Final = Layout(
    "sensus-pollucom-e",
    *("SEN", 0x08, 0x04),
    storages=_POLLUCOM_MONTHS,
    telegrams=(
        (
            Count("0C 06", "energy_heating", KILOWATT_HOUR),
            Count("0C 13", "volume", LITRE),
            Count("0C 3B", "volume_flow", LITRE),
            Count("0C 2B", "power", WATT),
            Count("02 5A", "temperature_supply", DEGREE / 10),
            Count("02 5E", "temperature_return", DEGREE / 10),
            Count("03 60", "temperature_difference", DEGREE / 1000),
            Serial("0C 78"),
            Serial("0C FD 10"),
            Stamp("04 6D"),
        ),
        *(_POLLUCOM_RECORDS[number : number + 12] for number in range(0, len(_POLLUCOM_RECORDS), 12)),
    ),
)

_ZELSIUS_DATES: Final = {
    8: Storage(new_year(), _start_of_day),
    9: Storage(new_year(1), _start_of_day),
    20: Storage(month_start(0), _start_of_day),
}
ZELSIUS_C5: Final = Layout(
    "zenner-zelsius-c5",
    *("ZRI", 0x88, 0x04),
    storages=_ZELSIUS_DATES,
    telegrams=(
        (
            Serial("0C 78"),
            Count("04 06", "energy_heating", KILOWATT_HOUR),
            *_kept(_ZELSIUS_DATES, Stamp("02 6C"), Count("04 06", "energy_heating", KILOWATT_HOUR)),
            Count("04 13", "volume", LITRE),
            Count("02 59", "temperature_supply", DEGREE / 100),
            Count("02 5D", "temperature_return", DEGREE / 100),
            Count("02 61", "temperature_difference", DEGREE / 100),
            Count("04 2D", "power", 100 * WATT),
            Count("04 3B", "volume_flow", LITRE),
            Stamp("04 6D"),
            Count("04 26", "operating_time", HOUR),
            Count("02 FD 17", "flags", FLAG),
        ),
        (Serial("0C 78"),),
    ),
)

_MINOCAL_DUE: Final = {8: Storage(new_year(), _start_of_day)}
_MINOCAL_MONTHS: Final = _months(32, 8, _start_of_day)
MINOCAL: Final = Layout(
    "minol-minocal",
    *("ZRM", 0x81, 0x04),
    storages=_MINOCAL_DUE | _MINOCAL_MONTHS,
    telegrams=(
        (
            Count("04 06", "energy_heating", KILOWATT_HOUR),
            Count("02 FD 17", "flags", FLAG),
            *_kept(_MINOCAL_DUE, Stamp("04 6D"), Count("04 06", "energy_heating", KILOWATT_HOUR)),
            Count("04 13", "volume", LITRE),
            Count("04 3B", "volume_flow", LITRE),
            Fixed("54 3B 2B 00 00 00 54 6D 1E 08 61 19"),
            Count("04 2D", "power", 100 * WATT),
            Fixed("94 01 2D 14 00 00 00 94 01 6D 1E 08 61 19"),
            Count("02 59", "temperature_supply", DEGREE / 100),
            Count("02 5D", "temperature_return", DEGREE / 100),
            Stamp("04 6D"),
            *_kept(_MINOCAL_MONTHS, Stamp("02 6C"), Count("04 06", "energy_heating", KILOWATT_HOUR)),
        ),
    ),
)

_SENSOSTAR_MONTHS: Final = _months(1, 3, _end_of_day)
SENSOSTAR: Final = Layout(
    "engelmann-sensostar",
    *("EFE", 0x01, 0x04),
    storages=_SENSOSTAR_MONTHS,
    telegrams=(
        (
            Serial("04 78"),
            Stamp("04 6D"),
            Count("04 13", "volume", LITRE),
            Count("04 FB 0D", "energy_heating", MEGACALORIE),
            Count("04 3B", "volume_flow", LITRE),
            Count("04 2B", "power", WATT),
            Count("02 5B", "temperature_supply", DEGREE),
            Count("02 5F", "temperature_return", DEGREE),
            Count("04 61", "temperature_difference", DEGREE / 100),
            Count("02 23", "on_time", DAY),
            Count("01 FD 17", "flags", FLAG),
            Fixed("04 90 28 A0 86 01 00"),
            *_kept(
                _SENSOSTAR_MONTHS,
                Stamp("02 6C"),
                Count("04 13", "volume", LITRE),
                Count("04 FB 0D", "energy_heating", MEGACALORIE),
            ),
        ),
    ),
)

T230: Final = Layout(
    "landis-gyr-t230",
    *("LUG", 0x07, 0x04),
    # The next set day stands in storage 510 as "every 1 January"; levels are never marked as not reached.
    storages={1: Storage(new_year(), _start_of_day, marked=False)},
    telegrams=(
        (
            Fixed("09 74 04 09 70 08"),
            Count("0C 06", "energy_heating", KILOWATT_HOUR),
            Count("0C 14", "volume", 10 * LITRE),
            Count("0B 2D", "power", 100 * WATT),
            Count("0B 3B", "volume_flow", LITRE),
            Count("0B 5A", "temperature_supply", DEGREE / 10),
            Count("0B 5E", "temperature_return", DEGREE / 10),
            Count("0B 62", "temperature_difference", DEGREE / 10),
            Serial("0C 78"),
            Fixed("89 10 71 07"),
            Count("3C 22", "error_time", HOUR),
            Count("0C 22", "on_time", HOUR),
            Fixed("8C 90 10 06 00 00 00 00 9B 10 2D 00 00 00 9B 10 5A 07 03 00 94 10 AD 6F 00 00 00 00"),
            Count("0C 06", "energy_heating", KILOWATT_HOUR, storage=1),
            Count("0C 14", "volume", 10 * LITRE, storage=1),
            Fixed("84 8F 0F 6D 00 00 E1 F1"),
            Stamp("04 6D"),
        ),
    ),
    tail=bytes.fromhex("09 07 00 66 01"),
)

SHARKY_774: Final = replace(SHARKY_775, model="diehl-sharky-774", manufacturer="DME", version=0x41)

ECHO_II: Final = Layout(
    "itron-cf-echo-ii",
    *("ACW", 0x09, 0x04),
    telegrams=(
        (
            Serial("0C 78"),
            Count("04 06", "energy_heating", KILOWATT_HOUR),
            Count("0C 14", "volume", 10 * LITRE),
            Count("0B 2D", "power", 100 * WATT),
            Count("0B 3B", "volume_flow", LITRE),
            Count("0A 5A", "temperature_supply", DEGREE / 10),
            Count("0A 5E", "temperature_return", DEGREE / 10),
            Count("0B 61", "temperature_difference", DEGREE / 100),
            Stamp("04 6D"),
            Count("02 27", "operating_time", DAY),
            Fixed("09 FD 0E 19 09 FD 0F 45"),
        ),
    ),
    tail=bytes.fromhex("20 00"),
)

ENERCAL: Final = Layout(
    "gwf-enercal",
    *("GWF", 0x08, 0x04),
    storages=_months(1, 1, _start_of_day),
    telegrams=(
        (
            Count("04 06", "energy_heating", KILOWATT_HOUR),
            Count("04 14", "volume", 10 * LITRE),
            Fixed("84 40 14 26 E0 26 00"),
            Count("02 5B", "temperature_supply", DEGREE),
            Count("02 5F", "temperature_return", DEGREE),
            Count("02 62", "temperature_difference", DEGREE / 10),
            Count("04 22", "on_time", HOUR),
            Count("04 26", "operating_time", HOUR),
            Count("04 3B", "volume_flow", LITRE),
            Count("04 2C", "power", 10 * WATT),
            Stamp("04 6D"),
            Fixed("84 40 6E 00 00 00 00 84 80 40 6E 00 00 00 00"),
            Count("84 00 06", "energy_heating", KILOWATT_HOUR, storage=1),
            Count("84 00 14", "volume", 10 * LITRE, storage=1),
            Fixed("C4 C0 00 14 2F D2 26 00"),
            Stamp("82 00 6C", storage=1),
        ),
        (Fixed("0F 04 09 01 01 12 00"),),
    ),
)

SUPERCAL_531: Final = Layout(
    "sontex-supercal-531",
    *("SON", 0x0D, 0x04),
    telegrams=(
        (
            Count("04 0E", "energy_heating", MEGAJOULE),
            Count("04 14", "volume", 10 * LITRE),
            Real("05 5B", "temperature_supply"),
            Real("05 5F", "temperature_return"),
            Real("05 3E", "volume_flow"),
            Real("05 2B", "power", WATT),
            Fixed("C4 40 14 00 00 00 00 C4 80 40 14 00 00 00 00"),
            Stamp("04 6D"),
        ),
        (Fixed("0F 00 00"),),
    ),
)

CALEC: Final = Layout(
    "aquametro-calec-mb",
    *("AMT", 0xB0, 0x04),
    telegrams=(
        (
            Count("04 06", "energy_heating", KILOWATT_HOUR),
            Count("03 22", "on_time", HOUR),
            Real("05 2E", "power", 1000 * WATT),
            Real("05 3E", "volume_flow"),
            Real("05 5B", "temperature_supply"),
            Real("05 5F", "temperature_return"),
            Real("05 63", "temperature_difference"),
            Stamp("04 6D"),
        ),
    ),
)

_SENSONIC_PAST: Final = {1: Storage(new_year(), _end_of_day), 2: Storage(month_start(0), _end_of_day)}
SENSONIC_3: Final = Layout(
    "ista-sensonic-3",
    *("IST", 0x01, 0x04),
    storages=_SENSONIC_PAST,
    telegrams=(
        (
            Count("0C 06", "energy_heating", KILOWATT_HOUR),
            Count("0C 13", "volume", LITRE),
            Count("0A 5A", "temperature_supply", DEGREE / 10),
            Count("0A 5E", "temperature_return", DEGREE / 10),
            Stamp("04 6D"),
        ),
        _kept({1: _SENSONIC_PAST[1]}, Stamp("02 6C"), Count("0C 06", "energy_heating", KILOWATT_HOUR)),
        _kept({2: _SENSONIC_PAST[2]}, Stamp("02 6C"), Count("0C 06", "energy_heating", KILOWATT_HOUR)),
    ),
)

_QALCOSONIC_LEVELS: Final = (
    Stamp("84 08 6D"),
    Count("84 08 86 3B", "energy_heating", KILOWATT_HOUR),
    Count("84 08 86 3C", "energy_cooling", KILOWATT_HOUR),
    Count("84 08 13", "volume", LITRE),
)
SONOMETER_30: Final = Layout(
    "danfoss-sonometer-30",
    *("DFS", 0x0B, 0x0D),
    telegrams=(
        (
            Stamp("04 6D"),
            Fixed("34 6D 00 00 01 01"),
            Count("34 FD 17", "flags", FLAG),
            Count("04 20", "on_time", SECOND),
            Count("04 24", "operating_time", SECOND),
            Count("04 86 3B", "energy_heating", KILOWATT_HOUR),
            Count("04 86 3C", "energy_cooling", KILOWATT_HOUR),
            Count("04 13", "volume", LITRE),
            Count("04 2B", "power", WATT),
            Count("04 3B", "volume_flow", LITRE),
            Count("02 59", "temperature_supply", DEGREE / 100),
            Count("02 5D", "temperature_return", DEGREE / 100),
            Count("02 61", "temperature_difference", DEGREE / 100),
            Serial("0C 78"),
        ),
    ),
    logs={
        0x60: LogBook(ArchiveKind.HOUR, _QALCOSONIC_LEVELS, depth=1480, minutes_early=1),
        0x30: LogBook(ArchiveKind.DAY, _QALCOSONIC_LEVELS, depth=1130, minutes_early=1),
        0x40: LogBook(ArchiveKind.MONTH, _QALCOSONIC_LEVELS, depth=36, minutes_early=1),
    },
)

SKM_2: Final = Layout(
    "axis-skm-2",
    *("AXI", 0x01, 0x04),
    telegrams=(
        (
            Stamp("04 6D"),
            Fixed("84 80 40 06 00 00 00 00"),
            Count("04 06", "energy_heating", KILOWATT_HOUR),
            Count("84 40 06", "energy_heating", KILOWATT_HOUR, circuit=2),
            Count("04 13", "volume_supply", LITRE),
            Count("84 40 13", "volume_return", LITRE),
            Count("84 C0 40 13", "volume_supply", LITRE, circuit=2),
            Count("84 80 80 40 13", "volume_return", LITRE, circuit=2),
            Count("04 1B", "mass_supply", KILOGRAM),
            Count("84 40 1B", "mass_return", KILOGRAM),
            Count("84 C0 40 1B", "mass_supply", KILOGRAM, circuit=2),
            Count("84 80 80 40 1B", "mass_return", KILOGRAM, circuit=2),
            Real("05 3E", "volume_flow_supply"),
            Real("85 40 3E", "volume_flow_return"),
            Real("85 80 40 3E", "volume_flow_supply", circuit=2),
            Real("85 C0 40 3E", "volume_flow_return", circuit=2),
            Count("02 59", "temperature_supply", DEGREE / 100),
            Count("02 5D", "temperature_return", DEGREE / 100),
            Count("82 40 59", "temperature_supply", DEGREE / 100, circuit=2),
            Count("82 40 5D", "temperature_return", DEGREE / 100, circuit=2),
            Fixed("02 65 20 03"),
            Count("03 68", "pressure_supply", MILLIBAR),
            Count("83 40 68", "pressure_return", MILLIBAR),
            Count("83 80 40 68", "pressure_supply", MILLIBAR, circuit=2),
            Count("83 C0 40 68", "pressure_return", MILLIBAR, circuit=2),
            Count("04 20", "on_time", SECOND),
            Fixed("04 24 00 00 00 00"),
            Count("84 40 24", "operating_time", SECOND),
            Count("84 80 40 24", "operating_time", SECOND, circuit=2),
        ),
    ),
)

SKU_02_K: Final = Layout(
    "axis-sku-02-k",
    *("AXI", 0x06, 0x0D),
    unasked=(Fixed("01 FF 0C 02"),),
    telegrams=(
        (
            Stamp("04 6D"),
            Count("04 24", "operating_time", SECOND),
            Count("04 86 3B", "energy_heating", KILOWATT_HOUR),
            Count("04 13", "volume", LITRE),
            Real("05 3E", "volume_flow"),
            Real("05 5B", "temperature_supply"),
            Real("05 5F", "temperature_return"),
            Fixed("01 FF 0C 02"),
        ),
    ),
    logs={
        0x30: LogBook(
            ArchiveKind.DAY,
            (
                Stamp("84 08 6D"),
                Count("84 08 86 3B", "energy_heating", KILOWATT_HOUR),
                Count("84 08 13", "volume", LITRE),
                Real("85 08 3E", "volume_flow"),
                Real("85 08 5B", "temperature_supply"),
                Real("85 08 5F", "temperature_return"),
            ),
            depth=62,
            minutes_early=1,
        )
    },
)

KILOJOULE: Final = KILOWATT_HOUR / 3600
_HUNDRED_THOUSANDTH: Final = Fraction(1, 100_000)
_TEN_THOUSANDTH: Final = Fraction(1, 10_000)


def _both_pipes(
    quantity: str, places: Mapping[int, tuple[int, int]], size: int = 4, step: Fraction | None = None
) -> tuple[Placed, ...]:
    """A quantity of supply and return, by system."""
    return tuple(
        Placed(at, f"{quantity}_{pipe}", size, step, system)
        for system, both in places.items()
        for pipe, at in zip(("supply", "return"), both, strict=True)
    )


SKM_2M: Final = Layout(
    "axis-skm-2m",
    *("AXI", 0x02, 0x04),
    telegrams=(),
    placed=(
        (
            Placed(25, "energy_heating", 8, KILOJOULE),
            Placed(33, "energy_heating", 8, KILOJOULE, 2),
            *_both_pipes("volume", {1: (65, 73), 2: (81, 89)}, 8, _HUNDRED_THOUSANDTH),
            *_both_pipes("mass", {1: (129, 137), 2: (145, 153)}, 8, _HUNDRED_THOUSANDTH),
            *_both_pipes("volume_flow", {1: (193, 201), 2: (209, 217)}, step=_TEN_THOUSANDTH),
            *_both_pipes("mass_flow", {1: (197, 205), 2: (213, 221)}, step=_TEN_THOUSANDTH),
        ),
        (
            *_both_pipes("temperature", {1: (19, 23), 2: (27, 31)}),
            Placed(177, "on_time", step=SECOND),
            Placed(181, "operating_time", step=SECOND),
            Placed(185, "operating_time", step=SECOND, circuit=2),
        ),
    ),
)

LAYOUTS: Final[Mapping[str, Layout]] = {
    layout.model: layout
    for layout in (
        MULTICAL_601,
        MULTICAL_403,
        MULTICAL_303,
        UH50,
        SHARKY_775,
        POLLUCOM_E,
        ZELSIUS_C5,
        MINOCAL,
        SENSOSTAR,
        T230,
        SHARKY_774,
        ECHO_II,
        ENERCAL,
        SUPERCAL_531,
        CALEC,
        SENSONIC_3,
        SONOMETER_30,
        SKM_2,
        SKM_2M,
        SKU_02_K,
    )
}


def layout(model: str) -> Layout:
    """The telegrams of this model; UnknownModel when none are written down."""
    if model not in LAYOUTS:
        raise UnknownModel(f"No M-Bus meter {model!r} can be simulated; known are: {', '.join(LAYOUTS)}.")
    return LAYOUTS[model]
