"""VKT-5 of Teplokom: Modbus frames whose addresses name data, archives by date (vkt-5.md)."""

from __future__ import annotations

from typing import Final

from protocols.conversation import Conversation
from protocols.driver import Driver, LineDefaults
from protocols.family import Choices, Family, Found, Search
from protocols.modbus.messages import Framing
from protocols.vendor.vkt5.driver import Vkt5Driver
from protocols.vendor.vkt5.explain import explain, reseal, typical
from protocols.vendor.vkt5.models import LINE, MODEL, PROTOCOL

_CERTAINTY: Final = 22
"""The CRC and most of the function."""


def _build(model: str, framing: Framing, choices: Choices) -> Driver:
    return Vkt5Driver(choices)


def _ask(address: str) -> Conversation[Found]:
    """A firmware of two bytes many a Modbus meter would answer; eight pipes tell a VKT-5."""
    driver = Vkt5Driver()
    identity = yield from driver.identify(address)
    yield from driver.read_configuration(address)
    return Found(MODEL, identity)


FAMILY: Final = Family(
    protocol=PROTOCOL,
    title="Teplokom VKT-5",
    models=(MODEL,),
    build=_build,
    explain=explain,
    reseal=reseal,
    search=(
        Search(
            lines=(LINE, *(LineDefaults(baud, "N", LINE.timeout, LINE.quiet) for baud in (19200, 2400))),
            addresses=("1",),
            ask=_ask,
        ),
    ),
    certainty=_CERTAINTY,
    typical=typical,
)
