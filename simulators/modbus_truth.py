"""What a simulated Modbus meter knows to be right: from its memory alone, with the resolution of the wire."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from metering.calendar import ArchiveKind, MeterSlot
from metering.errors import NotSupported
from metering.quantities import Behaviour, Quantity
from metering.units import convert
from protocols.modbus.archive_map import Archive, Content
from protocols.modbus.numbers import Settings, scale_of, unit_of
from protocols.modbus.parameters import values_of
from protocols.modbus.places import Value
from protocols.modbus.register_map import Profile
from simulators.memory import MeterMemory
from simulators.numbers import FLOAT_STEP, ROUNDING, Numbers, numbers_at
from simulators.truth import Truth, Truths


def numbers_of(memory: MeterMemory, archive: Archive, slot: MeterSlot) -> Numbers:
    """What the record of a slot holds: levels, or amounts and means."""
    if archive.kind is ArchiveKind.TOTAL:
        return numbers_at(memory, slot.start)

    def number(quantity: Quantity, circuit: int) -> Decimal:
        if quantity.behaviour is not Behaviour.REGISTER:
            return memory.mean(quantity.name, circuit, slot)
        if archive.content is Content.LEVELS and quantity.name not in archive.record.amounts:
            return memory.level(quantity.name, circuit, slot.end)
        return memory.amount(quantity.name, circuit, slot)

    return number


def snapshot_truths(profile: Profile, memory: MeterMemory, at: datetime, settings: Settings) -> Truths:
    """Current values at a moment."""
    current = profile.current
    values = values_of(profile, current.record, settings) if current.record else current.values
    return _truths(profile, values, memory, numbers_at(memory, at), settings)


def archive_truths(
    profile: Profile, archive: Archive, memory: MeterMemory, slot: MeterSlot, settings: Settings
) -> Truths:
    """The record of a slot as a reader must understand it."""
    values, stored = values_of(profile, archive.record, settings), numbers_of(memory, archive, slot)
    own = len(archive.numbers)
    if archive.content is Content.AMOUNTS or archive.kind is ArchiveKind.TOTAL:
        return _truths(profile, values, memory, stored, settings, own)

    def amount(quantity: Quantity, circuit: int) -> Decimal:
        if quantity.behaviour is not Behaviour.REGISTER:
            return stored(quantity, circuit)
        return memory.amount(quantity.name, circuit, slot)

    return _truths(profile, values, memory, amount, settings, own, resolved=stored)


def _truths(
    profile: Profile,
    values: Iterable[Value],
    memory: MeterMemory,
    numbers: Numbers,
    settings: Settings,
    own_records: int = 1,
    resolved: Numbers | None = None,
) -> Truths:
    """`own_records`: so many circuits have records of their own, each laid out as that of circuit 1.

    `resolved`: the levels whose differences the values are, each rounded by itself.
    """
    found: dict[tuple[str, int], Truth] = {}
    for value in values:
        last = max(own_records, profile.circuits_of(value)[-1])
        for circuit in range(1, min(memory.circuits, last) + 1):
            try:
                number = numbers(value.quantity, circuit)
                sent = (resolved or numbers)(value.quantity, circuit)
            except NotSupported:
                continue
            tolerance = _tolerance(value, sent, settings) * (1 if resolved is None else 2)
            found[value.quantity.name, circuit] = Truth(number, tolerance)
    return found


def _tolerance(value: Value, sent: Decimal, settings: Settings) -> Decimal:
    """One step of the wire, in the canonical unit, for each number that the value is made of."""
    factor = convert(Decimal(1), unit_of(value, settings), value.quantity).factor
    first, *_ = value.type.split("+")
    if first in ("f32", "f64"):
        step = abs(sent) * FLOAT_STEP
    else:
        step = scale_of(value, settings) * factor * (FLOAT_STEP if "+" in value.type else 1)
    return step * (1 if value.minus is None else 3) + ROUNDING
