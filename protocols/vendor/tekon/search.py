"""Looking for a Tekon behind a gateway: the serial number of the first modules."""

from __future__ import annotations

from typing import Final

from protocols.conversation import Conversation
from protocols.driver import LineDefaults
from protocols.family import NO_CHOICES, Found, Search
from protocols.vendor.tekon.driver import TekonDriver
from protocols.vendor.tekon.models import MODELS


def ask(address: str) -> Conversation[Found]:
    """Who answers there. Which model it is and which map fits, only the site's papers tell."""
    identity = yield from TekonDriver(MODELS["kreit-tekon-19"], NO_CHOICES).identify(address)
    return Found("", identity)


SEARCHES: Final = (
    Search(
        (LineDefaults(9600, "N", timeout=1.0), LineDefaults(19200, "N", timeout=1.0)),
        ("1:1", "2:3", "1:3", "2:1"),
        ask,
    ),
)
