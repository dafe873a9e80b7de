"""What a simulated device of this bus sends of which symbol, from its memory (logika-m4.md 5 and 8)."""

from __future__ import annotations

import struct
from collections.abc import Container, Iterable, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from metering.errors import NotSupported
from simulators.memory import MeterMemory
from simulators.numbers import Numbers, Sent, on_wire, truths_of
from simulators.truth import Truths

TOTAL_STEP: Final = Decimal("0.00001")
"""What the fraction of a total and the float of the current hour lose together."""


class Units(NamedTuple):
    """How a device was set up."""

    heat: str
    pressure: str


MEASURED: Final[Mapping[str, tuple[str, str]]] = {
    **{f"G{pipe}": (f"volume_flow_{place}", "m3/h") for pipe, place in ((1, "supply"), (2, "return"))},
    **{f"Gm{pipe}": (f"mass_flow_{place}", "t/h") for pipe, place in ((1, "supply"), (2, "return"))},
    **{
        f"V{pipe}": (f"volume_{place}", "m3")
        for pipe, place in ((1, "supply"), (2, "return"), (3, "make_up"))
    },
    **{f"M{pipe}": (f"mass_{place}", "t") for pipe, place in ((1, "supply"), (2, "return"), (3, "make_up"))},
    **{f"P{pipe}": (f"pressure_{place}", "P") for pipe, place in ((1, "supply"), (2, "return"))},
    **{f"t{pipe}": (f"temperature_{place}", "°C") for pipe, place in ((1, "supply"), (2, "return"))},
    "dt": ("temperature_difference", "K"),
    "tx": ("temperature_cold_water", "°C"),
    "tair": ("temperature_outdoor", "°C"),
    "Q": ("energy_heating", "Q"),
    "Qhot": ("energy_hot_water", "Q"),
    "Qsum": ("energy_total", "Q"),
    "Tcount": ("operating_time", "h"),
    "Tabnormal": ("error_time", "h"),
}
"""Quantity and unit by symbol; P and Q stand for the units of the settings. Other symbols are sent as 0."""


def sent(symbol: str, circuit: int, units: Units, step: Decimal | None = None) -> Sent | None:
    """How a number of this symbol goes out; None for one that the plant does not have."""
    if symbol not in MEASURED:
        return None
    quantity, unit = MEASURED[symbol]
    return Sent(quantity, {"P": units.pressure, "Q": units.heat}.get(unit, unit), step, circuit)


def amount(symbol: str, circuit: int, units: Units, numbers: Numbers) -> Decimal:
    """The number of a symbol in the unit of the wire."""
    row = sent(symbol, circuit, units)
    try:
        return on_wire(row, numbers) if row else Decimal(0)
    except NotSupported:
        return Decimal(0)


def truths(
    symbols: Iterable[tuple[str, int]],
    units: Units,
    memory: MeterMemory,
    numbers: Numbers,
    totals: Container[str] = (),
) -> Truths:
    """What a reader must understand of symbols with their circuits; `totals` are no mere floats."""
    rows = (
        sent(symbol, circuit, units, TOTAL_STEP if symbol in totals else None)
        for symbol, circuit in symbols
        if circuit <= memory.circuits
    )
    return truths_of((row for row in rows if row), numbers)


def ieee_float(number: Decimal) -> bytes:
    """IEEE 754 single, low byte first."""
    return struct.pack("<f", number)


def mixed(number: Decimal) -> bytes:
    """A signed whole number and the rest as a float."""
    whole = int(number)
    return struct.pack("<if", whole, number - whole)


def memory_float(number: Decimal) -> bytes:
    """Three bytes of mantissa, low first, whose top bit is the sign; then the exponent."""
    bits = struct.unpack("<I", struct.pack("<f", number))[0]
    mantissa, exponent, sign = bits & 0x7FFFFF, bits >> 23 & 0xFF, bits >> 31
    return bytes((mantissa & 0xFF, mantissa >> 8 & 0xFF, mantissa >> 16 | sign << 7, exponent))
