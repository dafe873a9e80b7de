"""Any wrong byte of a reply that carries a checksum ends in our own error, or changes nothing at all.

What changes nothing stood before the frame: noise and wake-up characters, which belong to no reply.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from metering.errors import TeploError
from protocols import catalogue
from protocols.playback import Played
from protocols.vectors import Vector, VectorConversation, VectorExchange
from tests.unit.test_vector_files import VECTORS, run

TURNS = (0x01, 0x80, 0xFF, 0x10)
CHECKED = [
    pytest.param(vector, conversation, id=f"{file.parent.name}/{file.stem}/{number}-{conversation.call}")
    for file, vector in VECTORS.items()
    if catalogue.families()[file.parent.name].checked
    for number, conversation in enumerate(vector.conversations, start=1)
]


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


@pytest.mark.parametrize(("vector", "conversation"), CHECKED)
def test_a_wrong_byte_is_noticed(vector: Vector, conversation: VectorConversation) -> None:
    whole = run(vector, conversation)
    for number, exchange in enumerate(conversation.exchanges):
        reply = exchange.receive or b""
        for at in range(len(reply)):
            wrong = bytearray(reply)
            wrong[at] ^= TURNS[at % len(TURNS)]
            changed = with_reply(conversation, number, bytes(wrong))
            assert outcome(partial(run, vector, changed)) in (None, whole), f"exchange {number}, byte {at}"
