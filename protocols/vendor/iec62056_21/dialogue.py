"""One read-out: sign-on, identification, the change of speed where the line can follow, data (section 2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from metering.errors import ExchangeError, FrameError, NotSupported
from protocols.conversation import Conversation, Exchange, Retune
from protocols.vendor.iec62056_21 import data_block
from protocols.vendor.iec62056_21.contents import ReadOut
from protocols.vendor.iec62056_21.data_block import DataBlock
from protocols.vendor.iec62056_21.data_sets import parse
from protocols.vendor.iec62056_21.models import Mode, Model
from protocols.vendor.iec62056_21.sign_on import (
    SIGN_ON_BAUD,
    STAY,
    Identification,
    find_identification,
    request,
)

TRIES: Final = 3
"""Of a whole read-out: what was lost after the identification cannot be asked for alone."""

PARITY: Final = "N"
"""Of the line; the characters' own parity bit is made by us."""

_HEARD_ONLY: Final = b""


def read_out(model: Model, address: str, question: str) -> Conversation[ReadOut]:
    """Identification and data sets; the whole is repeated when its second half is lost. FrameError."""
    asked = request(address, question, model.wake)
    for _ in range(TRIES):
        read = yield from _once(model, asked)
        if read is not None:
            return read
    raise FrameError(
        "The meter identifies itself, but its data do not come through: check that the line follows it "
        "from 300 baud to the announced speed, or that its gateway runs at the speed of the meter's module."
    )


def _once(model: Model, asked: bytes) -> Conversation[ReadOut | None]:
    """None: the data were lost."""
    follows = yield from _tuned(SIGN_ON_BAUD)
    alone = model.mode is Mode.C or (model.mode is Mode.B and follows)
    reply = yield Exchange(asked, _signed_on(model) if alone else _whole(model))
    who = find_identification(reply)
    if who is None:
        raise FrameError
    block = data_block.find(reply, model.check, who.end) or (yield from _data(model, who))
    return ReadOut(model, who, parse(block.text.decode("ascii"))) if block else None


def _data(model: Model, who: Identification) -> Conversation[DataBlock | None]:
    """What follows an identification that came alone; None when it is lost."""

    def complete(buffer: bytes) -> int | None:
        return _end(data_block.find(buffer, model.check))

    try:
        if model.mode is Mode.C:
            reply = yield Exchange(STAY, complete)
        else:
            yield from _tuned(who.speed)
            reply = yield Exchange(_HEARD_ONLY, complete, attempts=1)
    except ExchangeError:
        return None
    return data_block.find(reply, model.check)


def _tuned(baud: int) -> Conversation[bool]:
    """Whether the line can change its speed; a gateway that cannot runs at the one it was set to."""
    try:
        yield Retune(baud, PARITY)
    except NotSupported:
        return False
    return True


def _whole(model: Model) -> Callable[[bytes], int | None]:
    """Complete with the data."""

    def complete(buffer: bytes) -> int | None:
        who = find_identification(buffer)
        return _end(data_block.find(buffer, model.check, who.end)) if who else None

    return complete


def _signed_on(model: Model) -> Callable[[bytes], int | None]:
    """Complete with the identification alone; when more has come already, with the data."""

    def complete(buffer: bytes) -> int | None:
        who = find_identification(buffer)
        if who is None or who.end == len(buffer):
            return who.end if who else None
        return _end(data_block.find(buffer, model.check, who.end))

    return complete


def _end(block: DataBlock | None) -> int | None:
    return block.end if block else None
