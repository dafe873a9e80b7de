"""Checksums of the meters' protocols."""

from __future__ import annotations

from binascii import crc_hqx
from typing import Final


def arithmetic_sum(octets: bytes) -> int:
    """The sum of all bytes modulo 256 (FT 1.2, EN 13757-2)."""
    return sum(octets) & 0xFF


def crc_ccitt(octets: bytes, initial: int = 0) -> int:
    """CRC-16 of polynomial 1021, nothing reflected: begins with 0 (XMODEM: 123456789 gives 31C3) or FFFF."""
    return crc_hqx(octets, initial)


def crc_ccitt_false(octets: bytes) -> int:
    """CRC-16/CCITT-FALSE: 123456789 gives 29B1."""
    return crc_ccitt(octets, 0xFFFF)


def crc_modbus(octets: bytes) -> int:
    """CRC-16/MODBUS: polynomial 8005 reflected, begins with FFFF; 123456789 gives 4B37. Low byte first."""
    crc = 0xFFFF
    for octet in octets:
        crc = crc >> 8 ^ _MODBUS[(crc ^ octet) & 0xFF]
    return crc


def _reflected(crc: int) -> int:
    for _ in range(8):
        crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


_MODBUS: Final = tuple(_reflected(octet) for octet in range(256))
