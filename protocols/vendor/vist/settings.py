"""What a VIS.T says of itself: systems, masks and decimals, without which its numbers mean nothing.

Source: vis-t.md sections 2 and 3. As settings they are texts: `systems`, and by system `1.measured`,
`1.decimals`, `1.counted` and `1.running_decimals`; masks in hexadecimal, decimals with spaces between.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from metering.errors import DecodeError
from protocols.conversation import Conversation
from protocols.vendor.vist.dialogue import Dialogue
from protocols.vendor.vist.numbers import MOST_DECIMALS, Decimals

FIRMWARE, SERIAL, TEXT_REGISTERS = 0x0002, 0x0017, 11
SYSTEMS: Final = 0x0062
MOST_SYSTEMS: Final = 3
SYSTEM_AREA, SYSTEM_STEP = 0x0200, 0x0400
MEASURED_MASK, DECIMALS, COUNTED_MASK, RUNNING_DECIMALS = 0x0000, 0x0002, 0x0200, 0x0202


class SystemSettings(NamedTuple):
    """One heating system."""

    number: int
    measured: int
    decimals: Decimals
    counted: int
    running_decimals: Decimals


def area(system: int) -> int:
    """Where the input registers of a system begin."""
    return SYSTEM_AREA + SYSTEM_STEP * (system - 1)


def read_settings(dialogue: Dialogue) -> Conversation[dict[str, str]]:
    """The settings, as texts."""
    systems = (yield from dialogue.holding(SYSTEMS, 1))[1]
    if not 1 <= systems <= MOST_SYSTEMS:
        raise DecodeError(f"The meter says that it has {systems} systems; it can have one to three.")
    settings = {"systems": str(systems)}
    for system in range(1, systems + 1):
        base = area(system)
        for name, at, count in _MASKS:
            octets = yield from dialogue.input(base + at, count)
            settings[f"{system}.{name}"] = octets.hex().upper()
        for name, at, count in _DECIMALS:
            octets = yield from dialogue.input(base + at, count)
            settings[f"{system}.{name}"] = " ".join(str(number) for number in octets[1::2])
    return settings


def systems(settings: Mapping[str, str]) -> Iterator[SystemSettings]:
    """The heating systems of settings that were read; DecodeError when they are none of this meter's."""
    try:
        for system in range(1, int(settings["systems"]) + 1):
            yield SystemSettings(
                system,
                int(settings[f"{system}.measured"], 16),
                _decimals(settings[f"{system}.decimals"]),
                int(settings[f"{system}.counted"], 16),
                _decimals(settings[f"{system}.running_decimals"]),
            )
    except (KeyError, ValueError) as error:
        raise DecodeError(
            "The settings are none of a VIS.T; read the meter's configuration again."
        ) from error


def _decimals(text: str) -> Decimals:
    decimals = tuple(int(word) for word in text.split())
    if len(decimals) != 4 or max(decimals) > MOST_DECIMALS:
        raise DecodeError(f"The meter sends its numbers with {text} decimals, which cannot be.")
    return decimals


_MASKS: Final = (("measured", MEASURED_MASK, 2), ("counted", COUNTED_MASK, 2))
_DECIMALS: Final = (("decimals", DECIMALS, 4), ("running_decimals", RUNNING_DECIMALS, 4))
