"""Pulsar heat meters and pulse loggers of Teplovodokhran, protocol "Pulsar-M" (pulsar.md)."""

from __future__ import annotations

from typing import Final

from protocols.driver import Driver
from protocols.family import Choices, Family
from protocols.modbus.messages import Framing
from protocols.vendor.pulsar.driver import PulsarDriver
from protocols.vendor.pulsar.explain import explain, reseal
from protocols.vendor.pulsar.frames import renumbered
from protocols.vendor.pulsar.models import MODELS
from protocols.vendor.pulsar.search import SEARCHES

CERTAINTY: Final = 24
"""The CRC and the length."""


def build(model: str, framing: Framing, choices: Choices) -> Driver:
    return PulsarDriver(MODELS[model], choices)


FAMILY: Final = Family(
    protocol="pulsar",
    title="Pulsar-M of Teplovodokhran",
    models=tuple(MODELS),
    build=build,
    explain=explain,
    reseal=reseal,
    renumbered=renumbered,
    search=SEARCHES,
    certainty=CERTAINTY,
)
