"""The bus of the Logika SPT94x calculators, older and younger, as a family (logika-m4.md)."""

from __future__ import annotations

from typing import Final

from protocols.driver import Driver, LineDefaults
from protocols.family import Choices, Family, Search
from protocols.modbus.messages import Framing
from protocols.vendor.logika_m4 import memory_models, tagged_models
from protocols.vendor.logika_m4.explain import explain
from protocols.vendor.logika_m4.frames import ANYBODY, WAKE_UP, renumbered, reseal
from protocols.vendor.logika_m4.memory_driver import MemoryDriver
from protocols.vendor.logika_m4.search import ask
from protocols.vendor.logika_m4.tagged_driver import TaggedDriver

CERTAINTY: Final = 24
"""Start, end and sum of a short frame; a long one has more."""


def build(model: str, framing: Framing, choices: Choices) -> Driver:
    if model in tagged_models.MODELS:
        return TaggedDriver(tagged_models.MODELS[model])
    return MemoryDriver(memory_models.MODELS[model], choices)


FAMILY: Final = Family(
    protocol="logika-m4",
    title="Logika M4 bus (SPT94x)",
    models=(*memory_models.MODELS, *tagged_models.MODELS),
    build=build,
    explain=explain,
    reseal=reseal,
    renumbered=renumbered,
    search=(
        Search(
            lines=(
                LineDefaults(2400, "N"),
                LineDefaults(9600, "N"),
                LineDefaults(19200, "N"),
                LineDefaults(57600, "N"),
            ),
            addresses=(str(ANYBODY),),
            ask=ask,
        ),
    ),
    certainty=CERTAINTY,
    unguarded=len(WAKE_UP),
)
