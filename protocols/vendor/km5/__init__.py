"""KM-5 of TBN Energoservis: fixed frames of 16, 32 and 72 bytes, archives in rings of lines."""

from __future__ import annotations

from typing import Final

from protocols.driver import Driver
from protocols.family import Choices, Family, Search
from protocols.modbus.messages import Framing
from protocols.vendor.km5.driver import INFO, MODEL, Km5Driver, ask
from protocols.vendor.km5.explain import explain, reseal

CERTAINTY: Final = 32
"""XOR, sum, one of three lengths, and eight decimal digits."""

SEARCH: Final = Search((INFO.line,), (), ask)
"""A meter is asked by its number of eight digits, and no address that means anybody is known."""


def build(model: str, framing: Framing, choices: Choices) -> Driver:
    return Km5Driver(choices)


FAMILY: Final = Family(
    protocol="km5",
    title="KM-5 (TBN Energoservis)",
    models=(MODEL,),
    build=build,
    explain=explain,
    reseal=reseal,
    search=(SEARCH,),
    certainty=CERTAINTY,
)
