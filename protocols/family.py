"""A family: the models that share one conversation, and all that the rest of the house may ask of it.

Each folder of protocols/vendor offers one as FAMILY; catalogue.py lists the folders. M-Bus and Modbus are
families as well, whose models are profile files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from metering.meters import MeterIdentity
from protocols.annotation import Annotation
from protocols.conversation import Conversation
from protocols.driver import Driver, LineDefaults
from protocols.modbus.messages import Framing

Choices = Mapping[str, str]
"""A word for each of a model's choices, by its name (driver.Choice)."""

NO_CHOICES: Choices = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Found:
    """Who answered a search. `model` is the profile that fits; empty when none is known to."""

    model: str
    identity: MeterIdentity


@dataclass(frozen=True, slots=True)
class Search:
    """How this family is looked for on an unknown line, gently: the most usual settings and addresses first.

    `ask(address)` is one short conversation that changes nothing; silence ends it with NoResponse, and what
    answers but is no meter of this family with another error of our tree.
    """

    lines: tuple[LineDefaults, ...]
    addresses: tuple[str, ...]
    ask: Callable[[str], Conversation[Found]]


def _always(frame: bytes) -> bool:
    return True


def _as_it_is(frame: bytes, like: bytes) -> bytes:
    return frame


@dataclass(frozen=True, slots=True)
class Family:
    """`protocol` is its name in commands, vectors and fleets.

    `build(model, framing, choices)`: the driver of a model, every choice being given a word.
    `explain(frame)`: annotations that cover one whole frame, request or reply, without gap or overlap;
    FrameError when it is no valid frame of this protocol. `certainty`: how many bits must agree before
    `explain` takes a frame for its own: those of checksums and fixed bytes.
    `reseal(frame)`: the frame with its checksums set right; unchanged where there is none.
    `typical(frame)`, of a frame that `explain` takes: whether its content, too, is one of this protocol,
    where others have the same frame and checksum; `guess` trusts it before any certainty.
    `renumbered(frame, like)`: the frame with the running number of another one, sealed anew; unchanged where
    frames carry none, so that a transcript can answer questions that were numbered otherwise.
    `checked`: every frame carries a checksum over all of it but `unguarded` leading bytes (a wake-up).
    """

    protocol: str
    title: str
    models: tuple[str, ...]
    build: Callable[[str, Framing, Choices], Driver]
    explain: Callable[[bytes], list[Annotation]]
    reseal: Callable[[bytes], bytes]
    search: tuple[Search, ...]
    certainty: int
    typical: Callable[[bytes], bool] = field(default=_always)
    renumbered: Callable[[bytes, bytes], bytes] = field(default=_as_it_is)
    checked: bool = True
    unguarded: int = field(default=0)
