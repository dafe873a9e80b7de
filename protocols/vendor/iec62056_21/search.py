"""Looking for meters with an optical head or a current loop: the ordinary read-out, of whoever is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from protocols.conversation import Conversation
from protocols.driver import LineDefaults
from protocols.family import Found, Search
from protocols.vendor.iec62056_21.dialogue import PARITY, read_out
from protocols.vendor.iec62056_21.driver import FULL, TIMEOUT
from protocols.vendor.iec62056_21.models import MODELS, Model
from protocols.vendor.iec62056_21.sign_on import ANYBODY, SIGN_ON_BAUD

_OPTICAL: Final = LineDefaults(SIGN_ON_BAUD, PARITY, timeout=TIMEOUT, quiet=0.0)
_MODULE: Final = LineDefaults(2400, PARITY, timeout=TIMEOUT, quiet=0.0)
"""The meter's RS-232 or current loop module behind a gateway of one speed."""


def _asking(model: Model) -> Callable[[str], Conversation[Found]]:
    def ask(address: str) -> Conversation[Found]:
        read = yield from read_out(model, address, FULL)
        return Found(model.name if read.identification.maker == model.makers else "", read.identity)

    return ask


SEARCHES: Final = (
    Search((_OPTICAL, _MODULE), (ANYBODY,), _asking(MODELS["landis-gyr-uh50-iec"])),
    Search((_OPTICAL,), (ANYBODY,), _asking(MODELS["kamstrup-66-cde"])),
)
