"""From bytes of an older device's memory to values and conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from metering.conditions import Condition
from metering.quantities import QUANTITIES
from metering.readings import Absence, MeterValue
from protocols.vendor.logika_m4.conditions import conditions
from protocols.vendor.logika_m4.memory_models import FLAGS_SIZE, HEAD_SIZE, MemoryModel
from protocols.vendor.logika_m4.memory_numbers import FLOAT_SIZE, TOTAL_SIZE, meter_float, meter_total
from protocols.vendor.logika_m4.symbols import Field, meter_value


def floats(
    symbols: Sequence[str], octets: bytes, circuit: int, settings: Mapping[str, str]
) -> Iterator[MeterValue]:
    """Floats that stand one behind the other."""
    for at, symbol in enumerate(symbols):
        number = meter_float(octets[FLOAT_SIZE * at : FLOAT_SIZE * (at + 1)])
        yield from _value(Field(symbol, circuit), number, settings)


def totals(
    symbols: Sequence[str], stored: bytes, increments: bytes, circuit: int, settings: Mapping[str, str]
) -> Iterator[MeterValue]:
    """Totals as they stood at the last full hour, and what the current hour has added to each."""
    for at, symbol in enumerate(symbols):
        total = meter_total(stored[TOTAL_SIZE * at : TOTAL_SIZE * (at + 1)])
        added = meter_float(increments[FLOAT_SIZE * at : FLOAT_SIZE * (at + 1)])
        number = None if total is None or added is None else total + added
        yield from _value(Field(symbol, circuit), number, settings)


def record(
    model: MemoryModel, octets: bytes, circuit: int, settings: Mapping[str, str], high_first: bool
) -> tuple[tuple[MeterValue, ...], frozenset[Condition], str]:
    """Values, conditions and scheme of a record; `high_first`: how its abnormal situations are ordered."""
    flags = octets[:FLAGS_SIZE]
    found, said = situations(model, flags[::-1] if high_first else flags, circuit)
    values = floats(model.record, octets[HEAD_SIZE:], circuit, settings)
    return (*values, found), said, str(octets[FLAGS_SIZE])


def situations(model: MemoryModel, octets: bytes, circuit: int) -> tuple[MeterValue, frozenset[Condition]]:
    """Abnormal situations, the first byte being the common ones: as a number and in words."""
    bits = int.from_bytes(octets, "little")
    flags = MeterValue(QUANTITIES["flags"], "", Decimal(bits), None, circuit)
    return flags, conditions(bits, model.meanings, circuit)


def _value(field: Field, number: Decimal | None, settings: Mapping[str, str]) -> Iterator[MeterValue]:
    value = meter_value(field, Absence.INVALID_MARK if number is None else number, settings)
    if value is not None:
        yield value
