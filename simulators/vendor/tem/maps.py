"""What a simulated model keeps where; each model's own tables fill this in, written from the reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from metering.calendar import ArchiveKind, MeterSlot
from simulators.vendor.tem.cells import BIG, Cell
from simulators.vendor.tem.rings import RingPlace

Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Live:
    """Current values: `ram` or timer memory, from `at` on."""

    ram: bool
    at: int
    size: int
    cells: Callable[[Words], tuple[Cell, ...]]


@dataclass(frozen=True, slots=True)
class Archive:
    """Records of `size` bytes. `stamp(slot, words)` gives what is written at which places."""

    size: int
    cells: Callable[[Words], tuple[Cell, ...]]
    stamp: Callable[[MeterSlot, Words], Mapping[int, bytes]]
    checksum: Callable[[bytes], int]
    rings: Mapping[ArchiveKind, RingPlace]
    fixed: Mapping[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Map:
    """One model. `settings(circuits)`: bytes of timer memory that never change, by their place.

    `clock` gives the bytes from `clock_at` on, of the clock's own memory or, with `clock_in_timer`, of
    timer memory. `pointer(address)` is how an address of FLASH is kept.
    """

    name: bytes
    timer_size: int
    flash_request: Callable[[bytes], tuple[int, int] | None]
    serial: Callable[[str], Mapping[int, bytes]]
    settings: Callable[[int], Mapping[int, bytes]]
    clock: Callable[[datetime], bytes]
    live: tuple[Live, ...]
    archive: Archive | None
    order: str = BIG
    clock_at: int = 0
    clock_in_timer: bool = False
    most_circuits: int = 1
    pointer: Callable[[int], bytes] = lambda address: (address + 0x200000).to_bytes(4, "big")
    points_at_last: bool = False
    firmware: bytes = b""
    finds_by_date: bool = False


def length_first(data: bytes) -> tuple[int, int] | None:
    """Address and length of a FLASH request of TEM-104, TEM-106 and the M models."""
    return (int.from_bytes(data[1:], "big"), data[0]) if len(data) == 5 else None


def length_last(data: bytes) -> tuple[int, int] | None:
    """The same of TEM-104-1."""
    return (int.from_bytes(data[:4], "big"), data[4]) if len(data) == 5 else None


def short(data: bytes) -> tuple[int, int] | None:
    """The same of TEM-104-K."""
    return (int.from_bytes(data[:2], "big"), data[2]) if len(data) == 3 else None
