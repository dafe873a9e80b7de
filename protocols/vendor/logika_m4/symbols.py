"""The maker's symbols of what is measured, and the quantities that they are.

Symbols are written in Latin: `ta` is the outdoor air (tв), `Qg` hot water (Qг), `Qc` the heat of all inputs
(Qс), `Ti` the time of counting (Ти), `Tn` the time with abnormal situations (Тн), `SP` the scheme (СП).
What is not in the table is read and left out: second sensors (t4, P4, ...), the temperature chart (tog) and
the single shares of the time (Tmin, Tmax, Tdt, Tep, Tf, Tsh, CT1...).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from metering.quantities import QUANTITIES
from metering.readings import Absence, MeterValue

HEAT, PRESSURE = "heat", "pressure"
"""Names of the settings that hold the unit of heat and of pressure."""
UNIT_SETTINGS: Final = frozenset({HEAT, PRESSURE})

QUANTITY_OF: Final[Mapping[str, tuple[str, str]]] = {
    "G1": ("volume_flow_supply", "m3/h"),
    "G2": ("volume_flow_return", "m3/h"),
    "G3": ("volume_flow_make_up", "m3/h"),
    "Gm1": ("mass_flow_supply", "t/h"),
    "Gm2": ("mass_flow_return", "t/h"),
    "Gm3": ("mass_flow_make_up", "t/h"),
    "P1": ("pressure_supply", PRESSURE),
    "P2": ("pressure_return", PRESSURE),
    "P3": ("pressure_make_up", PRESSURE),
    "Px": ("pressure_cold_water", PRESSURE),
    "t1": ("temperature_supply", "°C"),
    "t2": ("temperature_return", "°C"),
    "t3": ("temperature_make_up", "°C"),
    "dt": ("temperature_difference", "K"),
    "tx": ("temperature_cold_water", "°C"),
    "ta": ("temperature_outdoor", "°C"),
    "V1": ("volume_supply", "m3"),
    "V2": ("volume_return", "m3"),
    "V3": ("volume_make_up", "m3"),
    "M1": ("mass_supply", "t"),
    "M2": ("mass_return", "t"),
    "M3": ("mass_make_up", "t"),
    "Q": ("energy_heating", HEAT),
    "Qg": ("energy_hot_water", HEAT),
    "Qc": ("energy_total", HEAT),
    "Ti": ("operating_time", "h"),
    "Tn": ("error_time", "h"),
}
"""Quantity, and its unit or the setting that holds it."""

SCHEME, ABNORMAL, DIAGNOSTIC = "SP", "NS", "DS"
"""The scheme, abnormal situations and diagnostic messages."""

PRESSURE_UNITS: Final = ("kgf/cm2", "MPa", "bar")
HEAT_UNITS: Final = ("Gcal", "GJ", "MWh")
"""By the code of the setting."""


@dataclass(frozen=True, slots=True)
class Field:
    """One number of an answer: the maker's symbol, and the heat input that it belongs to."""

    symbol: str
    circuit: int = 1


def fields(symbols: str, circuit: int = 1) -> tuple[Field, ...]:
    """Fields of one heat input, from symbols with blanks between."""
    return tuple(Field(symbol, circuit) for symbol in symbols.split())


def meter_value(field: Field, number: Decimal | Absence, settings: Mapping[str, str]) -> MeterValue | None:
    """The value of a field; None for a symbol that is no quantity."""
    if field.symbol not in QUANTITY_OF:
        return None
    name, unit = QUANTITY_OF[field.symbol]
    unit = settings.get(unit, "") if unit in UNIT_SETTINGS else unit
    if isinstance(number, Absence):
        return MeterValue(QUANTITIES[name], unit, None, number, field.circuit)
    return MeterValue(QUANTITIES[name], unit, number, None, field.circuit)
