"""The one answer of a TEM-05: its current state, without a header and without a known checksum.

Source: tem-05.md section 2 (one working collector). Numbers are little-endian; totals have 24 bits and wrap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final, NamedTuple

from metering.errors import DecodeError, FrameError
from protocols.fields import bcd

REQUEST: Final = bytes.fromhex("33817e32")
"""Wakes the adapter and asks for the state; it carries no address."""
SIZE: Final = 344
"""The least that an answer has: the one known reader names 344, 345 and more. What follows means nothing."""

DIVISORS: Final = (
    *(1000, 1000, 100, 100, 100, 100, 100, 100),
    *(10, 10, 10, 10, 10, 10, 1, 10),
    *(1, 1, 1, 1, 1, 100, 10, 10),
)
"""By the code of a channel's diameter and flow, 0 to 23."""
AMBIGUOUS: Final = 3
"""The code of which the two generations of the meter mean different flows: 1.25 m3/h, or 0.625 m3/h."""
AMBIGUOUS_DIVISORS: Final = {"100": 100, "1000": 1000}

_CENTURY: Final = 2000
_MINUTE, _HOUR, _DATE = 2, 4, 7
_SERIAL, _VERSION, _SCHEME, _CODES = 14, 16, 17, 18
_RUNNING: Final = 24
_ERRORS: Final = (202, 204)
_TEMPERATURES: Final = 206


class ChannelPlace(NamedTuple):
    """Where the numbers of one channel begin; each has three bytes."""

    flow: int
    heat: int
    volume: int
    mass: int


CHANNELS: Final = (ChannelPlace(32, 38, 41, 44), ChannelPlace(47, 53, 56, 59))
_COUNTER: Final = 3


@dataclass(frozen=True, slots=True)
class Channel:
    """Raw numbers of one channel, and the code that tells what they are divided by."""

    code: int
    flow: int
    heat: int
    volume: int
    mass: int

    @property
    def totals(self) -> tuple[int, int, int]:
        return self.heat, self.volume, self.mass

    def divisor(self, ambiguous: int = DIVISORS[AMBIGUOUS]) -> int:
        """Of volume and mass; that of heat is ten times and that of the flow a hundred times as large."""
        return ambiguous if self.code == AMBIGUOUS else DIVISORS[self.code]


@dataclass(frozen=True, slots=True)
class State:
    """What one answer says. Temperatures (supply, return, cold water) in hundredths; `running` in minutes."""

    meter_time: datetime
    serial: str
    version: int
    scheme: int
    running: int
    channels: tuple[Channel, Channel]
    errors: tuple[int, int]
    temperatures: tuple[Decimal, Decimal, Decimal]


def answer_end(buffer: bytes) -> int | None:
    """Where the first answer ends: what stands at the place of its date is one."""
    for start in range(len(buffer) - SIZE + 1):
        if _moment(buffer[start : start + SIZE]) is not None:
            return start + SIZE
    return None


def state_of(heard: bytes) -> State:
    """The state told by the last SIZE bytes; DecodeError for a code of the table's no row."""
    answer = heard[-SIZE:]
    meter_time = _moment(answer)
    if meter_time is None:
        raise FrameError("The answer is cut off or damaged: no date stands where its date should be.")
    return State(
        meter_time,
        str(_little(answer, _SERIAL, 2)),
        answer[_VERSION],
        answer[_SCHEME],
        _little(answer, _RUNNING + 1, 3) * 60 + answer[_RUNNING],
        (_channel(answer, 0), _channel(answer, 1)),
        (_little(answer, _ERRORS[0], 2), _little(answer, _ERRORS[1], 2)),
        (_temperature(answer, 0), _temperature(answer, 1), _temperature(answer, 2)),
    )


def _moment(answer: bytes) -> datetime | None:
    """The clock; None when it shows no time, or the minutes of the running time are none."""
    minute, hour = bcd(answer[_MINUTE : _MINUTE + 1]), bcd(answer[_HOUR : _HOUR + 1])
    day, month, year = (bcd(answer[at : at + 1]) for at in range(_DATE, _DATE + 3))
    if minute is None or hour is None or day is None or month is None or year is None:
        return None
    try:
        shown = datetime.combine(date(_CENTURY + year, month, day), time(hour, minute))
    except ValueError:
        return None
    return shown if answer[_RUNNING] < 60 else None


def _channel(answer: bytes, number: int) -> Channel:
    code, place = answer[_CODES + number], CHANNELS[number]
    if code >= len(DIVISORS):
        raise DecodeError(
            f"Channel {number + 1} has the code {code} of diameter and flow; the table ends at "
            f"{len(DIVISORS) - 1}, so that its totals cannot be scaled."
        )
    return Channel(code, *(_little(answer, at, _COUNTER) for at in place))


def _temperature(answer: bytes, number: int) -> Decimal:
    return Decimal(_little(answer, _TEMPERATURES + 2 * number, 2)).scaleb(-2)


def _little(answer: bytes, at: int, size: int) -> int:
    return int.from_bytes(answer[at : at + size], "little")


def described(answer: bytes) -> Iterator[tuple[int, str]]:
    """The fields of an answer in their order: size and meaning."""
    state = state_of(answer[:SIZE])
    yield 2, "not known"
    yield 8, f"clock: {state.meter_time:%H:%M %d.%m.%Y}"
    yield 4, "not known"
    yield 2, f"serial number {state.serial}"
    yield 1, f"software version {state.version}"
    yield 1, f"installation scheme {state.scheme}"
    yield 2, f"codes of the channels: totals are divided by {_divisors(state)}"
    yield 1, "not known"
    yield 1, f"programmed temperature {Decimal(answer[21]).scaleb(-1)} °C"
    yield 2, "not known"
    yield 4, f"running time {state.running} min"
    yield from _counters(state.channels[0], 32 - 28, "channel 1")
    yield from _counters(state.channels[1], 0, "channel 2")
    yield 1, f"number of errors {answer[62]}"
    yield 202 - 63, "not known"
    yield 4, "errors 1 and 2: " + " and ".join(f"{word:04X}" for word in state.errors)
    yield 6, "supply, return, cold water: " + ", ".join(f"{one} °C" for one in state.temperatures)
    yield len(answer) - 212, "not known"


def _divisors(state: State) -> str:
    return " and ".join(str(channel.divisor()) for channel in state.channels)


def _counters(channel: Channel, unknown: int, name: str) -> Iterator[tuple[int, str]]:
    yield unknown, "not known"
    yield 3, f"{name}: flow {Decimal(channel.flow) / (channel.divisor() * 100)} m3/h"
    yield 3, "not known"
    yield 3, f"{name}: heat {Decimal(channel.heat) / (channel.divisor() * 10)} MWh"
    yield 3, f"{name}: volume {Decimal(channel.volume) / channel.divisor()} m3"
    yield 3, f"{name}: mass {Decimal(channel.mass) / channel.divisor()} t"
