"""One conversation with one device: a question has a running number in its head, which the answer repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import count
from typing import Final

from metering.errors import ConfigurationError, DecodeError
from protocols.conversation import Conversation, Exchange
from protocols.vendor.logika_spbus.frames import Route, SpbusFrame, find
from protocols.vendor.logika_spbus.records import Record, encode, parse

READ_PARAMETERS, PARAMETERS = 0x1D, 0x03
READ_SLICE, SLICE = 0x18, 0x20
READ_DESCRIPTION, DESCRIPTION = 0x19, 0x21
ANSWERS: Final[Mapping[int, int]] = {
    READ_PARAMETERS: PARAMETERS,
    READ_SLICE: SLICE,
    READ_DESCRIPTION: DESCRIPTION,
}

MOST_PARAMETERS: Final = 24
MOST_NUMBERS: Final = 100
DIRECT: Final = "direct"
COLLECTOR: Final = 0x80
"""Set in the source address of whoever asks through a device that leads to others."""

Parameter = tuple[int, int]
"""Channel and ordinal."""


class SpbusDialogue:
    """Asks one device."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._route = route_of(address)
        self._numbers = count(1)

    def read(self, parameters: Sequence[Parameter]) -> Conversation[tuple[Record, ...]]:
        """Value, and unit where it is sent, of each of at most MOST_PARAMETERS parameters."""
        names = [(str(channel), str(ordinal)) for channel, ordinal in parameters]
        records = yield from self._ask(READ_PARAMETERS, names)
        echoed = [tuple(_plain(field) for field in record) for record in records[::2]]
        if echoed != names or len(records) != 2 * len(names):
            raise DecodeError("The parameters that came are not those that were asked for.")
        return records[1::2]

    def describe(self, archive: int) -> Conversation[tuple[Record, ...]]:
        """Name, unit, channel and ordinal of each column of an archive of slices."""
        return (yield from self._of_archive(READ_DESCRIPTION, archive, []))

    def read_slice(self, archive: int, at: datetime, two_digits: bool) -> Conversation[tuple[Record, ...]]:
        """The slice at this time: what was asked, its own time, the time before, and its values."""
        year = f"{at.year % 100:02}" if two_digits else f"{at.year}"
        rest = (f"{part:02}" for part in (at.hour, at.minute, at.second))
        return (
            yield from self._of_archive(
                READ_SLICE, archive, [(f"{at.day:02}", f"{at.month:02}", year, *rest)]
            )
        )

    def _of_archive(
        self, function: int, archive: int, records: Sequence[Record]
    ) -> Conversation[tuple[Record, ...]]:
        first, *rest = (yield from self._ask(function, [("0", str(archive)), *records])) or ((),)
        if first != ("0", str(archive)):
            raise DecodeError(f"The answer is not about the archive {archive}.")
        return tuple(rest)

    def _ask(self, function: int, records: Sequence[Record]) -> Conversation[tuple[Record, ...]]:
        head = str(next(self._numbers) % MOST_NUMBERS).encode()
        request = SpbusFrame(function, encode(records), head, self._route)
        reply = yield Exchange(request.encode(), partial(_end_of_answer, request))
        answer = _answer(request, reply)
        if answer is None:
            raise DecodeError("The answer is damaged.")
        return parse(answer[0].data)


def route_of(address: str) -> Route:
    """The way to an address: `direct`, a bus address, or `3/5` for 3 behind the device 5.

    ConfigurationError when it is none of them.
    """
    if address == DIRECT:
        return None
    device, _, gateway = address.partition("/")
    if not all(
        part.isascii() and part.isdecimal() and len(part) <= 3 and int(part) < COLLECTOR
        for part in (device, gateway or "0")
    ):
        raise ConfigurationError(
            f"{address!r} is no address on SPbus: write direct for the device on the line itself, 3 for the "
            "bus address 3, or 3/5 for 3 behind the device with the address 5."
        )
    return int(device), int(gateway or "0") | COLLECTOR


def _answer(request: SpbusFrame, buffer: bytes) -> tuple[SpbusFrame, int] | None:
    """The answer to this request and where it ends."""
    back = request.route and (request.route[1], request.route[0])
    for frame, end in find(buffer):
        about = (frame.function, frame.head, frame.route)
        if about == (ANSWERS[request.function], request.head, back):
            return frame, end
    return None


def _end_of_answer(request: SpbusFrame, buffer: bytes) -> int | None:
    found = _answer(request, buffer)
    return found[1] if found else None


def _plain(field: str) -> str:
    """A number without the zeros before it."""
    return field.lstrip("0") or "0"
