"""Aswega SA-94/1 and SA-94/2: a protocol of single bytes without checksums."""

from __future__ import annotations

from typing import Final

from protocols.driver import Driver
from protocols.family import Choices, Family, Search
from protocols.modbus.messages import Framing
from protocols.vendor.sa94.driver import LINE, Sa94Driver, ask
from protocols.vendor.sa94.explain import explain, reseal
from protocols.vendor.sa94.models import MODELS

CERTAINTY: Final = 3
"""The fixed bits of a status byte: less than of any frame with a checksum."""

SEARCH: Final = Search((LINE,), (), ask)
"""A meter answers to the number that is printed on it alone: nobody can be asked without it."""


def build(model: str, framing: Framing, choices: Choices) -> Driver:
    return Sa94Driver(MODELS[model], choices)


FAMILY: Final = Family(
    protocol="sa94",
    title="Aswega SA-94",
    models=tuple(MODELS),
    build=build,
    explain=explain,
    reseal=reseal,
    search=(SEARCH,),
    certainty=CERTAINTY,
    checked=False,
)
