"""What a selection or an application reset asks of the meter, in words (m-bus.md 3.3, 3.6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from protocols.annotation import Part
from protocols.mbus import headers
from protocols.mbus.addressing import ANY, ANY_BYTE, ANY_MANUFACTURER
from protocols.mbus.dialogue import APPLICATION_RESET, SELECTION
from protocols.mbus.words import medium_words

_SELECTED_SIZE: Final = 8
_APPLICATIONS: Final = (
    *("all data", "user data", "simple billing", "enhanced billing", "multi-tariff billing"),
    *("instantaneous values", "load management", "reserved", "installation and start-up", "testing"),
    *("calibration", "manufacturing", "development", "self test", "reserved", "reserved"),
)
"""By the upper half of the sub-code."""


def is_divided(payload: bytes) -> bool:
    """Whether `parts` can say what stands behind this CI byte."""
    return len(payload) - 1 >= _LEAST.get(payload[0], len(payload))


def parts(payload: bytes) -> Iterator[Part]:
    """The parts behind the CI byte of such a request."""
    if payload[0] == APPLICATION_RESET:
        yield 1, f"sub-code {payload[1]:02X}: {_APPLICATIONS[payload[1] >> 4]}, telegram {payload[1] & 0x0F}"
        yield len(payload) - 2, "data"
        return
    wanted = payload[1 : 1 + _SELECTED_SIZE]
    yield 4, f"identification {_identification(wanted[:4])}"
    yield 2, f"manufacturer {_manufacturer(wanted[4:6])}"
    yield 1, f"version {'any' if wanted[6] == ANY_BYTE else wanted[6]}"
    yield 1, f"medium: {'any' if wanted[7] == ANY_BYTE else medium_words(wanted[7])}"
    yield len(payload) - 1 - _SELECTED_SIZE, "enhanced selection: a record that must match, too"


_LEAST: Final[Mapping[int, int]] = {APPLICATION_RESET: 1, SELECTION: _SELECTED_SIZE}


def _identification(octets: bytes) -> str:
    digits = octets[::-1].hex().upper()
    return f"{digits}, {ANY} standing for any digit" if ANY in digits else digits


def _manufacturer(octets: bytes) -> str:
    code = int.from_bytes(octets, "little")
    return "any" if code == ANY_MANUFACTURER else headers.manufacturer_letters(code)
