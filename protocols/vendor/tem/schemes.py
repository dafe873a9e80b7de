"""Where a meter keeps the configuration of its systems. Sources: tem-104.md sections 4 to 7a."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from metering.errors import DecodeError
from protocols.conversation import Conversation
from protocols.vendor.tem.commands import Memory
from protocols.vendor.tem.dialogue import Dialogue
from protocols.vendor.tem.systems import SYSTEMS, System

_HOT_WATER_AND_FLOW: Final = {5: "dead_end_hot_water", 6: "make_up", 7: "make_up_of_source"}
_PLAIN: Final = {0: "flow_meter_volume", 1: "flow_meter_mass", 2: "main_line", 3: "supply", 4: "return"}

TYPES_104_1: Final[Mapping[int, str]] = {**_PLAIN, **_HOT_WATER_AND_FLOW}
TYPES_104: Final[Mapping[int, str]] = {
    **TYPES_104_1,
    0x8: "supply_and_flow_meter",
    0xA: "open",
    0xB: "circulating_hot_water",
    0xC: "source",
}
TYPES_104M: Final[Mapping[int, str]] = {
    **_PLAIN,
    0x5: "cold",
    0x6: "dead_end_hot_water",
    0x7: "make_up",
    0x8: "make_up_of_source",
    0x9: "heat_and_cold",
    0xA: "supply_and_flow_meter",
    0xB: "open",
    0xC: "circulating_hot_water",
    0xD: "source",
    0xE: "supply_and_make_up",
    0xF: "independent",
}
TYPES_106: Final[Mapping[int, str]] = {
    0: "supply",
    1: "return",
    2: "supply_and_flow_meter",
    4: "open",
    5: "flow_meter_mass",
    6: "main_line",
    7: "circulating_hot_water",
    8: "dead_end_hot_water",
    9: "temperature",
}
TYPES_104_K: Final[Mapping[int, str]] = {1: "supply", 2: "return", 3: "dead_end_hot_water"}


class Scheme(Protocol):
    """How the systems of a model are found out."""

    def read(self, dialogue: Dialogue) -> Conversation[tuple[System, ...]]: ...


@dataclass(frozen=True, slots=True)
class Structures:
    """A number of systems, and a structure for each: its type, four programmed flows, four flow channels."""

    count_at: int
    most: int
    at: int
    stride: int
    types: Mapping[int, str]

    def read(self, dialogue: Dialogue) -> Conversation[tuple[System, ...]]:
        """The systems; DecodeError for what the maker's table does not have."""
        count = yield from _count(dialogue, self.count_at, self.most)
        systems = []
        for number in range(count):
            data = yield from dialogue.read(Memory.TIMER, self.at + number * self.stride, _STRUCTURE)
            kind = _kind(self.types, data[0])
            used = len(SYSTEMS[kind].flows)
            systems.append(System(number, kind, _channels(data[5 : 5 + used])))
        return tuple(systems)


@dataclass(frozen=True, slots=True)
class Masks:
    """TEM-106: types and bit masks of the channels, one byte each for six systems."""

    def read(self, dialogue: Dialogue) -> Conversation[tuple[System, ...]]:
        """The systems; DecodeError for what the maker's table does not have."""
        data = yield from dialogue.read(Memory.TIMER, 0x0000, 0x19)
        if data[0] > 6:
            raise DecodeError(f"The meter says that it has {data[0]} systems; six are possible.")
        return tuple(
            System(
                number,
                _kind(TYPES_106, data[0x01 + number]),
                _bits(data[0x07 + number], 6),
                _bits(data[0x0D + number], 7),
                _bits(data[0x13 + number], 6),
            )
            for number in range(data[0])
        )


@dataclass(frozen=True, slots=True)
class Single:
    """One system, whose type lies at `at`; without a place it is always of the one known type."""

    types: Mapping[int, str]
    at: int | None = None

    def read(self, dialogue: Dialogue) -> Conversation[tuple[System, ...]]:
        """The system; DecodeError for a type that the maker's table does not have."""
        code = 0 if self.at is None else (yield from dialogue.read(Memory.TIMER, self.at, 1))[0]
        return (System(0, _kind(self.types, code), (0,)),)


_STRUCTURE: Final = 9
"""Bytes of a structure up to its flow channels."""


def _count(dialogue: Dialogue, at: int, most: int) -> Conversation[int]:
    (count,) = yield from dialogue.read(Memory.TIMER, at, 1)
    if count > most:
        raise DecodeError(f"The meter says that it has {count} systems; {most} are possible.")
    return count


def _kind(types: Mapping[int, str], code: int) -> str:
    if code not in types:
        raise DecodeError(
            f"The meter has a system of type {code}, which the maker's table does not have: likely this is "
            "another model than the registered one; `teplo detect` tells which."
        )
    return types[code]


def _channels(data: bytes) -> tuple[int, ...]:
    if any(channel > 3 for channel in data):
        raise DecodeError(f"The meter assigns the flow channels {data.hex(' ')}; it has four, 0 to 3.")
    return tuple(data)


def _bits(mask: int, most: int) -> tuple[int, ...]:
    return tuple(number for number in range(most) if mask >> number & 1)
