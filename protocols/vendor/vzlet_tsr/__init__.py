"""Vzlet's calculators before Modbus: TSRV-010, TSRV-010M, MT200DS, asked by packets, answering in text."""

from __future__ import annotations

from typing import Final

from protocols.driver import Driver, LineDefaults
from protocols.family import Choices, Family, Search
from protocols.modbus.messages import Framing
from protocols.vendor.vzlet_tsr.driver import VzletTsrDriver, ask
from protocols.vendor.vzlet_tsr.explain import explain, reseal
from protocols.vendor.vzlet_tsr.models import MODELS

CERTAINTY: Final = 16
"""Length and checksum of a packet; the two zeros around a text."""


def build(model: str, framing: Framing, choices: Choices) -> Driver:
    return VzletTsrDriver(MODELS[model], choices)


FAMILY: Final = Family(
    protocol="vzlet-tsr",
    title="Vzlet TSRV-010, TSRV-010M and MT200DS, ASCII commands",
    models=tuple(MODELS),
    build=build,
    explain=explain,
    reseal=reseal,
    search=(
        Search(
            lines=tuple(LineDefaults(baud, "N") for baud in (9600, 19200, 4800, 2400)),
            addresses=("0", "1", "2"),
            ask=ask,
        ),
    ),
    certainty=CERTAINTY,
    checked=False,
)
