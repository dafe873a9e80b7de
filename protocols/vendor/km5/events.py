"""Event codes of a KM-5 in words. Source: km-5.md section 5, one program alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

EVENTS: Final[Mapping[int, str]] = {
    51: "t4 above maximum",
    52: "t4 below minimum",
    54: "flow 4 above maximum",
    55: "flow 3 above maximum",
    56: "winter mode",
    57: "summer mode 1",
    58: "summer mode 2",
    59: "summer mode 3",
    60: "mode without flow",
    61: "abnormal mode",
    64: "voltage of the second part's flow channel too high",
    65: "coil current of the second part too high",
    66: "coil current of the second part too low",
    67: "voltage of the flow channel too high",
    68: "coil current too high",
    69: "coil current too low",
    70: "flow 2 too high (KM-5-5)",
    71: "cold water temperature of the second part above maximum",
    73: "cold water temperature of the second part below minimum",
    74: "t2 of the second part above maximum",
    76: "t2 of the second part below minimum",
    77: "outdoor temperature above maximum",
    78: "outdoor temperature below minimum",
    79: "cold water temperature above maximum",
    81: "cold water temperature below minimum",
    82: "flow 2 above maximum",
    84: "flow 2 below minimum",
    85: "flow 1 above maximum",
    87: "flow 1 below minimum",
    88: "t2 above maximum",
    90: "t2 below minimum",
    91: "t1 above maximum",
    93: "t1 below minimum",
    94: "t1 - t2 above maximum",
    96: "t1 - t2 below minimum",
    97: "Px below minimum",
    98: "reset or watchdog",
    99: "clock was changed",
    100: "Px above maximum",
    101: "P2 below minimum",
    102: "totals cleared",
    103: "too many errors a day",
    104: "P2 above maximum",
    105: "P1 below minimum",
    106: "negative heat power",
    108: "P1 above maximum",
    114: "exchange with the second part failed",
    115: "pressure sensor Px open",
    116: "pressure sensor P2 of the second part open",
    117: "pressure sensor P2 open",
    118: "pressure sensor P1 open",
    119: "temperature sensor fault of the second part",
    120: "temperature sensor fault",
    121: "counting stopped",
    122: "power failure",
    124: "clock read error",
    125: "clock write error",
    126: "EEPROM read error",
    127: "EEPROM write error",
}


def event(code: int) -> str:
    """What a code says."""
    return EVENTS.get(code, "reserved")
