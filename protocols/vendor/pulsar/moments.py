"""Dates as Pulsar sends them: year - 2000, month, day, hour, minute, second, all binary (pulsar.md 3)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from metering.errors import DecodeError

SIZE: Final = 6
UNKNOWN: Final = b"\xff" * SIZE
YEARS: Final = range(2000, 2256)
"""What one byte can say."""


def encode(moment: datetime) -> bytes:
    return bytes((moment.year - YEARS.start, *moment.timetuple()[1:6]))


def decode(octets: bytes) -> datetime | None:
    """Naive meter time; None where the meter does not know it; DecodeError when no calendar has it."""
    if octets == UNKNOWN:
        return None
    try:
        return datetime(YEARS.start + octets[0], *octets[1:SIZE])
    except (IndexError, ValueError, TypeError) as error:
        raise DecodeError(
            f"The meter sent the date {octets.hex(' ').upper()}, which no calendar has: set its clock."
        ) from error
