"""Tekon-17 and Tekon-19 of Kreit behind their FT1.2 gateways (tekon-19.md)."""

from __future__ import annotations

from typing import Final

from protocols.driver import Driver
from protocols.family import Choices, Family
from protocols.modbus.messages import Framing
from protocols.vendor.tekon.driver import TekonDriver
from protocols.vendor.tekon.explain import explain, reseal
from protocols.vendor.tekon.frames import renumbered
from protocols.vendor.tekon.models import MODELS
from protocols.vendor.tekon.search import SEARCHES

CERTAINTY: Final = 22
"""Start, stop and sum of a fixed frame, less the acknowledgements of one byte."""


def build(model: str, framing: Framing, choices: Choices) -> Driver:
    return TekonDriver(MODELS[model], choices)


FAMILY: Final = Family(
    protocol="tekon",
    title="Tekon gateways of Kreit, FT1.2",
    models=tuple(MODELS),
    build=build,
    explain=explain,
    reseal=reseal,
    renumbered=renumbered,
    search=SEARCHES,
    certainty=CERTAINTY,
)
