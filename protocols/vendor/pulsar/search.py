"""Finding a Pulsar meter that is alone on its line: the search names its address (pulsar.md 2)."""

from __future__ import annotations

from typing import Final

from metering.errors import FrameError
from metering.meters import MeterIdentity
from protocols.conversation import Conversation, Exchange
from protocols.driver import LineDefaults
from protocols.family import Found, Search
from protocols.vendor.pulsar.frames import SEARCH, find_searched

ANYBODY: Final = "0"


def ask(address: str) -> Conversation[Found]:
    """Who is alone there. Which model it is, nobody documents how to ask."""

    def complete(buffer: bytes) -> int | None:
        found = find_searched(buffer)
        return found[1] if found else None

    reply = yield Exchange(SEARCH, complete)
    found = find_searched(reply)
    if found is None:
        raise FrameError
    return Found("", MeterIdentity(str(found[0]), "Teplovodokhran"))


SEARCHES: Final = (Search((LineDefaults(9600, "N"), LineDefaults(19200, "N")), (ANYBODY,), ask),)
