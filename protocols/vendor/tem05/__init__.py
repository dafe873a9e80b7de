"""TEM-05 and TEM-05M of Arvas: one request, one answer with the current state. Source: tem-05.md."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from metering.errors import DecodeError, FrameError
from protocols.annotation import Annotation, annotated
from protocols.conversation import Conversation
from protocols.driver import Driver
from protocols.family import NO_CHOICES, Choices, Family, Found, Search
from protocols.modbus.messages import Framing
from protocols.vendor.tem05.answer import REQUEST, SIZE, answer_end, described
from protocols.vendor.tem05.driver import LINE, MODEL, PROTOCOL, Tem05Driver

CERTAINTY: Final = 16
"""A date where the date should be, and the length."""
_LONGEST: Final = 512


def build(model: str, framing: Framing, choices: Choices) -> Driver:
    """The driver; the framing is Modbus' own affair."""
    return Tem05Driver(choices)


def explain(frame: bytes) -> list[Annotation]:
    """Annotations that cover the request or an answer; FrameError for anything else."""
    if frame == REQUEST:
        return annotated(frame, [(len(REQUEST), "wake the adapter and tell the current state")])
    if not SIZE <= len(frame) <= _LONGEST or answer_end(frame[:SIZE]) is None:
        raise FrameError("Neither the request of TEM-05 nor an answer: too short, or no date in its place.")
    try:
        return annotated(frame, described(frame))
    except DecodeError as error:
        raise FrameError(str(error)) from error


def reseal(frame: bytes) -> bytes:
    """The frame itself: no checksum is known."""
    return frame


def ask(address: str) -> Conversation[Found]:
    """Serial number of whoever answers twice alike."""
    return Found(MODEL, (yield from Tem05Driver(NO_CHOICES).identify(address)))


FAMILY: Final = Family(
    protocol=PROTOCOL,
    title="TEM-05 (Arvas)",
    models=(MODEL,),
    build=build,
    explain=explain,
    reseal=reseal,
    search=(Search(lines=(LINE, replace(LINE, baud=2400)), addresses=("1",), ask=ask),),
    certainty=CERTAINTY,
    checked=False,
)
