"""The transcript of a poll in few bytes: one compressed text.

    headers: number of frames, then for each: number, at (µs since 1970), size and direction
    data:    the frames' bytes, one after another
    asked:   number of askings, then for each: archive kind, number of slots, then for each slot: start
             (seconds since 1970 on the meter's clock) and length in seconds

Numbers, times, starts and lengths stand as differences to the one before. All integers are LEB128, the
differences zigzag.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot
from metering.errors import DecodeError, StorageError
from metering.polls import LARGEST_FRAME, AskedSlots, Direction, Frame

MOST_FRAMES: Final = 500_000
MOST_SLOTS: Final = 500_000
LARGEST: Final = 1 << 28
"""Bytes before they are compressed: days of talk on the fastest of lines."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)
_LONGEST_INTEGER: Final = 10
_SECOND: Final = timedelta(seconds=1)
_MIDNIGHT: Final = _EPOCH.replace(tzinfo=None)
_DIRECTIONS: Final = (Direction.SENT, Direction.RECEIVED)
_KINDS: Final = (ArchiveKind.HOUR, ArchiveKind.DAY, ArchiveKind.MONTH, ArchiveKind.TOTAL)
"""Directions and kinds stand as their places here: new ones only at the end."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What went over the line in a poll, and which archive slots it was about."""

    frames: tuple[Frame, ...]
    asked: tuple[AskedSlots, ...] = ()


def pack(transcript: Transcript) -> bytes:
    """Slots in whole seconds. StorageError when there is more of anything than a poll may have."""
    frames, slots = transcript.frames, sum(len(one.slots) for one in transcript.asked)
    text = _headers(frames) + b"".join(frame.data for frame in frames) + _askings(transcript.asked)
    if len(frames) > MOST_FRAMES or slots > MOST_SLOTS or len(text) > LARGEST:
        raise StorageError(
            f"A poll of {len(frames)} frames and {len(text)} bytes is too large to be kept: likely something "
            "on the line talks without end. Look at the meter's line settings."
        )
    return zlib.compress(text, 9)


def unpack(packed: bytes) -> Transcript:
    """What `pack` was given, times in UTC; DecodeError when these bytes are not its."""
    reader = _Reader(_decompressed(packed))
    headers = list(_read_headers(reader, reader.count(MOST_FRAMES)))
    frames = tuple(Frame(number, at, direction, reader.take(size)) for number, at, direction, size in headers)
    asked = tuple(_read_askings(reader))
    if not reader.at_end:
        raise DecodeError("Bytes stand behind the end of a transcript: it was damaged.")
    return Transcript(frames, asked)


def _headers(frames: Sequence[Frame]) -> bytes:
    text = bytearray(_unsigned(len(frames)))
    number, ticks = 0, 0
    for frame in frames:
        at = (frame.at - _EPOCH) // _TICK
        text += _signed(frame.number - number) + _signed(at - ticks)
        text += _unsigned(len(frame.data) << 1 | _DIRECTIONS.index(frame.direction))
        number, ticks = frame.number, at
    return bytes(text)


def _read_headers(reader: _Reader, count: int) -> Iterator[tuple[int, datetime, Direction, int]]:
    number, ticks = 0, 0
    for _ in range(count):
        number, ticks = number + reader.signed(), ticks + reader.signed()
        size, direction = divmod(reader.unsigned(), 2)
        if number < 1 or size > LARGEST_FRAME:
            raise DecodeError(f"A transcript has a frame number {number} of {size} bytes: it was damaged.")
        yield number, _instant(ticks), _DIRECTIONS[direction], size


def _askings(asked: Sequence[AskedSlots]) -> bytes:
    text = bytearray(_unsigned(len(asked)))
    for one in asked:
        text += _unsigned(_KINDS.index(one.kind)) + _unsigned(len(one.slots))
        start, length = 0, 0
        for slot in one.slots:
            starts, lasts = (slot.start - _MIDNIGHT) // _SECOND, (slot.end - slot.start) // _SECOND
            text += _signed(starts - start) + _signed(lasts - length)
            start, length = starts, lasts
    return bytes(text)


def _read_askings(reader: _Reader) -> Iterator[AskedSlots]:
    left = MOST_SLOTS
    for _ in range(reader.count(MOST_FRAMES)):
        kind, count = reader.unsigned(), reader.count(left)
        if kind >= len(_KINDS):
            raise DecodeError(f"A transcript has an archive of kind {kind}: it was damaged.")
        left -= count
        yield AskedSlots(_KINDS[kind], tuple(_read_slots(reader, count)))


def _read_slots(reader: _Reader, count: int) -> Iterator[MeterSlot]:
    start, length = 0, 0
    for _ in range(count):
        start, length = start + reader.signed(), length + reader.signed()
        try:
            yield MeterSlot(_MIDNIGHT + start * _SECOND, _MIDNIGHT + (start + length) * _SECOND)
        except OverflowError as error:
            raise DecodeError("A slot of a transcript has an impossible time: it was damaged.") from error


def _instant(ticks: int) -> datetime:
    try:
        return _EPOCH + ticks * _TICK
    except OverflowError as error:
        raise DecodeError("A frame of a transcript has an impossible time: it was damaged.") from error


def _decompressed(packed: bytes) -> bytes:
    expander = zlib.decompressobj()
    try:
        text = expander.decompress(packed, LARGEST)
    except zlib.error as error:
        raise DecodeError(f"A transcript cannot be unpacked: it was damaged. ({error})") from error
    if not expander.eof or expander.unused_data:
        raise DecodeError(
            "A transcript is cut short, has no end, or has something behind it: it was damaged."
        )
    return text


def _unsigned(number: int) -> bytes:
    text = bytearray()
    while number > 0x7F:
        text.append(number & 0x7F | 0x80)
        number >>= 7
    text.append(number)
    return bytes(text)


def _signed(number: int) -> bytes:
    return _unsigned(number << 1 if number >= 0 else -number * 2 - 1)


class _Reader:
    """Takes a text apart from its start; DecodeError where it ends too soon."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._position = 0

    @property
    def at_end(self) -> bool:
        return self._position == len(self._text)

    def take(self, size: int) -> bytes:
        end = self._position + size
        if end > len(self._text):
            raise DecodeError("A transcript ends within a frame: it was damaged.")
        taken, self._position = self._text[self._position : end], end
        return taken

    def unsigned(self) -> int:
        number = 0
        for place in range(_LONGEST_INTEGER):
            (digit,) = self.take(1)
            number |= (digit & 0x7F) << 7 * place
            if digit < 0x80:
                return number
        raise DecodeError("A number in a transcript has no end: it was damaged.")

    def count(self, most: int) -> int:
        count = self.unsigned()
        if count > most:
            raise DecodeError(f"A transcript says that it has {count} parts; {most} is the most.")
        return count

    def signed(self) -> int:
        half, odd = divmod(self.unsigned(), 2)
        return -half - 1 if odd else half
