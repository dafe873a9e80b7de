"""Asking a meter whose answers carry no checksum: what is read once is not believed.

Theory. An answer is so many bytes and nothing else. A lost byte shows as silence, a stray one as a byte too
many; a changed one shows only when the question is put again. So each question is put until two answers are
equal. A number that moves meanwhile is taken as the middle one of three that lie close together: if one of
the three is wrong, the middle one still lies between the two right ones.
A current value may begin with the very byte of its command, so that no echo can be told from it. An echoing
line shows at the date, which begins with its own mark; nothing is read then.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from metering.errors import ConfigurationError, FrameError
from protocols.conversation import Conversation, Exchange
from protocols.vendor.sa94.commands import (
    BLOCK_SIZE,
    LARGEST_ID,
    NUMBER_SIZE,
    STATUS_SIZE,
    parameter,
    select,
)
from protocols.vendor.sa94.formats import moment_of, number
from protocols.vendor.sa94.status import Status, is_status

MOST_READS: Final = 8
"""How often one question is put before its answers are given up."""

SELECT_ATTEMPTS: Final = 4
TIME, DATE = 10, 11
CLOSE: Final = Decimal("0.02")
"""How far readings of a moving number may lie apart, as a share of it."""

LONGEST_CLOCK_READING: Final = timedelta(minutes=2)

Settle = Callable[[list[bytes]], bytes | None]
"""What to believe of different answers; None: nothing yet."""


def identifier(address: str) -> int:
    """The number of an address; ConfigurationError when it is none."""
    if not (address.isascii() and address.isdigit() and len(address) <= 7 and int(address) <= LARGEST_ID):
        raise ConfigurationError(
            f"{address!r} is no SA-94 address: write the number on the meter, up to {LARGEST_ID}."
        )
    return int(address)


def wake(address: str) -> Conversation[Status]:
    """Selects the meter; its status byte. NoResponse: another number, or the channel is off in its menu."""
    reply = yield from _agreed(select(identifier(address)), STATUS_SIZE, _nothing, SELECT_ATTEMPTS)
    return Status(reply[0])


def knock(address: str) -> Conversation[Status]:
    """Selects the meter once, and once more to believe the first answer: all that a search may ask."""
    reply = yield from _agreed(select(identifier(address)), STATUS_SIZE, _nothing, attempts=1, reads=2)
    return Status(reply[0])


def current(place: int) -> Conversation[bytes]:
    """A current value's four bytes."""
    return _agreed(parameter(place), NUMBER_SIZE, _middle)


def block(command: bytes) -> Conversation[bytes]:
    """A block of an archive."""
    return _agreed(command, BLOCK_SIZE, _nothing)


def clock() -> Conversation[datetime]:
    """The meter's own time: a reading that an earlier one confirms, which damaged bytes seldom do."""
    earlier: list[datetime] = []
    for _ in range(MOST_READS):
        day = yield from _once(parameter(DATE), NUMBER_SIZE)
        moment = yield from _once(parameter(TIME), NUMBER_SIZE)
        now = moment_of(day, moment) if day and moment else None
        if now is None:
            continue
        if any(timedelta(0) <= now - one <= LONGEST_CLOCK_READING for one in earlier):
            return now
        earlier.append(now)
    raise FrameError(
        "The meter's clock cannot be read: the line is bad or echoes (SA-94 wants a line without echo), or "
        "the clock is not set."
    )


def _agreed(
    command: bytes, size: int, settle: Settle, attempts: int | None = None, reads: int = MOST_READS
) -> Conversation[bytes]:
    heard: list[bytes] = []
    for _ in range(reads):
        reply = yield from _once(command, size, attempts)
        if reply is None:
            continue
        if reply in heard:
            return reply
        heard.append(reply)
        settled = settle(heard)
        if settled is not None:
            return settled
    raise FrameError(
        f"No two answers to {command.hex(' ').upper()} were alike. They carry no checksum, so none is "
        "believed: check the baud rate, the parity and the line."
    )


def _once(command: bytes, size: int, attempts: int | None = None) -> Conversation[bytes | None]:
    """One answer; None when bytes too many came with it."""

    def complete(buffer: bytes) -> int | None:
        return len(buffer) if len(buffer) >= size else None

    reply = yield Exchange(command, complete, attempts=attempts, echo=size != NUMBER_SIZE)
    if len(reply) != size or (size == STATUS_SIZE and not is_status(reply[0])):
        return None
    return reply


def _nothing(heard: list[bytes]) -> None:
    """Only equal answers are believed."""


def _middle(heard: list[bytes]) -> bytes | None:
    """The middle one of the last three, when another lies close to it."""
    if len(heard) < 3:
        return None
    low, middle, high = sorted(heard[-3:], key=_size)
    value = _size(middle)
    near = min(value - _size(low), _size(high) - value)
    return middle if near <= abs(value) * CLOSE else None


def _size(octets: bytes) -> Decimal:
    return number(octets) or Decimal(0)
