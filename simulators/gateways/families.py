"""Which dialogue each kind of gateway speaks, and how its signal level changes over the day."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from simulators.gateways.dialogue import Csq, Dialogue, PlainDialogue
from simulators.gateways.gateway import Gateway, GatewayKind
from simulators.gateways.irz import IrzDialogue
from simulators.gateways.wrx import WrxDialogue

STRONGEST: Final = 31
_FADES: Final = ((86_400.0, 1.5), (2_220.0, 1.5))
"""Period in seconds and swing in steps of CSQ: leaves and traffic over the day, people passing by."""


def csq_at(gateway: Gateway, at: datetime) -> int:
    """The CSQ that this gateway has at this time: its place's mean, and some fading, in closed form."""
    phase = zlib.crc32(gateway.identity.encode()) % 1000 / 1000
    seconds = at.timestamp()
    fading = sum(swing * math.sin(2 * math.pi * (seconds / period + phase)) for period, swing in _FADES)
    return min(max(round(gateway.signal + fading), 0), STRONGEST)


def dialogue_of(gateway: Gateway, csq: Csq) -> Dialogue:
    """A fresh dialogue for one connection of this gateway."""
    return DIALOGUES[gateway.kind](gateway, csq)


def _plain(gateway: Gateway, csq: Csq) -> Dialogue:
    return PlainDialogue(gateway)


DIALOGUES: Final[Mapping[GatewayKind, Callable[[Gateway, Csq], Dialogue]]] = {
    GatewayKind.IRZ: IrzDialogue,
    GatewayKind.IRZ_ENCAPSULATED: IrzDialogue,
    GatewayKind.WRX: WrxDialogue,
    GatewayKind.USR: _plain,
    GatewayKind.IMEI: _plain,
    GatewayKind.ICCID: _plain,
    GatewayKind.PATTERN: _plain,
    GatewayKind.SILENT: _plain,
}
