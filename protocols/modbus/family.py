"""Modbus register maps as a family: its models are the profile files beside it."""

from __future__ import annotations

from typing import Final

from protocols.driver import Driver
from protocols.family import Choices, Family
from protocols.modbus import profile
from protocols.modbus.driver import ModbusDriver
from protocols.modbus.explain import explain, reseal
from protocols.modbus.messages import Framing

CERTAINTY: Final = 16
"""The CRC alone: functions and lengths are many."""


def build(model: str, framing: Framing, choices: Choices) -> Driver:
    return ModbusDriver(profile.load(model), framing)


FAMILY: Final = Family(
    protocol="modbus",
    title="Modbus RTU, ASCII and TCP",
    models=profile.names(),
    build=build,
    explain=explain,
    reseal=reseal,
    search=(),
    certainty=CERTAINTY,
)
