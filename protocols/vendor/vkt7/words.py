"""Names of registers, value types, elements and codes for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from protocols.vendor.vkt7.elements import DURATIONS, ELEMENTS, MARKS
from protocols.vendor.vkt7.properties import PROPERTIES
from protocols.vendor.vkt7.values import ABNORMAL, GOOD, NONE, NOT_IN_SCHEME, OTHERS, OUT_OF_RANGE

READ_REGISTERS: Final[Mapping[int, str]] = {
    0x3FFE: "read data: the values of the read list, or the service block after the start of a session",
    0x3FFC: "read the list of active elements",
    0x3FFB: "read the clock",
    0x3FF6: "read the date range of the archives",
    0x3FF9: "read the service information",
    0x3ECD: "read the scheme number of heat input 1",
    0x3F5B: "read the scheme number of heat input 2",
    0x3FE9: "read the number of the active settings data base",
    0x3EA6: "read the subscriber identifier",
    0x3FEE: "read the discrete outputs",
}
WRITE_REGISTERS: Final[Mapping[int, str]] = {
    0x3FFF: "write the read list, or start a session",
    0x3FFD: "write the value type",
    0x3FFB: "write the archive date",
    0x3FEE: "set the discrete outputs",
}
VALUE_TYPES: Final[Mapping[int, str]] = {
    0: "hour archive",
    1: "day archive",
    2: "month archive",
    3: "total archive",
    4: "current values",
    5: "current totals",
    6: "properties: units and decimals",
}
REFUSALS: Final[Mapping[int, str]] = {
    2: "no such element or type",
    3: "no data for this date",
    5: "the measurement scheme changed, or the list is too long",
    7: "the outputs are not remotely controlled",
}
QUALITIES: Final[Mapping[int, str]] = {
    GOOD: "good",
    NOT_IN_SCHEME: "absent in the measurement scheme: the value is garbage",
    OUT_OF_RANGE: "out of range",
    ABNORMAL: "abnormal situation",
}
_SITUATIONS: Final[Mapping[int, str]] = {
    NONE: "no abnormal situation",
    OTHERS: "abnormal situation of another element",
}
_ELEMENTS: Final[Mapping[int, str]] = (
    {code: f"{each.quantity} of heat input {each.circuit}" for code, each in ELEMENTS.items()}
    | {code: f"mark of an abnormal situation, input {circuit}" for code, circuit in MARKS.items()}
    | {code: f"durations of abnormal situations, input {circuit}" for code, circuit in DURATIONS.items()}
    | {each.code: each.setting.replace("_", " ") for asked in PROPERTIES for each in asked}
    | {11: "mass of hot water of heat input 1", 33: "mass of hot water of heat input 2"}
    | {81: "additional input DI", 82: "pressure P3"}
)


def element(code: int) -> str:
    """An element in words."""
    return _ELEMENTS.get(code, f"element {code}")


def situation(code: int) -> str:
    """The byte of the abnormal situation in words."""
    return _SITUATIONS.get(code, f"abnormal situation {code}")
