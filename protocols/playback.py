"""Runs a driver's conversation against a transcript, without a line: what is asked must be what stands there.

Replies can be handed over in two parts, cut anywhere, to show that a driver waits for the whole of a reply.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from metering.calendar import slot_at
from metering.errors import ExchangeError, FrameError, NoResponse, ProfileError
from metering.readings import Record
from protocols.conversation import Conversation, Deliver, Exchange, Step
from protocols.driver import Driver
from protocols.vectors import Call, Vector, VectorConversation, VectorExchange

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Played(Generic[T]):
    """What a conversation returned, and what it delivered on the way."""

    result: T
    delivered: tuple[Record, ...]


def begin(driver: Driver, vector: Vector, conversation: VectorConversation) -> Conversation[object]:
    """The driver's call that this conversation of the vector records."""
    address, configuration = vector.address, vector.configuration
    match conversation.call:
        case Call.IDENTIFY:
            return driver.identify(address)
        case Call.READ_CONFIGURATION:
            return driver.read_configuration(address)
        case Call.READ_CLOCK:
            return driver.read_clock(address, configuration)
        case Call.READ_CURRENT:
            return driver.read_current(address, configuration)
        case Call.READ_ARCHIVE:
            if conversation.kind is None:
                raise ProfileError("A conversation read_archive needs a kind.")
            slots = [slot_at(conversation.kind, start) for start in conversation.starts]
            return driver.read_archive(address, configuration, conversation.kind, slots)


def play(
    conversation: Conversation[T], exchanges: Sequence[VectorExchange], cut: int | None = None
) -> Played[T]:
    """Runs the conversation to its end; each reply comes whole, or cut in two after `cut` bytes.

    ProfileError: the driver asked something else than the transcript, or left some of it unasked.
    """
    left = iter(exchanges)
    delivered: list[Record] = []
    try:
        step = next(conversation)
        while True:
            if isinstance(step, Deliver):
                delivered.extend(step.records)
            answer = _reply(step, left, cut) if isinstance(step, Exchange) else b""
            step = _answered(conversation, answer)
    except StopIteration as end:
        _nothing_left(left)
        return Played(end.value, tuple(delivered))


def _answered(conversation: Conversation[T], answer: bytes | ExchangeError) -> Step:
    return conversation.throw(answer) if isinstance(answer, ExchangeError) else conversation.send(answer)


def _reply(step: Exchange, left: Iterator[VectorExchange], cut: int | None) -> bytes | ExchangeError:
    written = next(left, None)
    if written is None:
        raise ProfileError(f"The transcript ends, but the driver asks {step.request.hex(' ').upper()}.")
    if written.send != step.request:
        asked, expected = step.request.hex(" ").upper(), written.send.hex(" ").upper()
        raise ProfileError(f"The driver asks {asked}; the transcript has {expected}.")
    if written.receive is None:
        return NoResponse()
    return _heard(step, written.receive, cut)


def _heard(step: Exchange, received: bytes, cut: int | None) -> bytes | FrameError:
    parts = (received,) if cut is None else (received[:cut], received)
    for buffer in parts:
        end = step.complete(buffer)
        if end is not None:
            return buffer[:end]
    return FrameError()


def _nothing_left(left: Iterator[VectorExchange]) -> None:
    unasked = next(left, None)
    if unasked is not None:
        raise ProfileError(f"The driver never asked {unasked.send.hex(' ').upper()} of the transcript.")
