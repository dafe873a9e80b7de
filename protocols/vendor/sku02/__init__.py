"""SKU-02 of Axis Industries by its own protocol; its M-Bus variants are M-Bus profiles."""

from __future__ import annotations

from typing import Final

from protocols.driver import Driver, LineDefaults
from protocols.family import Choices, Family, Search
from protocols.modbus.messages import Framing
from protocols.vendor.sku02.driver import MODEL, Sku02Driver, ask
from protocols.vendor.sku02.explain import explain, reseal
from protocols.vendor.sku02.frames import ADDRESS

CERTAINTY: Final = 72
"""Two starts, the length, the device type, three checks (one of them another's complement) and the stop."""


def build(model: str, framing: Framing, choices: Choices) -> Driver:
    return Sku02Driver(choices)


FAMILY: Final = Family(
    protocol="sku02",
    title="SKU-02 (Axis Industries), own protocol",
    models=(MODEL,),
    build=build,
    explain=explain,
    reseal=reseal,
    search=(Search(lines=(LineDefaults(9600, "N"), LineDefaults(2400, "N")), addresses=(ADDRESS,), ask=ask),),
    certainty=CERTAINTY,
)
