"""Modbus register maps as a family: its models are the profile files beside it."""

from __future__ import annotations

from typing import Final

from protocols.driver import Driver
from protocols.family import Choices, Family
from protocols.modbus import profile
from protocols.modbus.driver import driver_of
from protocols.modbus.explain import explain
from protocols.modbus.framing import renumbered, reseal
from protocols.modbus.messages import Framing
from protocols.modbus.search import SEARCH

CERTAINTY: Final = 20
"""The CRC, and a function that is one of eight with a length that fits; the other framings say more."""


def build(model: str, framing: Framing, choices: Choices) -> Driver:
    """The driver of a profile as this line chooses, in this line's framing."""
    return driver_of(profile.load(model, choices), framing)


FAMILY: Final = Family(
    protocol="modbus",
    title="Modbus RTU, ASCII and TCP",
    models=profile.names(),
    build=build,
    explain=explain,
    reseal=reseal,
    renumbered=renumbered,
    search=(SEARCH,),
    certainty=CERTAINTY,
)
