"""Wired M-Bus as a family: its models are the profile files beside it."""

from __future__ import annotations

from typing import Final

from protocols.checksums import arithmetic_sum
from protocols.conversation import Conversation
from protocols.driver import Driver, LineDefaults
from protocols.family import Choices, Family, Found, Search
from protocols.mbus import offsets, profile
from protocols.mbus.addressing import ANYBODY, parse
from protocols.mbus.annotate import explain_bytes
from protocols.mbus.detection import best_match
from protocols.mbus.driver import MbusDriver, identity
from protocols.mbus.frames import (
    FCB,
    LONG_OVERHEAD,
    LONG_START,
    REQ_UD1,
    REQ_UD2,
    RSP_UD,
    SHORT_LENGTH,
    SHORT_START,
    SND_NKE,
    SND_UD,
)
from protocols.mbus.reading import Reader
from protocols.modbus.messages import Framing

CERTAINTY: Final = 40
"""Two starts, two lengths, a sum and a stop, less what a short frame lacks."""

_DEMANDS: Final = (0x00, 0x10, 0x20, 0x30)
"""The bits DFC and ACD of an answer."""
CONTROLS: Final = frozenset(
    {SND_NKE, *(each | bit for each in (SND_UD, REQ_UD1, REQ_UD2) for bit in (0, FCB))}
    | {RSP_UD | bits for bits in _DEMANDS}
)


def build(model: str, framing: Framing, choices: Choices) -> Driver:
    """The driver of a profile as this line chooses; M-Bus has one framing."""
    return MbusDriver(profile.load(model), choices)


def ask(address: str) -> Conversation[Found]:
    """Who answers there, by one telegram."""
    out = yield from Reader(parse(address), decoder=offsets.decode).read_out(most=1)
    who = identity(out.telegrams[0].header)
    return Found(best_match(who, profile.load_all()) or "", who)


def reseal(frame: bytes) -> bytes:
    """A long or short frame with its sum set right."""
    first = {LONG_START: LONG_OVERHEAD - 2, SHORT_START: 1}.get(frame[0] if frame else 0)
    if first is None or len(frame) < SHORT_LENGTH:
        return frame
    return frame[:-2] + bytes((arithmetic_sum(frame[first:-2]),)) + frame[-1:]


def typical(frame: bytes) -> bool:
    """Whether its control field is one of M-Bus: other protocols frame as IEC 60870-5 does, too."""
    at = {LONG_START: 4, SHORT_START: 1}.get(frame[0])
    return at is None or frame[at] in CONTROLS


FAMILY: Final = Family(
    protocol="m-bus",
    title="Wired M-Bus, EN 13757",
    models=profile.names(),
    build=build,
    explain=explain_bytes,
    reseal=reseal,
    search=(
        Search(
            lines=(LineDefaults(2400, "E"), LineDefaults(300, "E"), LineDefaults(9600, "E")),
            addresses=(str(ANYBODY), "1"),
            ask=ask,
        ),
    ),
    certainty=CERTAINTY,
    typical=typical,
)
