"""VIS.T of Teplovizor: Modbus RTU with a byte-packed area, and hours known by their place in a ring."""

from __future__ import annotations

from typing import Final

from protocols.driver import Driver, LineDefaults
from protocols.family import Choices, Family, Search
from protocols.modbus.messages import Framing
from protocols.vendor.vist.driver import MODEL, VistDriver, ask
from protocols.vendor.vist.explain import explain, reseal, typical

CERTAINTY: Final = 22
"""The CRC, and one of three functions."""


def build(model: str, framing: Framing, choices: Choices) -> Driver:
    return VistDriver(choices)


FAMILY: Final = Family(
    protocol="vist",
    title="VIS.T (Teplovizor)",
    models=(MODEL,),
    build=build,
    explain=explain,
    reseal=reseal,
    search=(
        Search(
            lines=(LineDefaults(9600, "E"), LineDefaults(9600, "N"), LineDefaults(19200, "E")),
            addresses=("1", "2", "3"),
            ask=ask,
        ),
    ),
    certainty=CERTAINTY,
    typical=typical,
)
