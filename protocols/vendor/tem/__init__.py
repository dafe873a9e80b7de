"""The TEM family of Arvas: TEM-104, TEM-104-1, TEM-104-K, TEM-104M, TEM-106 and TESMART.

One conversation reads places of the meters' memories; what lies where is told by the tables of maps/.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from metering.errors import DecodeError
from protocols.conversation import Conversation
from protocols.driver import Driver
from protocols.family import Choices, Family, Found, Search
from protocols.modbus.messages import Framing
from protocols.vendor.tem.driver import LINE, PROTOCOL, ClockSettingTemDriver, TemDriver
from protocols.vendor.tem.explain import explain
from protocols.vendor.tem.frames import reseal
from protocols.vendor.tem.identity import anyone, dialogue_with, identity_of, model_named, read_name
from protocols.vendor.tem.models import MODELS

CERTAINTY: Final = 30
"""Signature, inverted address, length and checksum."""


def build(model: str, framing: Framing, choices: Choices) -> Driver:
    """The driver of a model; the framing is Modbus' own affair."""
    kind = ClockSettingTemDriver if MODELS[model].sets_clock else TemDriver
    return kind(model, choices)


def ask(address: str) -> Conversation[Found]:
    """Name and serial number; DecodeError for a name that belongs to no known model."""
    name = yield from read_name(anyone(address))
    model = model_named(name)
    if model is None:
        raise DecodeError(
            f"A meter that speaks the TEM protocol calls itself {name!r}; no such model is known."
        )
    row = MODELS[model]
    return Found(model, (yield from identity_of(dialogue_with(address, row), row, name)))


FAMILY: Final = Family(
    protocol=PROTOCOL,
    title="TEM-104 family (Arvas)",
    models=tuple(MODELS),
    build=build,
    explain=explain,
    reseal=reseal,
    search=(
        Search(
            lines=(LINE, replace(LINE, baud=19200), replace(LINE, baud=57600)),
            addresses=("1", "2"),
            ask=ask,
        ),
    ),
    certainty=CERTAINTY,
)
