"""Any wrong byte of a reply that carries a checksum ends in our own error, or changes nothing at all.

What changes nothing stood before the frame: noise and wake-up characters, which belong to no reply. A
checksum does not care what it is taken over: of a conversation's replies of one length two are tried.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import partial

import pytest

from metering.errors import TeploError
from protocols import catalogue
from protocols.playback import Played
from protocols.vectors import Vector, VectorConversation, VectorExchange
from tests.unit.test_vector_files import VECTORS, run

TURNS = (0x01, 0x80, 0xFF, 0x10)
ALIKE = 2


def cases() -> Iterator[object]:
    """Each conversation with the numbers of exchanges that no conversation before it had."""
    for file, vector in VECTORS.items():
        if not catalogue.families()[file.parent.name].checked:
            continue
        seen = set[VectorExchange]()
        for number, conversation in enumerate(vector.conversations, start=1):
            new = list(of_each_length(conversation, seen))
            seen |= set(conversation.exchanges)
            name = f"{file.parent.name}/{file.stem}/{number}-{conversation.call}"
            if new:
                yield pytest.param(vector, conversation, new, id=name)


def of_each_length(conversation: VectorConversation, seen: Collection[VectorExchange]) -> Iterator[int]:
    """The numbers of exchanges that were not seen, as many as ALIKE of each length of the reply."""
    tried = Counter[int]()
    for number, exchange in enumerate(conversation.exchanges):
        length = len(exchange.receive or b"")
        if exchange not in seen and tried[length] < ALIKE:
            tried[length] += 1
            yield number


def with_reply(conversation: VectorConversation, number: int, reply: bytes) -> VectorConversation:
    exchanges = list(conversation.exchanges)
    exchanges[number] = VectorExchange(exchanges[number].send, reply)
    return replace(conversation, exchanges=tuple(exchanges))


def outcome(read: partial[Played[object]]) -> Played[object] | None:
    """What was read; None where it ended in an error of our own."""
    try:
        return read()
    except TeploError:
        return None


@pytest.mark.parametrize(("vector", "conversation", "numbers"), list(cases()))
def test_a_wrong_byte_is_noticed(
    vector: Vector, conversation: VectorConversation, numbers: list[int]
) -> None:
    whole = run(vector, conversation)
    for number in numbers:
        reply = conversation.exchanges[number].receive or b""
        for at in range(len(reply)):
            wrong = bytearray(reply)
            wrong[at] ^= TURNS[at % len(TURNS)]
            changed = with_reply(conversation, number, bytes(wrong))
            assert outcome(partial(run, vector, changed)) in (None, whole), f"exchange {number}, byte {at}"
