"""Finding a Pulsar meter that is alone on its line: the search names its address (pulsar.md 2)."""

from __future__ import annotations

from itertools import count
from typing import Final

from metering.errors import FrameError
from metering.meters import MeterIdentity
from protocols.conversation import Conversation, Exchange
from protocols.driver import LineDefaults
from protocols.family import Found, Search
from protocols.vendor.pulsar.dialogue import FIRMWARE, Dialogue
from protocols.vendor.pulsar.driver import MAKER
from protocols.vendor.pulsar.frames import SEARCH, find_searched

ANYBODY: Final = "0"


def ask(address: str) -> Conversation[Found]:
    """Who is alone there, or whether the meter of this number is. Its model nobody documents how to ask."""
    asked = _who() if address == ANYBODY else _whether(Dialogue(address, count(1)))
    serial = yield from asked
    return Found("", MeterIdentity(str(serial), MAKER))


def _whether(dialogue: Dialogue) -> Conversation[int]:
    yield from dialogue.parameter(FIRMWARE)
    return dialogue.address


def _who() -> Conversation[int]:
    def complete(buffer: bytes) -> int | None:
        found = find_searched(buffer)
        return found[1] if found else None

    reply = yield Exchange(SEARCH, complete)
    found = find_searched(reply)
    if found is None:
        raise FrameError
    return found[0]


SEARCHES: Final = (Search((LineDefaults(9600, "N"), LineDefaults(19200, "N")), (ANYBODY,), ask),)
