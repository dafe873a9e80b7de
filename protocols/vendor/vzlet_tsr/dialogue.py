"""One conversation with one meter. On RS-232 nothing guards a reply, so that it counts when it came twice.

Source: vzlet-tsr-legacy.md section 2.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from operator import eq
from typing import Final

from metering.errors import DecodeError, FrameError, NotSupported
from protocols.conversation import Conversation, Exchange
from protocols.vendor.vzlet_tsr.frames import CODE_PAGE, RS_232, Line, Question
from protocols.vendor.vzlet_tsr.functions import WORDS, Function

MOST_READINGS: Final = 5
NOT_IMPLEMENTED: Final = "not implemented"
_LARGEST_EXPONENT: Final = 20
_CENTURY: Final = 2000
_MOMENT: Final = re.compile(r"(\d\d)\.(\d\d)\.(\d\d) (\d\d):(\d\d):(\d\d)", re.ASCII)
_JUST_AFTER_MIDNIGHT: Final = "00:0"
_MOST_APART: Final = timedelta(seconds=30)
"""How far two readings of a running clock may lie apart on a slow line."""

Alike = Callable[[bytes, bytes], bool]


class Dialogue:
    """Asks the meter on this line."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def text(self, function: Function, argument: int = 0) -> Conversation[str | None]:
        """The reply's text; None when the meter does not have this function."""
        question = Question(self._line, function, bytes((argument,)))
        return _text((yield from self._agreed(question, eq)))

    def required(self, function: Function, argument: int = 0) -> Conversation[str]:
        """The reply's text; NotSupported when the meter does not have this function."""
        text = yield from self.text(function, argument)
        if text is None:
            raise NotSupported(f"The meter does not tell its {WORDS[function]}; check the registered model.")
        return text

    def number(self, function: Function, argument: int) -> Conversation[Decimal | None]:
        """The reply as a number; None when the meter does not have this function.

        What moves between five readings is their median.
        """
        question = Question(self._line, function, bytes((argument,)))
        readings = yield from self._readings(question, eq)
        if len(readings) < MOST_READINGS:
            text = _text(readings[-1])
            return None if text is None else number(text)
        numbers = sorted(number(reading.decode(CODE_PAGE)) for reading in readings)
        return numbers[len(numbers) // 2]

    def clock(self) -> Conversation[datetime]:
        """The meter's date and time. A date that was read shortly before midnight is read again after it."""
        date = yield from self.required(Function.DATE)
        question = Question(self._line, Function.TIME, b"\x00")
        reading = yield from self._agreed(question, lambda first, second: _follows(date, first, second))
        time = reading.decode(CODE_PAGE)
        if time.startswith(_JUST_AFTER_MIDNIGHT):
            date = yield from self.required(Function.DATE)
        return moment(date, time)

    def record(self, function: Function, address: int, size: int) -> Conversation[bytes]:
        """An archive record at this address."""
        place = address.to_bytes(2, "big")
        question = Question(self._line, function, place + b" " * size + b"\x00\x00", (place, size))
        return (yield from self._agreed(question, eq))

    def once(self, function: Function, data: bytes) -> Conversation[str]:
        """The text that answers a command, which is never repeated."""
        question = Question(self._line, function, data)
        heard = yield Exchange(question.frame(), question.complete, attempts=1)
        return question.content(heard).decode(CODE_PAGE)

    def _agreed(self, question: Question, alike: Alike) -> Conversation[bytes]:
        readings = yield from self._readings(question, alike)
        if len(readings) == MOST_READINGS:
            raise FrameError(
                f"Of {MOST_READINGS} replies to function {question.code:02X}h no two were alike: the line "
                "damages them. Check wiring, modem and speed."
            )
        return readings[-1]

    def _readings(self, question: Question, alike: Alike) -> Conversation[list[bytes]]:
        """Readings until one, the last, is like one before; on RS-485 its checksum answers for the first."""
        readings: list[bytes] = []
        while len(readings) < MOST_READINGS:
            heard = yield Exchange(question.frame(), question.complete)
            content = question.content(heard)
            if self._line.address != RS_232 or any(alike(before, content) for before in readings):
                return [content]
            readings.append(content)
        return readings


def number(text: str) -> Decimal:
    """The number that a text writes; DecodeError when it is none, or none of a meter."""
    try:
        read = Decimal(text.strip())
    except InvalidOperation as error:
        raise DecodeError(f"The meter sent {text[:40]!r} where a number belongs.") from error
    if not read.is_finite() or abs(read.adjusted()) > _LARGEST_EXPONENT:
        raise DecodeError(f"The meter sent {text[:40]!r}, which is no number of a meter.")
    return read


def moment(date: str, time: str) -> datetime:
    """The moment of `DD.MM.YY` and `HH:MM:SS`; DecodeError when no calendar has it."""
    written = _MOMENT.fullmatch(f"{date.strip()} {time.strip()}")
    day, month, year, hour, minute, second = map(int, written.groups()) if written else [0] * 6
    try:
        return datetime(_CENTURY + year, month, day, hour, minute, second)
    except ValueError as error:
        raise DecodeError(f"The meter sent the time {date[:20]!r} {time[:20]!r}; check its clock.") from error


def _follows(date: str, first: bytes, second: bytes) -> bool:
    """Whether these are readings of one clock, the second a little later."""
    try:
        began, ended = (moment(date, reading.decode(CODE_PAGE)) for reading in (first, second))
    except DecodeError:
        return False
    return timedelta(0) <= ended - began <= _MOST_APART


def _text(content: bytes) -> str | None:
    text = content.decode(CODE_PAGE).strip()
    return None if text.lower().startswith(NOT_IMPLEMENTED) else text
