"""The status byte that answers a selection (sa-94.md section 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from metering.conditions import Condition, ConditionName

_FIXED_MASK, _FIXED = 0xE8, 0x08
_COUNTING, _SECOND_MODEL, _T3_USED, _T3_SET = 0x10, 0x04, 0x02, 0x01
COLD_WATER: Final = "temperature_cold_water"


@dataclass(frozen=True, slots=True)
class Status:
    """What the byte says."""

    octet: int

    @property
    def has_two_flows(self) -> bool:
        """Whether it is an SA-94/2."""
        return bool(self.octet & _SECOND_MODEL)

    @property
    def uses_third_temperature(self) -> bool:
        return bool(self.octet & _T3_USED)

    @property
    def conditions(self) -> frozenset[Condition]:
        """Counting stopped; a third temperature that was set and is not measured."""
        found = set()
        if not self.octet & _COUNTING:
            found.add(Condition(ConditionName.NOT_COUNTING))
        if self.uses_third_temperature and self.octet & _T3_SET:
            found.add(Condition(ConditionName.CONTRACT_VALUE_USED, 1, COLD_WATER))
        return frozenset(found)

    def __str__(self) -> str:
        words = [
            "counting" if self.octet & _COUNTING else "stopped",
            "SA-94/2" if self.has_two_flows else "SA-94/1",
        ]
        if self.uses_third_temperature:
            words.append("T3 set" if self.octet & _T3_SET else "T3 measured")
        return ", ".join(words)


def is_status(octet: int) -> bool:
    """Whether the bits are right that are the same in every status byte."""
    return octet & _FIXED_MASK == _FIXED
