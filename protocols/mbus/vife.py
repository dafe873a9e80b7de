"""What the combinable VIFEs do to the meaning of a VIF (m-bus.md section 7.3).

Each becomes a function from one state of the value information to the next: some scale, some add, some make
it a date, some report an error. The rest only qualify, in words, beside the unit of the VIF: a record with
qualifiers is not the plain quantity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from typing import Final

from protocols.mbus.vif import DataType, Meaning, power_of_ten

WITH_ERROR: Final = "with error"
_TIMES: Final = ("on_time", "operating_time")
_DATA_ERROR: Final = 0x18
_DURATION_UNITS: Final = ("s", "min", "h", "d")


class Profile(Enum):
    """The three compact profiles of section 8.3."""

    WITH_STORAGE = "compact profile with storage numbers"
    FORWARD = "compact profile"
    BACKWARD = "inverse compact profile"


@dataclass(frozen=True, slots=True)
class ValueInformation:
    """What a VIF and its VIFEs say: value = raw * factor + offset, in the unit of `meaning`.

    `error` is the meter's own report that the record holds no value.
    """

    meaning: Meaning
    multiplier: Decimal = Decimal(1)
    offset: Decimal = Decimal(0)
    qualifiers: tuple[str, ...] = ()
    error: str = ""
    profile: Profile | None = None

    @property
    def factor(self) -> Decimal:
        """With as many places as it needs, so that values show the resolution of the meter."""
        product = self.meaning.scale * self.meaning.size * self.multiplier
        whole = product.to_integral_value()
        return whole if product == whole else product.normalize()

    def qualified(self, words: str) -> ValueInformation:
        return replace(self, qualifiers=(*self.qualifiers, words))


Effect = Callable[[ValueInformation], ValueInformation]


def _qualify(words: str) -> Effect:
    return lambda value: value.qualified(words)


def _multiply(multiplier: Decimal) -> Effect:
    return lambda value: replace(value, multiplier=value.multiplier * multiplier)


def _add(share: Decimal) -> Effect:
    """The offset counts in the table's own unit: for a flow in l/h of VIF 3B that is m3/h."""
    return lambda value: replace(value, offset=value.offset + share * value.meaning.size)


def _report(error: str) -> Effect:
    return lambda value: replace(value, error=error)


def _report_unless_time(error: str) -> Effect:
    """Of a time this "error" tells what is counted: how long there was one (heat-meters-m-bus.md 1.1, 4)."""

    def effect(value: ValueInformation) -> ValueInformation:
        counted = value.meaning.quantity in _TIMES
        return value.qualified(WITH_ERROR) if counted else replace(value, error=error)

    return effect


def _unroll(profile: Profile) -> Effect:
    return lambda value: replace(value, profile=profile).qualified(profile.value)


def _count(words: str) -> Effect:
    """The number counts what the words say, in their unit: the VIF's scale does not apply to it."""
    return lambda value: replace(
        value, meaning=replace(value.meaning, scale=Decimal(1), size=Decimal(1))
    ).qualified(words)


def _date(words: str) -> Effect:
    """The record is no longer the VIF's quantity but the date of something about it."""
    return lambda value: replace(
        value, meaning=Meaning(value.meaning.quantity, type=DataType.DATE)
    ).qualified(words)


def _retype(type_: DataType) -> Effect:
    return lambda value: replace(value, meaning=replace(value.meaning, type=type_))


def _durations(first: int, words: str) -> Iterator[tuple[int, Effect]]:
    for step, unit in enumerate(_DURATION_UNITS):
        yield first + step, _count(f"{words}, in {unit}")


def _limit_exceeds() -> Iterator[tuple[int, Effect]]:
    """Codes 40..4F and 50..5F: dates, counts and durations of exceeding the lower or upper limit."""
    for upper, limit in enumerate(("lower limit", "upper limit")):
        dates, durations = 0x40 + 8 * upper, 0x50 + 8 * upper
        yield dates, _qualify(limit)
        yield dates + 1, _count(f"number of exceeds of {limit}")
        for last, which in enumerate(("first", "last")):
            yield dates + 2 + 4 * last, _date(f"begin of {which} exceed of {limit}")
            yield dates + 3 + 4 * last, _date(f"end of {which} exceed of {limit}")
            yield from _durations(durations + 4 * last, f"duration of {which} exceed of {limit}")


RECORD_ERRORS: Final[Mapping[int, str]] = {
    0x01: "too many DIFEs",
    0x02: "storage number not implemented",
    0x03: "unit number not implemented",
    0x04: "tariff number not implemented",
    0x05: "function not implemented",
    0x06: "data class not implemented",
    0x07: "data size not implemented",
    0x0B: "too many VIFEs",
    0x0C: "illegal VIF group",
    0x0D: "illegal VIF exponent",
    0x0E: "VIF and DIF do not fit together",
    0x0F: "unimplemented action",
    0x15: "no data available",
    0x16: "data overflow",
    0x17: "data underflow",
    0x18: "data error",
    0x1C: "premature end of record",
}

_QUALIFIERS: Final[Mapping[int, str]] = {
    0x12: "average value",
    0x14: "relative deviation",
    0x1D: "standard conform data content",
    0x20: "per second",
    0x21: "per minute",
    0x22: "per hour",
    0x23: "per day",
    0x24: "per week",
    0x25: "per month",
    0x26: "per year",
    0x27: "per revolution or measurement",
    0x28: "increment per input pulse on channel 0",
    0x29: "increment per input pulse on channel 1",
    0x2A: "increment per output pulse on channel 0",
    0x2B: "increment per output pulse on channel 1",
    0x2C: "per litre",
    0x2D: "per m3",
    0x2E: "per kg",
    0x2F: "per K",
    0x30: "per kWh",
    0x31: "per GJ",
    0x32: "per kW",
    0x33: "per K*l",
    0x34: "per V",
    0x35: "per A",
    0x36: "multiplied by s",
    0x37: "multiplied by s/V",
    0x38: "multiplied by s/A",
    0x3A: "uncorrected unit",
    0x3B: "only positive contributions",
    0x3C: "absolute value of only negative contributions",
    0x3D: "alternative non-metric unit",
    0x3E: "at base conditions",
    0x3F: "OBIS declaration",
    0x68: "during exceed of lower limit",
    0x69: "leakage",
    0x6C: "during exceed of upper limit",
    0x6D: "overflow",
    0x7E: "future value",
}

EFFECTS: Final[Mapping[int, Effect]] = dict(
    (
        (0x00, lambda value: value),
        *((code, _report(words)) for code, words in RECORD_ERRORS.items()),
        (_DATA_ERROR, _report_unless_time(RECORD_ERRORS[_DATA_ERROR])),
        *((code, _qualify(words)) for code, words in _QUALIFIERS.items()),
        (0x13, _unroll(Profile.BACKWARD)),
        (0x1E, _unroll(Profile.WITH_STORAGE)),
        (0x1F, _unroll(Profile.FORWARD)),
        (0x39, _date("start of")),
        *_limit_exceeds(),
        *_durations(0x60, "duration of first"),
        *_durations(0x64, "duration of last"),
        (0x6A, _date("begin of first")),
        (0x6B, _date("end of first")),
        (0x6E, _date("begin of last")),
        (0x6F, _date("end of last")),
        *((0x70 + step, _multiply(power_of_ten(step - 6))) for step in range(8)),
        *((0x78 + step, _add(power_of_ten(step - 3))) for step in range(4)),
        (0x7D, _multiply(Decimal(1000))),
    )
)

EXTENDED_EFFECTS: Final[Mapping[int, Effect]] = {
    0x01: _qualify("phase L1"),
    0x02: _qualify("phase L2"),
    0x03: _qualify("phase L3"),
    0x04: _qualify("neutral"),
    0x05: _qualify("between L1 and L2"),
    0x06: _qualify("between L2 and L3"),
    0x07: _qualify("between L3 and L1"),
    0x08: _qualify("quadrant 1"),
    0x09: _qualify("quadrant 2"),
    0x0A: _qualify("quadrant 3"),
    0x0B: _qualify("quadrant 4"),
    0x0C: _qualify("import minus export"),
    0x10: _qualify("absolute value of both directions"),
    0x11: _retype(DataType.UNSIGNED),
    0x12: _retype(DataType.FLAGS),
    0x13: _date("end of"),
    0x14: _qualify("direction to the meter"),
    0x15: _qualify("direction from the meter"),
}
"""The second table, behind VIFE 7C."""

EXTENSION: Final = 0x7C
MANUFACTURER: Final = 0x7F


def combine(value: ValueInformation, vifes: bytes) -> ValueInformation:
    """The value information after all these VIFEs."""
    codes = iter(vife & 0x7F for vife in vifes)
    for code in codes:
        if code == MANUFACTURER:
            return makers_own(value, bytes(codes))
        effect = EXTENDED_EFFECTS.get(next(codes, 0)) if code == EXTENSION else EFFECTS.get(code)
        value = effect(value) if effect else value.qualified(f"reserved VIFE {code:02X}")
    return value


def makers_own(value: ValueInformation, codes: bytes) -> ValueInformation:
    """Everything from here on is the manufacturer's private code."""
    spelled = bytes(code & 0x7F for code in codes).hex(" ").upper()
    return value.qualified(f"manufacturer's code {spelled}".rstrip())
