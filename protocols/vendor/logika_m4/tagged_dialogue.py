"""One conversation with one younger device: long frames, woken by a run of FF before the session request."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import count
from typing import Final

from metering.errors import DecodeError, ExchangeError
from protocols.conversation import Conversation, Exchange
from protocols.vendor.logika_m4.frames import WAKE_UP, LongFrame, find_long
from protocols.vendor.logika_m4.refusals import ERROR, refusal
from protocols.vendor.logika_m4.session import (
    SESSION,
    SESSION_ANSWER_SIZE,
    network_of,
    session_request,
)
from protocols.vendor.logika_m4.tags import Item, Tag, encode, parse

READ_PARAMETERS: Final = 0x72
MOST_PARAMETERS: Final = 24
"""Devices take 32 a request; the maker's own library asks for no more than these."""

Parameter = tuple[int, int]
"""Channel and number."""


class TaggedDialogue:
    """Asks one device. A session that fell asleep meanwhile is opened anew and the question repeated."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._network = network_of(address)
        self._identifiers = count()
        self._is_open = False

    def open(self) -> Conversation[bytes]:
        """Wakes the device; signature and version of it."""
        self._is_open = False
        answer = yield from self._put(SESSION, session_request(0), WAKE_UP)
        if len(answer) != SESSION_ANSWER_SIZE:
            raise DecodeError(f"A session is answered by three bytes, not by {answer.hex(' ')}.")
        self._is_open = True
        return answer

    def ask(self, function: int, data: bytes) -> Conversation[bytes]:
        """The data of the answer; raises when the meter refuses."""
        if self._is_open:
            try:
                return (yield from self._put(function, data))
            except ExchangeError:
                self._is_open = False
        yield from self.open()
        return (yield from self._put(function, data))

    def read(self, parameters: Sequence[Parameter]) -> Conversation[tuple[Item, ...]]:
        """One item for each of at most MOST_PARAMETERS parameters, in their order."""
        asked = b"".join(parameter_item(channel, number) for channel, number in parameters)
        answer = yield from self.ask(READ_PARAMETERS, asked)
        items = tuple(item for item in parse(answer) if item.tag != Tag.OPERATIVE)
        if len(items) != len(parameters):
            raise DecodeError(f"{len(parameters)} parameters were asked for, {len(items)} came.")
        return items

    def _put(self, function: int, data: bytes, wake_up: bytes = b"") -> Conversation[bytes]:
        identifier = next(self._identifiers) & 0xFF
        request = LongFrame(self._network, identifier, function, data)
        complete = partial(_end_of_answer, request)
        reply = yield Exchange(wake_up + request.encode(), complete)
        answer = _answer(request, reply)
        if answer is None:
            raise DecodeError("The answer is damaged.")
        frame, _ = answer
        if frame.function == ERROR:
            raise refusal(frame.data)
        return frame.data


def parameter_item(channel: int, number: int) -> bytes:
    """A PNUM item."""
    return encode(Tag.PARAMETER, bytes((channel,)) + number.to_bytes(2, "little"))


def _answer(request: LongFrame, buffer: bytes) -> tuple[LongFrame, int] | None:
    """The answer to this request and where it ends; an echo of the request is stepped over."""
    begin = 0
    while (found := find_long(buffer[begin:], request.network, request.identifier)) is not None:
        frame, end = found
        if frame.function in (request.function, ERROR) and frame != request:
            return frame, begin + end
        begin += end
    return None


def _end_of_answer(request: LongFrame, buffer: bytes) -> int | None:
    found = _answer(request, buffer)
    return found[1] if found else None
