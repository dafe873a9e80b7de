"""Logs of a simulated M-Bus meter, and what a selection of records leaves of a telegram.

Sources: heat-meters-m-bus.md section 7, sku-02.md section 3. Records hold register levels at their slot's
end and means of the slot; a mean of a slot without power is sent as not a number.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from math import nan
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot, slot_at, slot_start
from metering.errors import NotSupported
from metering.quantities import QUANTITIES, Behaviour
from simulators.mbus_telegrams import (
    Entry,
    Fixed,
    LogBook,
    Measured,
    Stamp,
    measured_record,
    stamp_record,
    truth,
)
from simulators.memory import MeterMemory
from simulators.truth import Truth, Truths

_EXTENSION: Final = 0x80
_ANY_VIF: Final = 0x7E
_OPENING_AND_CLOSING: Final = 2


def log_record(book: LogBook, back: int, memory: MeterMemory, selection: bytes) -> bytes:
    """The record of the slot that was closed `back` slots before the last one."""
    slot = _slot(book.kind, back, memory.meter_time())
    if slot.end <= memory.installed:
        return b""
    wanted = selected(book.entries, selection) if selection else book.entries
    return b"".join(_record(entry, slot, book, memory) for entry in wanted)


def log_truth(book: LogBook, kind: ArchiveKind, start: datetime, memory: MeterMemory) -> Truths | None:
    """What a reader must understand of this slot; None where the log does not reach it."""
    slot = MeterSlot(start, start) if kind is ArchiveKind.TOTAL else slot_at(kind, start)
    newest = slot_start(book.kind, memory.meter_time())
    opening = slot_start(book.kind, start) == start and start > memory.installed
    if not opening or slot.end > newest or _age(book.kind, start, newest) >= book.depth:
        return None
    measured = (entry for entry in book.entries if isinstance(entry, Measured))
    found = (_truth(entry, kind, slot, memory) for entry in measured)
    return {key: value for key, value in found if value is not None}


def selected(entries: Iterable[Entry], selection: bytes) -> tuple[Entry, ...]:
    """The entries whose VIF is among those of the selection (m-bus.md 3.6)."""
    wanted = tuple(_vifs(selection))
    return tuple(
        entry for entry in entries if any(_matches(one, bytes.fromhex(entry.code)) for one in wanted)
    )


def _slot(kind: ArchiveKind, back: int, now: datetime) -> MeterSlot:
    end = slot_start(kind, now)
    for _ in range(back):
        end = slot_start(kind, end - timedelta(minutes=1))
    start = slot_start(kind, end - timedelta(minutes=1))
    return MeterSlot(start, end)


def _age(kind: ArchiveKind, start: datetime, newest: datetime) -> int:
    age = 0
    while newest > start:
        newest, age = slot_start(kind, newest - timedelta(minutes=1)), age + 1
    return age


def _record(entry: Entry, slot: MeterSlot, book: LogBook, memory: MeterMemory) -> bytes:
    if isinstance(entry, Stamp):
        return stamp_record(entry, slot.end - timedelta(minutes=book.minutes_early))
    if isinstance(entry, Fixed):
        return bytes.fromhex(entry.code)
    if not isinstance(entry, Measured):
        return b""
    exact = _number(entry, slot, memory)
    if exact is None:
        return measured_record(entry, Decimal(0))[:-4] + struct.pack("<f", nan)
    return measured_record(entry, exact)


def _number(entry: Measured, slot: MeterSlot, memory: MeterMemory) -> Decimal | None:
    if _is_register(entry):
        return memory.level(entry.quantity, entry.circuit, slot.end)
    try:
        return memory.mean(entry.quantity, entry.circuit, slot)
    except NotSupported:
        return None


def _truth(
    entry: Measured, kind: ArchiveKind, slot: MeterSlot, memory: MeterMemory
) -> tuple[tuple[str, int], Truth | None]:
    key = entry.quantity, entry.circuit
    if kind is ArchiveKind.TOTAL:
        level = memory.level(entry.quantity, entry.circuit, slot.start) if _is_register(entry) else None
        return key, None if level is None else truth(entry, level)
    if _is_register(entry):
        amount = truth(entry, memory.amount(entry.quantity, entry.circuit, slot))
        return key, Truth(amount.value, amount.tolerance * _OPENING_AND_CLOSING)
    mean = _number(entry, slot, memory)
    return key, None if mean is None else truth(entry, mean)


def _is_register(entry: Measured) -> bool:
    return QUANTITIES[entry.quantity].behaviour is Behaviour.REGISTER


def _vifs(selection: bytes) -> Iterator[bytes]:
    """The VIFs of a selection: each behind a DIF and its DIFEs."""
    at = 0
    while at < len(selection):
        at = _block_end(selection, at)
        end = _block_end(selection, at)
        yield selection[at:end]
        at = end


def _block_end(octets: bytes, at: int) -> int:
    while at < len(octets) and octets[at] & _EXTENSION:
        at += 1
    return at + 1


def _matches(wanted: bytes, code: bytes) -> bool:
    vif = code[_block_end(code, 0) :]
    if wanted and wanted[0] & ~_EXTENSION == _ANY_VIF:
        return vif[1:] == wanted[1:]
    return vif[: len(wanted)] == wanted
