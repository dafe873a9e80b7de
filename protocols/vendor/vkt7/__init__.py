"""VKT-7 of Teplokom: stateful sessions, a read list of typed elements, archives by date (vkt7.md)."""

from __future__ import annotations

from typing import Final

from protocols.conversation import Conversation
from protocols.driver import Driver, LineDefaults
from protocols.family import Choices, Family, Found, Search
from protocols.modbus.messages import Framing
from protocols.vendor.vkt7.driver import Vkt7Driver
from protocols.vendor.vkt7.explain import explain, reseal, typical
from protocols.vendor.vkt7.frames import WAKE_UP
from protocols.vendor.vkt7.models import LINE, MODEL, PROTOCOL

_CERTAINTY: Final = 24
"""The CRC and the function."""


def _build(model: str, framing: Framing, choices: Choices) -> Driver:
    return Vkt7Driver(choices)


def _ask(address: str) -> Conversation[Found]:
    return Found(MODEL, (yield from Vkt7Driver().identify(address)))


FAMILY: Final = Family(
    protocol=PROTOCOL,
    title="Teplokom VKT-7",
    models=(MODEL,),
    build=_build,
    explain=explain,
    reseal=reseal,
    search=(
        Search(
            lines=(LINE, *(LineDefaults(baud, "N", LINE.timeout, LINE.quiet, 2) for baud in (2400, 19200))),
            addresses=("0", "1"),
            ask=_ask,
        ),
    ),
    certainty=_CERTAINTY,
    typical=typical,
    unguarded=len(WAKE_UP),
)
