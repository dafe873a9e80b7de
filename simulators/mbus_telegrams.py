"""An M-Bus telegram as a table of entries, and its bytes at a moment of the meter's clock (m-bus.md 5, 6, 8).

Values come from the meter's memory as whole numbers of the entry's step: registers cut off, measured values
rounded. They stand still for a minute of the meter's clock, the resolution of the time in the telegram.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from metering.calendar import ArchiveKind
from metering.quantities import QUANTITIES, Behaviour
from simulators.mbus_offsets import Placed, placed_truth
from simulators.memory import MeterMemory
from simulators.numbers import FLOAT_STEP, ROUNDING
from simulators.truth import Truth

MORE_FOLLOWS: Final = b"\x1f"
_STORAGE_BIT, _EXTENSION = 0x40, 0x80
_ZERO: Final = Decimal(0)
_INTEGER_SIZES: Final = {1: 1, 2: 2, 3: 3, 4: 4, 6: 6, 7: 8}
_BCD_SIZES: Final = {0x9: 1, 0xA: 2, 0xB: 3, 0xC: 4, 0xE: 6}


@dataclass(frozen=True, slots=True)
class Count:
    """A quantity of ours in whole steps; `step` in its canonical unit. `code` is DIF and VIF of storage 0."""

    code: str
    quantity: str
    step: Fraction
    storage: int = 0
    circuit: int = 1


@dataclass(frozen=True, slots=True)
class Real:
    """A quantity of ours as a 32-bit float; `size` is the record's unit in the canonical one."""

    code: str
    quantity: str
    size: Fraction = Fraction(1)
    storage: int = 0
    circuit: int = 1


@dataclass(frozen=True, slots=True)
class Stamp:
    """The date or time at which a storage was kept; of storage 0 the clock."""

    code: str
    storage: int = 0


@dataclass(frozen=True, slots=True)
class Serial:
    """The fabrication number."""

    code: str


@dataclass(frozen=True, slots=True)
class Fixed:
    """A record that never changes here; `code` includes its data."""

    code: str


Measured = Count | Real
Entry = Measured | Stamp | Serial | Fixed
When = Callable[[datetime], datetime]
"""The moment whose values a storage holds, for a time of the meter's clock."""


@dataclass(frozen=True, slots=True)
class Storage:
    """`shown` turns the moment into what its date record shows: the day before, for an end of day.

    `marked`: a moment before the installation is marked as not reached; else zero levels stand there.
    """

    when: When
    shown: Callable[[datetime], datetime]
    marked: bool = True


@dataclass(frozen=True, slots=True)
class LogBook:
    """An archive, newest record first, one a telegram; a record is stamped with its slot's end.

    `minutes_early`: how long before the end the stamp is.
    """

    kind: ArchiveKind
    entries: tuple[Entry, ...]
    depth: int
    minutes_early: int = 0


@dataclass(frozen=True, slots=True)
class Layout:
    """The telegrams of one model: all but the last one announce another. `tail` follows 0F in the last.

    `logs`: what application resets with these sub-codes choose. `unasked`: what a meter sends to whom
    selected no records; None: it does not wait for a selection. `placed`: telegrams that are no records,
    the first one for a request without count bit, the second for one with it.
    """

    model: str
    manufacturer: str
    version: int
    medium: int
    telegrams: tuple[tuple[Entry, ...], ...]
    storages: Mapping[int, Storage] = field(default_factory=dict)
    tail: bytes = b""
    logs: Mapping[int, LogBook] = field(default_factory=dict)
    unasked: tuple[Entry, ...] | None = None
    placed: tuple[tuple[Placed, ...], ...] = ()

    @property
    def entries(self) -> Iterator[Entry]:
        """All entries of all telegrams."""
        return (entry for telegram in self.telegrams for entry in telegram)

    @property
    def current(self) -> Layout:
        """The same meter asked for its instantaneous values only."""
        values = tuple(
            entry for entry in self.entries if isinstance(entry, Measured | Stamp) and not entry.storage
        )
        return replace(self, telegrams=(values,), storages={}, tail=b"")


def records(layout: Layout, number: int, memory: MeterMemory, serial: str, at: datetime) -> bytes:
    """The data of telegram `number`, from 0, as sent at this minute of the meter's clock."""
    encoded = b"".join(_record(entry, layout, memory, serial, at) for entry in layout.telegrams[number])
    if number + 1 < len(layout.telegrams):
        return encoded + MORE_FOLLOWS
    return encoded + (b"\x0f" + layout.tail if layout.tail else b"")


def kept_at(layout: Layout, storage: int, memory: MeterMemory, at: datetime) -> datetime | None:
    """The moment whose values a storage holds; None when it was not reached yet."""
    if storage == 0:
        return at
    moment = layout.storages[storage].when(at)
    return None if layout.storages[storage].marked and moment < memory.installed else moment


def truths(layout: Layout, storage: int, memory: MeterMemory, at: datetime) -> dict[tuple[str, int], Truth]:
    """What the entries of a storage should say, `at` being the moment whose values it holds."""
    if layout.placed:
        fields = (entry for telegram in layout.placed for entry in telegram)
        return {(entry.quantity, entry.circuit): placed_truth(entry, memory, at) for entry in fields}
    measured = (entry for entry in layout.entries if isinstance(entry, Measured) and entry.storage == storage)
    return {(entry.quantity, entry.circuit): truth(entry, _exact(entry, memory, at)) for entry in measured}


def truth(entry: Measured, exact: Decimal) -> Truth:
    """A number within what the record's resolution lets be known of it."""
    if isinstance(entry, Real):
        return Truth(exact, abs(exact) * FLOAT_STEP + ROUNDING)
    return Truth(exact, Decimal(entry.step.numerator) / Decimal(entry.step.denominator))


def _exact(entry: Measured, memory: MeterMemory, at: datetime) -> Decimal:
    if QUANTITIES[entry.quantity].behaviour is Behaviour.REGISTER:
        return memory.level(entry.quantity, entry.circuit, at)
    return memory.instant(entry.quantity, entry.circuit, at)


def measured_record(entry: Measured, exact: Decimal) -> bytes:
    """The record of a number: registers cut off, measured values rounded, floats as they are."""
    head = _stored(entry.code, entry.storage)
    if isinstance(entry, Real):
        return head + struct.pack("<f", float(Fraction(exact) / entry.size))
    steps = Fraction(exact) / entry.step
    register = QUANTITIES[entry.quantity].behaviour is Behaviour.REGISTER
    return head + _number(entry.code, steps.__floor__() if register else round(steps))


def _record(entry: Entry, layout: Layout, memory: MeterMemory, serial: str, at: datetime) -> bytes:
    match entry:
        case Fixed():
            return bytes.fromhex(entry.code)
        case Serial():
            return bytes.fromhex(entry.code) + _number(entry.code, int(serial))
        case Count() | Real():
            moment = kept_at(layout, entry.storage, memory, at)
            return measured_record(entry, _ZERO if moment is None else _exact(entry, memory, moment))
        case Stamp():
            moment = kept_at(layout, entry.storage, memory, at)
            if moment is not None and entry.storage:
                moment = layout.storages[entry.storage].shown(moment)
            return stamp_record(entry, moment)


def stamp_record(entry: Stamp, shown: datetime | None) -> bytes:
    """Type G in two bytes or type F in four; all zero for a moment that was not reached."""
    return _stored(entry.code, entry.storage) + _stamp(_INTEGER_SIZES[_field(entry.code)], shown)


def _stamp(size: int, shown: datetime | None) -> bytes:
    if shown is None:
        return bytes(size)
    year = shown.year % 100
    day = bytes((shown.day | (year & 7) << 5, shown.month | (year >> 3) << 4))
    return day if size == len(day) else bytes((shown.minute, shown.hour | 1 << 5)) + day


def _stored(code: str, storage: int) -> bytes:
    """DIF, DIFEs and VIF with the storage number put in, its lowest bit into the DIF (m-bus.md section 6)."""
    octets = bytes.fromhex(code)
    size = next(number for number, octet in enumerate(octets, start=1) if not octet & _EXTENSION)
    chain = [octet & ~_EXTENSION for octet in octets[:size]]
    chain[0] |= _STORAGE_BIT * (storage & 1)
    for number, bits in enumerate(_nibbles(storage >> 1), start=1):
        if number == len(chain):
            chain.append(0)
        chain[number] |= bits
    return bytes([*(octet | _EXTENSION for octet in chain[:-1]), chain[-1]]) + octets[size:]


def _nibbles(number: int) -> Iterator[int]:
    while number:
        yield number & 0x0F
        number >>= 4


def _number(code: str, value: int) -> bytes:
    """A whole number, binary or as decimal digits, as the DIF asks."""
    kind = _field(code)
    if kind in _INTEGER_SIZES:
        return value.to_bytes(_INTEGER_SIZES[kind], "little", signed=True)
    size = _BCD_SIZES[kind]
    return bytes.fromhex(f"{value:0{2 * size}d}")[::-1]


def _field(code: str) -> int:
    return bytes.fromhex(code)[0] & 0x0F
