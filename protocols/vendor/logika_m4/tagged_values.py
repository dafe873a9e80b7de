"""From the items of an answer to values, conditions and schemes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from metering.conditions import Condition
from metering.errors import DecodeError
from metering.quantities import QUANTITIES
from metering.readings import Absence, MeterValue
from protocols.vendor.logika_m4.conditions import conditions
from protocols.vendor.logika_m4.symbols import ABNORMAL, DIAGNOSTIC, QUANTITY_OF, SCHEME, Field, meter_value
from protocols.vendor.logika_m4.tagged_models import TaggedModel
from protocols.vendor.logika_m4.tags import Item, Tag, number, text

STAMP_TAGS: Final = frozenset({Tag.TIME, Tag.DATE})
"""Some devices begin a record with its time and date; they are told by their tags, never by position."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What some items say. `schemes` by the order in which they stand."""

    values: tuple[MeterValue, ...]
    conditions: frozenset[Condition]
    schemes: tuple[str, ...]


def understand(
    model: TaggedModel, fields: Sequence[Field], items: Sequence[Item], settings: Mapping[str, str]
) -> Understood:
    """The items of these fields; DecodeError when there are more or fewer than the documents say."""
    if len(fields) != len(items):
        raise DecodeError(
            f"{model.info.title}: {len(items)} items came where its documents have {len(fields)}; "
            "its firmware is another one. Send us a trace of this meter."
        )
    numbers = [(field, number(item)) for field, item in zip(fields, items, strict=True)]
    values = (meter_value(field, found, settings) for field, found in numbers)
    return Understood(
        tuple(value for value in values if value) + tuple(_flags(numbers)),
        frozenset(_conditions(model, numbers)),
        tuple(written(item) for field, item in zip(fields, items, strict=True) if field.symbol == SCHEME),
    )


def without_stamp(items: Iterable[Item]) -> tuple[Item, ...]:
    """A record's items but for its time and date."""
    return tuple(item for item in items if item.tag not in STAMP_TAGS)


def levels(understood: Understood, fields: Sequence[Field], items: Sequence[Item]) -> Understood:
    """A control record without all that is no running total: those alone come as MIXED."""
    pairs = zip(fields, items, strict=True)
    kept = {(field.symbol, field.circuit) for field, item in pairs if item.tag == Tag.MIXED}
    names = {(QUANTITY_OF[symbol][0], circuit) for symbol, circuit in kept if symbol in QUANTITY_OF}
    totals = (value for value in understood.values if (value.quantity.name, value.circuit) in names)
    return replace(understood, values=tuple(totals))


def _flags(numbers: Iterable[tuple[Field, Decimal | Absence]]) -> Iterable[MeterValue]:
    for field, found in numbers:
        if field.symbol == ABNORMAL and isinstance(found, Decimal):
            yield MeterValue(QUANTITIES["flags"], "", found, None, field.circuit)


def _conditions(
    model: TaggedModel, numbers: Iterable[tuple[Field, Decimal | Absence]]
) -> Iterable[Condition]:
    for field, found in numbers:
        if field.symbol in (ABNORMAL, DIAGNOSTIC) and isinstance(found, Decimal):
            yield from conditions(int(found), model.meanings, field.circuit)


def written(item: Item) -> str:
    """A setting as text, whatever its type; empty when it has no value."""
    if item.tag == Tag.TEXT:
        return text(item)
    found = number(item)
    return "" if isinstance(found, Absence) else str(found)
