"""SPbus, the bus of the mains-powered Logika calculators, as a family (logika-spbus.md)."""

from __future__ import annotations

from typing import Final

from metering.meters import MeterIdentity
from protocols.conversation import Conversation
from protocols.driver import Driver, LineDefaults
from protocols.family import Choices, Family, Found, Search
from protocols.modbus.messages import Framing
from protocols.vendor.logika_spbus.dialogue import DIRECT, SpbusDialogue
from protocols.vendor.logika_spbus.driver import SpbusDriver
from protocols.vendor.logika_spbus.explain import explain
from protocols.vendor.logika_spbus.frames import renumbered, reseal
from protocols.vendor.logika_spbus.models import IDENTIFIER, MODEL, MODELS

CERTAINTY: Final = 80
"""Four marks of two bytes each and the CRC."""

BY_TEXT: Final = (
    ("961.M", "logika-spt961m"),
    ("961.1", "logika-spt961-1"),
    ("961.2", "logika-spt961-1"),
    ("961", "logika-spt961"),
    ("762", "logika-spt762"),
)
"""What a device says of itself begins so; the first row that fits."""


def build(model: str, framing: Framing, choices: Choices) -> Driver:
    return SpbusDriver(MODELS[model], choices)


def ask(address: str) -> Conversation[Found]:
    """Model and identifier, in one question."""
    text, identifier = yield from SpbusDialogue(address).read((MODEL, IDENTIFIER))
    model = next((name for begin, name in BY_TEXT if text[0].startswith(begin)), "")
    return Found(model, MeterIdentity(identifier[0].strip(), "Logika", text[0]))


FAMILY: Final = Family(
    protocol="logika-spbus",
    title="Logika SPbus (SPT961, SPT762)",
    models=tuple(MODELS),
    build=build,
    explain=explain,
    reseal=reseal,
    renumbered=renumbered,
    search=(
        Search(
            lines=tuple(LineDefaults(baud, "N", stop=2) for baud in (2400, 9600, 19200, 1200)),
            addresses=(DIRECT,),
            ask=ask,
        ),
    ),
    certainty=CERTAINTY,
)
