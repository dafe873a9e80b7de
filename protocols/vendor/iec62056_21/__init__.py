"""Heat meters that are read by IEC 62056-21 (EN 61107), optically or over a current loop."""

from __future__ import annotations

from typing import Final

from protocols.driver import Driver
from protocols.family import Choices, Family
from protocols.modbus.messages import Framing
from protocols.vendor.iec62056_21.driver import Iec62056Driver
from protocols.vendor.iec62056_21.explain import explain, reseal
from protocols.vendor.iec62056_21.models import MODELS
from protocols.vendor.iec62056_21.search import SEARCHES

CERTAINTY: Final = 30
"""Five fixed characters of a request, or the end and the BCC of a data block."""


def build(model: str, framing: Framing, choices: Choices) -> Driver:
    return Iec62056Driver(MODELS[model], choices)


FAMILY: Final = Family(
    protocol="iec62056-21",
    title="IEC 62056-21 read-out (EN 61107)",
    models=tuple(MODELS),
    build=build,
    explain=explain,
    reseal=reseal,
    search=SEARCHES,
    certainty=CERTAINTY,
    checked=False,
)
