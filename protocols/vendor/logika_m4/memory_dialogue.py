"""One conversation with one older device: short frames, reads of RAM and FLASH, records found by date.

Such a device wakes slowly: it hears a session request only when a second has passed since the run of FF.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Final

from metering.errors import DecodeError, ExchangeError
from protocols.conversation import Conversation, Exchange, Pause
from protocols.vendor.logika_m4.frames import WAKE_UP, ShortFrame, find_short
from protocols.vendor.logika_m4.refusals import ERROR, NO_DATA, refusal
from protocols.vendor.logika_m4.session import SESSION, SESSION_ANSWER_SIZE, network_of, session_request

READ_FLASH: Final = 0x45
READ_RAM: Final = 0x52
PAGE_SIZE: Final = 64
AFTER_WAKE_UP: Final = 1.0
LISTENING: Final = 0.05
"""Seconds: nothing answers a run of FF, but a converter's echo is to be heard before the pause."""
TRIES: Final = 3

Frames = tuple[ShortFrame, ...]
Find = Callable[[bytes], tuple[Frames, int] | None]


class MemoryDialogue:
    """Asks one device. A session that fell asleep meanwhile is opened anew and the question repeated."""

    def __init__(self, address: str, usual_channel: int) -> None:
        self.address = address
        self._network = network_of(address)
        self._usual_channel = usual_channel
        self._channel: int | None = None

    @property
    def channel(self) -> int | None:
        """The heat input whose records are found now; None without a session."""
        return self._channel

    def open(self, channel: int | None = None) -> Conversation[bytes]:
        """Wakes the device and selects the heat input of the records that follow; signature and version."""
        self._channel = None
        wanted = self._usual_channel if channel is None else channel
        frames = yield from self._woken(session_request(wanted), TRIES)
        answer = _data(frames)
        self._channel = wanted
        return answer

    def read_ram(self, address: int, size: int) -> Conversation[bytes]:
        """At most 64 bytes of RAM."""
        request = address.to_bytes(2, "little") + bytes((size, 0))
        return _data((yield from self._ask(READ_RAM, request, size)))

    def read_flash(self, address: int, size: int) -> Conversation[bytes]:
        """Bytes of FLASH, wherever they stand on its pages."""
        first, last = address // PAGE_SIZE, (address + size - 1) // PAGE_SIZE
        count = last - first + 1
        request = first.to_bytes(2, "little") + bytes((count, 0))
        data = _data((yield from self._ask(READ_FLASH, request, PAGE_SIZE, count)))
        begin = address - first * PAGE_SIZE
        return data[begin : begin + size]

    def find_record(self, function: int, stamp: bytes, size: int, channel: int) -> Conversation[bytes | None]:
        """The record of one heat input with this stamp; None when the device has no such record."""
        if channel != self._channel:
            yield from self.open(channel)
        frames = yield from self._ask(function, stamp, size)
        if frames[0].function == ERROR and frames[0].data[:1] == bytes((NO_DATA,)):
            return None
        return _data(frames)

    def _ask(self, function: int, data: bytes, size: int, count: int = 1) -> Conversation[Frames]:
        if self._channel is not None:
            try:
                return (yield from self._put(function, data, size, count))
            except ExchangeError:
                pass
        yield from self.open(self._channel)
        return (yield from self._put(function, data, size, count))

    def _woken(self, request: bytes, tries: int) -> Conversation[Frames]:
        """The answer to a session request, the whole wake-up being repeated when there is none."""
        yield from _wake()
        try:
            return (yield from self._put(SESSION, request, SESSION_ANSWER_SIZE, attempts=1))
        except ExchangeError:
            if tries == 1:
                raise
        return (yield from self._woken(request, tries - 1))

    def _put(
        self, function: int, data: bytes, size: int, count: int = 1, attempts: int | None = None
    ) -> Conversation[Frames]:
        request = ShortFrame(self._network, function, data).encode()
        find = partial(_find, self._network, {function: size, ERROR: 1}, count)
        found = find((yield Exchange(request, partial(_end, find), attempts=attempts)))
        if found is None:
            raise DecodeError("The answer is damaged.")
        return found[0]


def _end(find: Find, buffer: bytes) -> int | None:
    found = find(buffer)
    return found[1] if found else None


def _wake() -> Conversation[None]:
    """Sends the run of FF, to which nothing answers, and waits until the device is awake."""
    with suppress(ExchangeError):
        yield Exchange(WAKE_UP, lambda _: None, timeout=LISTENING, attempts=1)
    yield Pause(AFTER_WAKE_UP)


def _find(network: int, sizes: Mapping[int, int], count: int, buffer: bytes) -> tuple[Frames, int] | None:
    """So many answers one behind the other, or a refusal alone, and where they end."""
    frames: list[ShortFrame] = []
    end = 0
    while len(frames) < count:
        found = find_short(buffer, network, sizes, end)
        if found is None:
            return None
        frame, end = found
        if frame.function == ERROR:
            return (frame,), end
        frames.append(frame)
    return tuple(frames), end


def _data(frames: Frames) -> bytes:
    if frames[0].function == ERROR:
        raise refusal(frames[0].data)
    return b"".join(frame.data for frame in frames)
