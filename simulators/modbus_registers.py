"""The registers of a simulated Modbus meter: which places it has, and the bytes that stand there now.

Current values stand still within a minute of the meter's clock, so that what is read can be judged by the
clock that came with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from protocols.modbus.parameters import SETTING
from protocols.modbus.places import Text
from protocols.modbus.texts import encode_text
from simulators.modbus_records import Writing
from simulators.numbers import numbers_at

FIRMWARE: Final[Mapping[str, str]] = {"termotronic-tv7": "2.1", "termotronic-tv7-fw22": "2.2"}

Place = tuple[int, int, bytes]
"""Function, address and all the bytes that begin there."""


class Registers:
    """Every place of one meter that can be read without selecting anything first."""

    def __init__(self, writing: Writing, serial: str) -> None:
        self._writing = writing
        self._serial = serial
        self._reckoned: tuple[datetime, list[Place]] | None = None

    def at(self, function: int, address: int) -> bytes | None:
        """All that begins at a place, however few registers were asked for; None when nothing does."""
        for place_function, at, data in self._places():
            if (place_function, at) == (function, address):
                return data
        return None

    def image(self, function: int) -> Iterator[tuple[int, bytes]]:
        """Every register of this function with its two bytes."""
        for place_function, at, data in self._places():
            if place_function == function:
                yield from image_of(at, data)

    def _places(self) -> Iterator[Place]:
        profile, now = self._writing.profile, self._writing.memory.meter_time()
        yield profile.clock.function, profile.clock.at, profile.clock.layout.encode(now)
        if profile.identity.serial:
            yield self._text(profile.identity.serial, self._serial)
        if profile.identity.firmware:
            yield self._text(profile.identity.firmware, FIRMWARE.get(self._writing.profile.name, "1.0"))
        yield from self._setting_places()
        yield from self._listed_places()
        yield from self._current_places(minute_of(now))

    def _current_places(self, minute: datetime) -> list[Place]:
        """Current values of this minute: every question about them is answered from one reckoning."""
        if self._reckoned is None or self._reckoned[0] != minute:
            self._reckoned = minute, list(self._reckon(minute))
        return self._reckoned[1]

    def _reckon(self, minute: datetime) -> Iterator[Place]:
        current, numbers = self._writing.profile.current, numbers_at(self._writing.memory, minute)
        for state in current.states:
            for circuit in self._writing.profile.circuits_of(state):
                yield current.function, state.place(circuit), bytes(state.size)
        for value in current.values:
            for at, data in self._writing.encoded(value, numbers):
                yield current.function, at, data

    def _text(self, text: Text, written: str) -> Place:
        data = bytes(text.skip) + encode_text(text.type, written, text.size, text.layout)
        return text.function, text.at, data

    def _listed_places(self) -> Iterator[Place]:
        """The list of parameters, and the record of current values that it describes."""
        declared, current = self._writing.profile.parameters, self._writing.profile.current
        if declared:
            codes = bytes.fromhex(self._writing.settings[SETTING])
            yield declared.function, declared.at, bytes(declared.skip) + codes + bytes([declared.end])
        if current.record and current.selected is None:
            now = self._writing.memory.meter_time()
            numbers = numbers_at(self._writing.memory, minute_of(now))
            yield current.function, current.at, self._writing.record(current.record, now, numbers)

    def _setting_places(self) -> Iterator[Place]:
        registers: dict[tuple[int, int], int] = {}
        for setting in self._writing.profile.settings:
            words = {word: number for number, word in setting.words.items()}
            word = self._writing.settings[setting.name]
            place = (setting.function, setting.at)
            registers[place] = registers.get(place, 0) | int(words.get(word, word)) << setting.first_bit
        for (function, at), register in registers.items():
            yield function, at, register.to_bytes(2, "big")


def image_of(at: int, data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each register of these bytes with its two; an odd end is filled up."""
    for offset in range(0, len(data), 2):
        yield at + offset // 2, data[offset : offset + 2].ljust(2, b"\x00")


def minute_of(moment: datetime) -> datetime:
    """When the current values of a moment were taken."""
    return moment.replace(second=0, microsecond=0)
