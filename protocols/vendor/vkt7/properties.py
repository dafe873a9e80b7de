"""Units and numbers of decimals: the settings without which a VKT-7's numbers mean nothing (section 4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from metering.errors import DecodeError
from protocols.vendor.vkt7.questions import Item

TEXT_SIZE: Final = 7
MOST_DECIMALS: Final = 9
_TAIL: Final = 2
"""Quality and abnormal situation, which mean nothing here."""


class Property(NamedTuple):
    """One property by its code, and the setting that it becomes."""

    code: int
    setting: str

    @property
    def is_unit(self) -> bool:
        return self.setting.startswith("unit_")

    @property
    def item(self) -> Item:
        """How it is asked for."""
        return Item(self.code, TEXT_SIZE if self.is_unit else 1)


PROPERTIES: Final = (
    (
        Property(44, "unit_temperature"),
        Property(45, "unit_flow"),
        Property(46, "unit_volume"),
        Property(47, "unit_mass"),
        Property(48, "unit_pressure"),
        Property(53, "unit_heat"),
        Property(55, "unit_time"),
        Property(56, "unit_time_or_input"),
        Property(57, "decimals_temperature"),
        Property(59, "decimals_volume_1"),
        Property(60, "decimals_mass_1"),
        Property(61, "decimals_pressure_1"),
        Property(66, "decimals_heat_1"),
        Property(70, "decimals_mass_2"),
        Property(69, "decimals_volume_2"),
        Property(76, "decimals_heat_2"),
    ),
    (
        Property(71, "decimals_pressure_2"),
        Property(62, "decimals_difference_1"),
        Property(72, "decimals_difference_2"),
        Property(63, "decimals_cold_water"),
        Property(64, "decimals_outdoor"),
    ),
)
"""In two lists: the one that the maker's document prints, and what it leaves out.

Property 56 is the unit of the time without metering only where the additional input is not used: that time
is given the unit of the operating time instead.
"""


def settings_of(asked: tuple[Property, ...], data: bytes, server_version: int) -> Mapping[str, str]:
    """The settings in an answer to these properties; DecodeError when it does not hold just these."""
    return dict(_settings(asked, data, server_version))


def _settings(asked: tuple[Property, ...], data: bytes, server_version: int) -> Iterator[tuple[str, str]]:
    at = 0
    for each in asked:
        start, size = _extent(each, data, at, server_version)
        value = data[start : start + size]
        at = start + size + _TAIL
        if at > len(data):
            raise DecodeError(f"The meter's properties end before property {each.code}: they were cut.")
        yield each.setting, _unit(value) if each.is_unit else _decimals(each, value)
    if at != len(data):
        raise DecodeError("The meter's properties are longer than what was asked: another answer came.")


def _extent(each: Property, data: bytes, at: int, server_version: int) -> tuple[int, int]:
    """Where the value begins and its size: server version 1 writes a text's length before it."""
    if not each.is_unit:
        return at, 1
    if server_version == 0:
        return at, TEXT_SIZE
    return at + 2, int.from_bytes(data[at : at + 2], "little")


def _unit(value: bytes) -> str:
    return value.decode("cp866").strip(" \x00")


def _decimals(each: Property, value: bytes) -> str:
    if value[0] > MOST_DECIMALS:
        raise DecodeError(
            f"Property {each.code} says {value[0]} decimals, which no meter has: the answer is damaged."
        )
    return str(value[0])
