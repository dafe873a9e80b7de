"""Numbers of channels as Pulsar sends them: little-endian floats of 32 or 64 bits, or whole numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from metering.errors import DecodeError
from metering.quantities import QUANTITIES
from metering.readings import Absence, MeterValue
from protocols.fields import float32, float64
from protocols.vendor.pulsar.models import Channel

SINGLE: Final = 4
DOUBLE: Final = 8
NO_DATA: Final = bytes.fromhex("F1 FF FF FF")
NO_POWER: Final = bytes.fromhex("F0 FF FF FF")
MARKS: Final = {NO_DATA: Absence.NO_DATA, NO_POWER: Absence.NO_DATA}
"""What stands instead of an archived float, as it is sent."""


def sizes(channels: Sequence[Channel]) -> frozenset[int]:
    """How long the current values of these channels may be: floats of one or the other width."""
    return frozenset(sum(_sizes(channels, width)) for width in (SINGLE, DOUBLE))


def current(channels: Sequence[Channel], data: bytes) -> tuple[MeterValue, ...]:
    """The values in the order of the channels; the length tells how wide the floats are."""
    return tuple(_current(channels, data))


def archived(channel: Channel, octets: bytes) -> MeterValue:
    """One float of an archive, or the mark that stands there instead."""
    absence = MARKS.get(octets)
    if absence is not None:
        return MeterValue(QUANTITIES[channel.quantity], channel.unit, None, absence, channel.circuit)
    return _value(channel, number(octets))


def number(octets: bytes) -> Decimal | None:
    """A float of four or eight bytes; None for NaN and infinity."""
    return (float64 if len(octets) == DOUBLE else float32)(octets[::-1])


def _current(channels: Sequence[Channel], data: bytes) -> Iterator[MeterValue]:
    width = next((width for width in (SINGLE, DOUBLE) if sum(_sizes(channels, width)) == len(data)), None)
    if width is None:
        raise DecodeError(f"{len(data)} bytes are not the current values of {len(channels)} channels.")
    at = 0
    for channel, size in zip(channels, _sizes(channels, width), strict=True):
        octets, at = data[at : at + size], at + size
        whole = Decimal(int.from_bytes(octets, "little")) if channel.whole else number(octets)
        yield _value(channel, whole)


def _sizes(channels: Sequence[Channel], width: int) -> list[int]:
    return [SINGLE if channel.whole else width for channel in channels]


def _value(channel: Channel, value: Decimal | None) -> MeterValue:
    absence = Absence.INVALID_MARK if value is None else None
    return MeterValue(QUANTITIES[channel.quantity], channel.unit, value, absence, channel.circuit)
