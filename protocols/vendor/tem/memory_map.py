"""What a model keeps where: the tables of one map, which maps/ fills in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from metering.calendar import ArchiveKind
from protocols.checksums import arithmetic_sum
from protocols.vendor.tem.clock import Clock
from protocols.vendor.tem.commands import FlashOrder, Memory
from protocols.vendor.tem.layout import Layout
from protocols.vendor.tem.numbers import Number, Order
from protocols.vendor.tem.schemes import Scheme
from protocols.vendor.tem.stamps import Stamps


@dataclass(frozen=True, slots=True)
class Serial:
    """Where the serial number lies: a number, or a text of `size` bytes."""

    at: int
    size: int = Number.LONG.size
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of memory with current values.

    `bases`: where it begins; of several the one is right whose temperatures agree with those of the parts
    before it. `stride`: how far the pieces of two systems lie apart; 0 where one piece holds all systems.
    """

    memory: Memory
    bases: tuple[int, ...]
    layout: Layout
    stride: int = 0


class Addressing(Enum):
    """How the newest record of an area is found."""

    NEXT = "a pointer to where the next record goes"
    LAST = "a pointer to the last record"
    SCAN = "by reading all"
    SEARCH = "by asking for its date"


@dataclass(frozen=True, slots=True)
class Area:
    """A ring of `count` records in FLASH. `pointer`: where its address lies in timer memory."""

    start: int
    count: int
    addressing: Addressing
    pointer: int = 0
    pointer_number: Number = Number.LONG


@dataclass(frozen=True, slots=True)
class Archive:
    """Records of one layout, whose last byte is one of these checksums of the bytes before it."""

    record: Layout
    stamps: Stamps
    checksums: tuple[Callable[[bytes], int], ...]
    areas: Mapping[ArchiveKind, Area]


@dataclass(frozen=True, slots=True)
class MemoryMap:
    """One map. `archives`: by the firmware from which on they hold, newest first; empty where unknown.

    `firmware`: whether the firmware's version can be asked.
    """

    order: Order
    flash: FlashOrder
    serial: Serial
    clock: Clock
    scheme: Scheme
    parts: tuple[Part, ...]
    archives: Mapping[str, Archive]
    firmware: bool = False


def inverted_sum(octets: bytes) -> int:
    """The checksum of a record of the M models: that of a frame."""
    return arithmetic_sum(octets) ^ 0xFF


def negated_sum(octets: bytes) -> int:
    """What completes the sum to zero."""
    return -arithmetic_sum(octets) & 0xFF
