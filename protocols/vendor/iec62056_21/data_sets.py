"""Data sets: an address and values with units, `6.8*01(0314.658*GJ)` (iec62056-21-heat.md 1 and 2.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

SET: Final = re.compile(r"([^()!\r\n]*)\(([^()\r\n]*)\)")
MOST_SETS: Final = 1000
_STORAGE: Final = re.compile(r"[0-9]{1,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Part:
    """One of the values between the parentheses, as text."""

    text: str
    unit: str


@dataclass(frozen=True, slots=True)
class DataSet:
    """`storage` 0 is now, 1 the last set day, 2 the one before."""

    address: str
    storage: int
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """The first value; empty where the meter has none."""
        return self.parts[0].text


def parse(text: str) -> tuple[DataSet, ...]:
    """All data sets of a block; what is none is stepped over."""
    found = SET.findall(text)[:MOST_SETS]
    return tuple(data_set(address, content) for address, content in found)


def data_set(address: str, content: str) -> DataSet:
    """The data set of what stands before and within the parentheses."""
    name, _, storage = address.strip().partition("*")
    parts = tuple(_part(part) for part in content.split("&"))
    if _STORAGE.fullmatch(storage):
        return DataSet(name, int(storage), parts)
    return DataSet(address.strip(), 0, parts)


def _part(written: str) -> Part:
    text, _, unit = written.partition("*")
    return Part(text.strip(), unit.strip())
