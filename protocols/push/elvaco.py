"""Payloads of Elvaco's CMi41xx modules: one byte of format, then M-Bus records (mqtt-wmbus.md 4.2)."""

from __future__ import annotations

from typing import Final

from metering.errors import DecodeError
from metering.readings import Snapshot
from protocols.mbus import records
from protocols.push import telegrams

PORT: Final = 2
"""Uplinks on other ports are about the module's configuration."""
_FORMATS: Final = frozenset({0x00, 0x05, 0x0F, 0x15, 0x1E, 0x1F, 0x21})
"""Standard ones of the different modules, compact, and scheduled daily redundant."""
_JSON: Final = 0x20
_NO_HEADER: Final = b"\x78"
LARGEST: Final = 255


def decode(payload: bytes) -> tuple[str | None, Snapshot]:
    """The meter's serial number, where it is told, and its current values."""
    if not 0 < len(payload) <= LARGEST:
        raise DecodeError(f"A radio payload of {len(payload)} bytes is refused: 1 to {LARGEST} are possible.")
    if payload[0] == _JSON:
        raise DecodeError("The module sends JSON (format 20): set it to a format of M-Bus records.")
    if payload[0] not in _FORMATS:
        raise DecodeError(f"Format {payload[0]:02X} is none of a CMi41xx module that we know.")
    telegram = records.decode(_NO_HEADER + payload[1:])
    current, _ = telegrams.values(telegram)
    return telegrams.fabrication_number(telegram), current
