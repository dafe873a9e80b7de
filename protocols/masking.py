"""Taking a meter's serial number out of a transcript: the same conversation with another number.

The number is looked for in every form in which makers send it. Questions are not searched but asked anew, by
a driver that knows the other number; in answers checksums are set right. Then the masked transcript is
played: what is read from it must be the same but for the number, and the number must stand nowhere in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from metering.errors import DecodeError, ExchangeError, NoResponse, TeploError
from protocols.conversation import Conversation, Exchange, Step
from protocols.driver import Driver
from protocols.family import Family
from protocols.masked_numbers import changed_forms, numbers_in
from protocols.playback import begin, play
from protocols.recording import RecordingDriver
from protocols.vector_text import vector_text
from protocols.vectors import Vector, VectorConversation, VectorExchange

Words = Mapping[str, str]
"""What stands for each number, as texts."""
Forms = Mapping[bytes, bytes]
"""The same in every form of a frame."""


def masked(vector: Vector, serial: str, family: Family, make: Callable[[], Driver]) -> Vector:
    """The vector with another serial number; DecodeError when it cannot be taken out without a trace."""
    words = numbers_in(serial)
    if not words:
        raise DecodeError(
            f"The serial number {serial!r} is too short to be told from other numbers; nothing is masked. "
            "Write the trace without --mask, and do not publish it."
        )
    forms = changed_forms(words)
    changed = replace(
        vector,
        source=_renamed(vector.source, words),
        address=_renamed(vector.address, words),
        conversations=tuple(_answered(one, words, forms, family) for one in vector.conversations),
    )
    return _checked(_asked_anew(changed, make), words, forms, make)


def _renamed(text: str, words: Words) -> str:
    for number, mask in words.items():
        text = text.replace(number, mask)
    return text


def _answered(
    conversation: VectorConversation, words: Words, forms: Forms, family: Family
) -> VectorConversation:
    """The conversation with the other number in its answers and in what is expected of them."""
    exchanges = tuple(
        VectorExchange(one.send, one.receive and _octets(one.receive, forms, family))
        for one in conversation.exchanges
    )
    said = {name: _renamed(word, words) for name, word in conversation.expect.identity.items()}
    settings = {name: _renamed(word, words) for name, word in conversation.expect.settings.items()}
    expect = replace(conversation.expect, identity=said, settings=settings)
    return replace(conversation, exchanges=exchanges, expect=expect)


def _octets(data: bytes, forms: Forms, family: Family) -> bytes:
    """All forms at once, the longer ones first: what was put in is not searched again."""
    wanted = b"|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    changed = re.sub(wanted, lambda found: forms[found[0]], data)
    if changed == data:
        return data
    return b"".join(
        changed[part] if changed[part] == data[part] else family.reseal(changed[part])
        for part in _frames(data, family)
    )


def _frames(data: bytes, family: Family) -> Iterator[slice]:
    """Where the frames of an answer stand, and what stands before, between and behind them."""
    noise = start = 0
    while start < len(data):
        end = _frame_end(data, start, family)
        if end is None:
            start += 1
            continue
        if noise < start:
            yield slice(noise, start)
        yield slice(start, end)
        noise = start = end
    if noise < start:
        yield slice(noise, start)


def _frame_end(data: bytes, start: int, family: Family) -> int | None:
    """Where the longest frame that begins here ends."""
    ends = range(len(data), start, -1)
    return next((end for end in ends if _is_frame(data[start:end], family)), None)


def _is_frame(data: bytes, family: Family) -> bool:
    try:
        return bool(family.explain(data))
    except TeploError:
        return False


def _asked_anew(vector: Vector, make: Callable[[], Driver]) -> Vector:
    """The vector with the questions that a driver asks who hears these answers."""
    conversations = tuple(
        replace(one, exchanges=_asked(begin(make(), vector, one), one.exchanges))
        for one in vector.conversations
    )
    return replace(vector, conversations=conversations)


def _asked(
    conversation: Conversation[object], exchanges: tuple[VectorExchange, ...]
) -> tuple[VectorExchange, ...]:
    """Stops where the driver does; whether it heard all that it needs is seen when the vector is played."""
    asked: list[VectorExchange] = []
    left = iter(exchanges)
    answer: bytes | ExchangeError | None = None
    try:
        while True:
            step = _step(conversation, answer)
            answer = b""
            if isinstance(step, Exchange) and (written := next(left, None)) is not None:
                asked.append(VectorExchange(step.request, written.receive))
                answer = NoResponse() if written.receive is None else written.receive
            elif isinstance(step, Exchange):
                return tuple(asked)
    except (StopIteration, TeploError):
        return tuple(asked)


def _step(conversation: Conversation[object], answer: bytes | ExchangeError | None) -> Step:
    if isinstance(answer, ExchangeError):
        return conversation.throw(answer)
    return next(conversation) if answer is None else conversation.send(answer)


def _checked(vector: Vector, words: Words, forms: Forms, make: Callable[[], Driver]) -> Vector:
    """The vector, once a driver has read from it exactly what it expects and the number is not in it."""
    recording = RecordingDriver(make)
    try:
        for conversation in vector.conversations:
            play(begin(recording, vector, conversation), conversation.exchanges)
    except TeploError as error:
        raise _cannot(str(error)) from error
    if tuple(recording.conversations) != vector.conversations:
        raise _cannot("another reading came of the masked bytes")
    text = vector_text(vector)
    if any(number in text for number in words) or any(_holds(vector, form) for form in forms):
        raise _cannot("the number still stands in it")
    return vector


def _holds(vector: Vector, form: bytes) -> bool:
    return any(
        form in one.send or form in (one.receive or b"")
        for conversation in vector.conversations
        for one in conversation.exchanges
    )


def _cannot(why: str) -> DecodeError:
    return DecodeError(
        f"The serial number cannot be taken out of this transcript: {why.rstrip('.')}. Nothing was written. "
        "Write the trace without --mask, and do not publish it."
    )
