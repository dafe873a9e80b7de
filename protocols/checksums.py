"""Checksums of the meters' protocols."""

from __future__ import annotations


def arithmetic_sum(octets: bytes) -> int:
    """The sum of all bytes modulo 256 (FT 1.2, EN 13757-2)."""
    return sum(octets) & 0xFF
