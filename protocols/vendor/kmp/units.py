"""Unit codes of KMP (kamstrup-kmp.md section 4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

CLOCK, DATE = 47, 48


class Unit(NamedTuple):
    """A unit as our tables spell it, and the power of ten that a code such as `GJ x 10` adds."""

    text: str
    tens: int = 0


_PLAIN: Final[Mapping[int, str]] = {
    **dict(enumerate(("", "Wh", "kWh", "MWh", "GWh", "J", "kJ", "MJ", "GJ", "cal", "kcal", "Mcal"))),
    **dict(enumerate(("Gcal", "varh", "kvarh", "Mvarh", "Gvarh", "VAh", "kVAh", "MVAh", "GVAh"), 12)),
    **dict(enumerate(("W", "kW", "MW", "GW", "var", "kvar", "Mvar", "Gvar", "VA", "kVA", "MVA"), 21)),
    **dict(enumerate(("GVA", "V", "A", "kV", "kA", "°C", "K", "l", "m3", "l/h", "m3/h"), 32)),
    **dict(enumerate(("m3 x °C", "t", "t/h", "h", "hh:mm:ss", "yy:mm:dd", "yyyy:mm:dd", "mm:dd"), 43)),
    **dict(enumerate(("number", "bar", "RTC", "ASCII"), 51)),
    **dict(enumerate(("min", "bit field", "s", "ms", "d", "RTC-Q", "date and time", "imp/l", "l/imp"), 58)),
    79: "date and time",
    **dict(enumerate(("%RH", "%O2", "m/s", "kJ/kg", "pH", "g/kg"), 85)),
}

UNITS: Final[Mapping[int, Unit]] = {
    **{code: Unit(text) for code, text in _PLAIN.items()},
    55: Unit("m3", 1),
    56: Unit("t", 1),
    57: Unit("GJ", 1),
}
