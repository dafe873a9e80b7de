"""What the bytes of a frame mean, in words: C field, CI field, medium, status (m-bus.md 2.1, 4 and 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

PRIMARY_STATION: Final = 0x40
"""Bit 6 of the C field: the head-end speaks."""
_COUNT_BITS: Final = 0x30

REQUESTS: Final[Mapping[int, str]] = {
    0x40: "SND_NKE: initialise the link",
    0x43: "SND_UD2: send data",
    0x49: "REQ_SKE: request the link's status",
    0x53: "SND_UD: send data",
    0x5A: "REQ_UD1: request class 1 data (alarms)",
    0x5B: "REQ_UD2: request class 2 data (readings)",
}

CI_FIELDS: Final[Mapping[int, str]] = {
    0x50: "application reset",
    0x51: "data sent to the meter",
    0x52: "selection by secondary address",
    0x53: "application reset with long header",
    0x54: "request the selected application",
    0x55: "data sent to the meter, most significant byte first",
    0x56: "selection by secondary address, most significant byte first",
    0x5A: "command with short header",
    0x5B: "command with long header",
    0x5C: "synchronise action",
    0x66: "selected application, no header",
    0x67: "selected application, short header",
    0x68: "selected application, long header",
    0x69: "format frame, no header",
    0x6A: "format frame, short header",
    0x6B: "format frame, long header",
    0x6C: "set clock, absolute",
    0x6D: "set clock, relative",
    0x6E: "application error with short header",
    0x6F: "application error with long header",
    0x70: "application error",
    0x71: "alarm status",
    0x72: "variable data structure, long header",
    0x73: "fixed data structure",
    0x76: "variable data structure, long header, most significant byte first",
    0x77: "fixed data structure, most significant byte first",
    0x78: "variable data structure, no header",
    0x79: "compact frame, no header",
    0x7A: "variable data structure, short header",
    0x7B: "compact frame, short header",
    0x7C: "COSEM data with OBIS, long header",
    0x7D: "COSEM data with OBIS, short header",
    0x90: "authentication and fragmentation layer",
    **{0xB8 + step: f"switch to {300 << step} baud" for step in range(8)},
}
_MANUFACTURER_CI: Final = range(0xA0, 0xB8)

MEDIA: Final[Mapping[int, str]] = {
    0x00: "other",
    0x01: "oil",
    0x02: "electricity",
    0x03: "gas",
    0x04: "heat, volume measured in the return",
    0x05: "steam",
    0x06: "warm water",
    0x07: "water",
    0x08: "heat cost allocator",
    0x09: "compressed air",
    0x0A: "cooling, volume measured in the return",
    0x0B: "cooling, volume measured in the flow",
    0x0C: "heat, volume measured in the flow",
    0x0D: "heat and cooling",
    0x0E: "bus or system component",
    0x0F: "unknown",
    0x14: "calorific value",
    0x15: "hot water",
    0x16: "cold water",
    0x17: "hot and cold water",
    0x18: "pressure",
    0x19: "A/D converter",
    0x1A: "smoke detector",
    0x1B: "room sensor",
    0x1C: "gas detector",
    0x20: "breaker",
    0x21: "valve",
    0x25: "customer unit",
    0x28: "waste water",
    0x29: "garbage",
    0x2A: "carbon dioxide",
    0x31: "communication controller",
    0x32: "unidirectional repeater",
    0x33: "bidirectional repeater",
    0x36: "radio converter, system side",
    0x37: "radio converter, meter side",
    0x38: "wired adapter",
}

_STATUS_CODES: Final = ("", "application busy", "application error", "alarm")
_STATUS_BITS: Final = ((0x04, "power low"), (0x08, "permanent error"), (0x10, "temporary error"))
_MANUFACTURER_STATUS: Final = 0xE0


def control_words(control: int) -> str:
    """The C field with its count or demand bits."""
    if not control & PRIMARY_STATION:
        return "RSP_UD: data from the meter" if control & ~_COUNT_BITS == 0x08 else "answer of the meter"
    words = REQUESTS.get(control, REQUESTS.get(control & ~0x20, "unknown request"))
    return f"{words}, FCB set" if control & 0x20 else words


def ci_words(ci: int) -> str:
    """What the payload is."""
    if ci in _MANUFACTURER_CI:
        return "private to the manufacturer"
    return CI_FIELDS.get(ci, "reserved")


def medium_words(medium: int) -> str:
    """What the device measures."""
    return MEDIA.get(medium, "reserved")


def status_words(status: int) -> str:
    """The status byte of a header (section 5.3)."""
    return ", ".join(_status(status)) or "no error"


def _status(status: int) -> Iterator[str]:
    if status & 0x03:
        yield _STATUS_CODES[status & 0x03]
    yield from (words for bit, words in _STATUS_BITS if status & bit)
    if status & _MANUFACTURER_STATUS:
        yield f"manufacturer's bits {status & _MANUFACTURER_STATUS:02X}"
