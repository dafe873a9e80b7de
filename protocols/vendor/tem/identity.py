"""Who a meter of the TEM family is: its name, its serial number, and the model that fits."""

from __future__ import annotations

from typing import Final

from metering.errors import DecodeError, WrongMeter
from metering.meters import MeterIdentity
from protocols.conversation import Conversation
from protocols.vendor.tem.commands import FlashOrder, Memory, identify, version
from protocols.vendor.tem.dialogue import Dialogue
from protocols.vendor.tem.memory_map import MemoryMap
from protocols.vendor.tem.models import MODELS, Model
from protocols.vendor.tem.numbers import Number, whole_at

MAKER: Final = "Arvas"
_ENCODING: Final = "cp1251"
"""TEM-104-K writes its name in Cyrillic letters."""
SMALLEST_READ: Final = 64


def model_named(name: str) -> str | None:
    """The model that answers by this name; None when none is known to."""
    return next((model for model, row in MODELS.items() if name in row.names), None)


def read_name(dialogue: Dialogue) -> Conversation[str]:
    """The meter's name, as it says it."""
    return text((yield from dialogue.ask(identify(dialogue.address))))


def read_firmware(dialogue: Dialogue) -> Conversation[str]:
    """The firmware's version, such as 2.09."""
    return text((yield from dialogue.ask(version(dialogue.address)))).removeprefix("v")


def read_serial(dialogue: Dialogue, map_: MemoryMap) -> Conversation[str]:
    """The serial number; DecodeError for a text that is none."""
    serial = map_.serial
    data = yield from dialogue.read(Memory.TIMER, serial.at, serial.size)
    if not serial.is_text:
        return str(whole_at(Number.LONG, data, 0, map_.order))
    written = text(data)
    if not (written.isascii() and written.isalnum()):
        raise DecodeError(
            f"The meter's serial number is {data.hex(' ')}, which is no text: likely this is another model "
            "than the registered one; `teplo detect` tells which."
        )
    return written


def checked(name: str, model: Model) -> None:
    """WrongMeter when the name is that of a model with another map."""
    other = model_named(name)
    if name not in model.names and other is not None and MODELS[other].map is not model.map:
        raise WrongMeter(
            f"The meter calls itself {name}, which is the model {other}; {model.title} is registered. "
            f"Register it as {other}, or write tem.name_check=off when it keeps the registered one's map."
        )


def identity_of(dialogue: Dialogue, model: Model, name: str) -> Conversation[MeterIdentity]:
    """The identity of a meter of this model."""
    serial = yield from read_serial(dialogue, model.map)
    firmware = (yield from read_firmware(dialogue)) if model.map.firmware else ""
    return MeterIdentity(serial, MAKER, name, firmware=firmware)


def dialogue_with(address: str, model: Model, largest: int = SMALLEST_READ) -> Dialogue:
    """A dialogue in the model's own commands."""
    return Dialogue(address, model.map.flash, largest)


def anyone(address: str) -> Dialogue:
    """A dialogue in the commands that all models share."""
    return Dialogue(address, FlashOrder.LENGTH_FIRST, SMALLEST_READ)


def text(data: bytes) -> str:
    """Letters up to the first zero byte."""
    return data.partition(b"\x00")[0].decode(_ENCODING, "replace").strip()
