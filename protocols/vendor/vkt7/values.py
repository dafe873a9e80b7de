"""From the bytes of a read list to values and conditions (vkt7.md section 4).

Each value is followed by its quality and by its abnormal situation, for which the makers' Russian
documents write NS.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from metering.conditions import Condition, ConditionName
from metering.errors import DecodeError
from metering.quantities import quantity
from metering.readings import Absence, MeterValue
from protocols.fields import float32
from protocols.vendor.vkt7.elements import DURATIONS, ELEMENTS, FLOAT, MARKS, WHOLE, Element
from protocols.vendor.vkt7.questions import Item

GOOD, NOT_IN_SCHEME, OUT_OF_RANGE, ABNORMAL = 0xC0, 0x04, 0x0C, 0x50
NONE, OTHERS = 0x00, 0xFF
"""No abnormal situation; one of another element of the list."""

_PRESENT: Final = b"*"
_OUT_OF_RANGE: Final = bytes.fromhex("3075")
"""30000, which no sensor of two bytes reaches."""

_DURATIONS: Final = (
    (ConditionName.POWER_FAILURE, ""),
    (ConditionName.FLOW_BELOW_MINIMUM, ""),
    (ConditionName.FLOW_ABOVE_MAXIMUM, ""),
    (ConditionName.SENSOR_FAULT, "temperature"),
    (ConditionName.TEMPERATURE_DIFFERENCE_BELOW_LIMIT, ""),
)
_RANGES: Final = {
    "temperature": ConditionName.TEMPERATURE_OUT_OF_RANGE,
    "pressure": ConditionName.PRESSURE_OUT_OF_RANGE,
}
_ABSENCES: Final = {NOT_IN_SCHEME: Absence.NO_DATA, OUT_OF_RANGE: Absence.INVALID_MARK}
_FLOAT_SIZE: Final = 4
_WHOLE_SIZES: Final = (1, 2, 4)


class Sent(NamedTuple):
    """One element as it came."""

    item: Item
    value: bytes
    quality: int
    situation: int


@dataclass(frozen=True, slots=True)
class Understood:
    """What a read list says."""

    values: tuple[MeterValue, ...]
    conditions: frozenset[Condition]


@dataclass(frozen=True, slots=True)
class Reader:
    """Understands read lists by a meter's settings; `keeps_abnormal`: a value of quality 50 is a number."""

    settings: Mapping[str, str]
    keeps_abnormal: bool = False

    def understood(self, items: tuple[Item, ...], data: bytes) -> Understood:
        """The values and conditions in an answer to these items."""
        sent = tuple(_sent(items, data))
        return Understood(
            tuple(self._value(ELEMENTS[each.item.code], each) for each in sent if each.item.code in ELEMENTS),
            frozenset(condition for each in sent for condition in _conditions(each)),
        )

    def _value(self, element: Element, sent: Sent) -> MeterValue:
        unit, absence = self._setting(element.unit), self._absence(element, sent)
        number = None if absence else self._number(element, sent.value)
        if number is None and absence is None:
            absence = Absence.INVALID_MARK
        return MeterValue(quantity(element.quantity), unit, number, absence, element.circuit)

    def _absence(self, element: Element, sent: Sent) -> Absence | None:
        if sent.quality == ABNORMAL and not self.keeps_abnormal:
            return Absence.ERROR_STATE
        if sent.quality not in (GOOD, ABNORMAL):
            return _ABSENCES.get(sent.quality, Absence.ERROR_STATE)
        if sent.value == _OUT_OF_RANGE:
            return Absence.INVALID_MARK
        sizes = (_FLOAT_SIZE,) if element.decimals == FLOAT else _WHOLE_SIZES
        return None if sent.item.size in sizes else Absence.NOT_DECODED

    def _number(self, element: Element, value: bytes) -> Decimal | None:
        """None for a float that is no number."""
        if element.decimals == FLOAT:
            return float32(value[::-1])
        whole = Decimal(int.from_bytes(value, "little", signed=True))
        if element.decimals == WHOLE:
            return whole
        return whole.scaleb(-int(self._setting(element.decimals)))

    def _setting(self, name: str) -> str:
        try:
            return self.settings[name]
        except KeyError as error:
            raise DecodeError(
                f"The meter's setting {name} is not known: its configuration must be read before its values."
            ) from error


def _sent(items: tuple[Item, ...], data: bytes) -> Iterator[Sent]:
    at = 0
    for item in items:
        end = at + item.size
        if end + 2 > len(data):
            raise DecodeError(f"The meter's values end before element {item.code}: they were cut.")
        yield Sent(item, data[at:end], data[end], data[end + 1])
        at = end + 2


def _conditions(sent: Sent) -> Iterator[Condition]:
    code = sent.item.code
    if sent.quality == NOT_IN_SCHEME:
        return
    if code in MARKS:
        yield from _marked(MARKS[code], sent)
    elif code in DURATIONS:
        yield from _lasting(DURATIONS[code], sent.value)
    elif code in ELEMENTS:
        yield from _of_element(ELEMENTS[code], sent)


def _marked(circuit: int, sent: Sent) -> Iterator[Condition]:
    if sent.value == _PRESENT:
        yield Condition(ConditionName.UNKNOWN, circuit, code="abnormal situation")


def _lasting(circuit: int, durations: bytes) -> Iterator[Condition]:
    lengths = (int.from_bytes(durations[at : at + 2], "little") for at in range(0, len(durations), 2))
    for length, (name, place) in zip(lengths, _DURATIONS, strict=False):
        if length:
            yield Condition(name, circuit, place)


def _of_element(element: Element, sent: Sent) -> Iterator[Condition]:
    family = element.quantity.partition("_")[0]
    if sent.quality == OUT_OF_RANGE:
        known = _RANGES.get(family)
        if known is not None:
            yield Condition(known, element.circuit, element.quantity)
        else:
            yield _unknown(element, "out of range")
    elif sent.situation not in (NONE, OTHERS):
        yield _unknown(element, f"situation {sent.situation}")
    elif sent.quality == ABNORMAL:
        yield _unknown(element, "abnormal situation")
    elif sent.quality != GOOD:
        yield _unknown(element, f"quality {sent.quality:02X}")


def _unknown(element: Element, code: str) -> Condition:
    return Condition(ConditionName.UNKNOWN, element.circuit, element.quantity, code)
