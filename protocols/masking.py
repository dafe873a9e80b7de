"""Taking a meter's serial number out of a transcript: the same conversation with another number.

The number is looked for in every form in which makers send it. Checksums are set right afterwards, and the
masked transcript is played: what is read from it must be the same but for the number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from metering.errors import DecodeError, TeploError
from protocols.driver import Driver
from protocols.family import Family
from protocols.fields import to_bcd
from protocols.playback import begin, play
from protocols.recording import RecordingDriver
from protocols.vector_text import vector_text
from protocols.vectors import Vector, VectorConversation, VectorExchange

MASK: Final = "1234567890"
SHORTEST: Final = 4
"""Digits of a serial number that can be told from other numbers in a frame."""


def masked(vector: Vector, serial: str, family: Family, make: Callable[[], Driver]) -> Vector:
    """The vector with another serial number; DecodeError when it cannot be taken out without a trace."""
    if len(serial) < SHORTEST:
        raise DecodeError(
            f"The serial number {serial!r} is too short to be told from other numbers; nothing is masked. "
            "Write the trace without --mask, and do not publish it."
        )
    mask = _mask(serial)
    changes = dict(zip(_forms(serial), _forms(mask), strict=False))
    changed = replace(
        vector,
        address=vector.address.replace(serial, mask),
        conversations=tuple(_conversation(each, changes, family) for each in vector.conversations),
    )
    return _checked(_expecting(changed, serial, mask), serial, make)


def _mask(serial: str) -> str:
    digits = iter(MASK * (1 + len(serial) // len(MASK)))
    return "".join(next(digits) if sign.isalnum() else sign for sign in serial)


def _forms(serial: str) -> Iterator[bytes]:
    """Every form in which the number may stand in a frame, in a fixed order."""
    yield serial.encode("ascii", "replace")
    if not serial.isdecimal():
        return
    yield bytes(map(int, serial))
    number, size = int(serial), (len(serial) + 1) // 2
    for width in range(size, max(size, 4) + 1):
        octets = to_bcd(number, width)
        yield octets
        yield octets[::-1]
    for width in (8, 4, 3):
        octets = (number % 256**width).to_bytes(width, "big")
        yield octets
        yield octets[::-1]
        yield octets[width // 2 :] + octets[: width // 2]


def _conversation(
    conversation: VectorConversation, changes: dict[bytes, bytes], family: Family
) -> VectorConversation:
    exchanges = tuple(
        VectorExchange(
            _octets(one.send, changes, family), one.receive and _octets(one.receive, changes, family)
        )
        for one in conversation.exchanges
    )
    return replace(conversation, exchanges=exchanges)


def _octets(data: bytes, changes: dict[bytes, bytes], family: Family) -> bytes:
    changed = data
    for form, other in changes.items():
        changed = changed.replace(form, other)
    return data if changed == data else family.reseal(changed)


def _expecting(vector: Vector, serial: str, mask: str) -> Vector:
    def conversation(one: VectorConversation) -> VectorConversation:
        said = {name: word.replace(serial, mask) for name, word in one.expect.identity.items()}
        settings = {name: word.replace(serial, mask) for name, word in one.expect.settings.items()}
        return replace(one, expect=replace(one.expect, identity=said, settings=settings))

    return replace(vector, conversations=tuple(map(conversation, vector.conversations)))


def _checked(vector: Vector, serial: str, make: Callable[[], Driver]) -> Vector:
    """The vector, once a driver has read from it exactly what it expects."""
    recording = RecordingDriver(make)
    try:
        for conversation in vector.conversations:
            play(begin(recording, vector, conversation), conversation.exchanges)
    except TeploError as error:
        raise _cannot(str(error)) from error
    if tuple(recording.conversations) != vector.conversations:
        raise _cannot("another reading came of the masked bytes")
    text = vector_text(vector)
    if serial in text or any(form.hex(" ").upper() in text for form in _forms(serial)):
        raise _cannot("the number still stands in it")
    return vector


def _cannot(why: str) -> DecodeError:
    return DecodeError(
        f"The serial number cannot be taken out of this transcript: {why}. Nothing was written. Write the "
        "trace without --mask, and do not publish it."
    )
