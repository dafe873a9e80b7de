"""Checksums of the meters' protocols."""

from __future__ import annotations


def arithmetic_sum(octets: bytes) -> int:
    """The sum of all bytes modulo 256 (FT 1.2, EN 13757-2)."""
    return sum(octets) & 0xFF


def crc_ccitt_false(octets: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 1021, begins with FFFF, nothing reflected; 123456789 gives 29B1."""
    crc = 0xFFFF
    for byte in octets:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021) & 0xFFFF if crc & 0x8000 else crc << 1
    return crc
