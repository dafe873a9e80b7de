"""Where the demo's collector listens, and which of its gateways connects where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from collector.inbound.address import ListenAddress
from simulators.gateways.connecting import Listener
from simulators.gateways.gateway import Gateway, GatewayKind
from teplo.running import Listening

ENTRANCES: Final = (
    "127.0.0.1:0",
    "127.0.0.1:0?hello=registration",
    "127.0.0.1:0?pattern=NODE%20([0-9]{1,10})%20UP",
)
TEXT: Final = 1
PATTERN: Final = 2
ENTRANCE_OF: Final[Mapping[GatewayKind, int | None]] = {
    GatewayKind.USR: TEXT,
    GatewayKind.PATTERN: PATTERN,
    GatewayKind.SILENT: None,
}
"""Texts of a gateway's own are hellos only where they are expected; a silent one needs a port of its own."""


def entrances(listening: Listening = Listening()) -> Listening:
    """A port for the usual hellos, one for registration texts, one for texts by a pattern; any free ones."""
    return replace(listening, addresses=tuple(ListenAddress.parse(text) for text in ENTRANCES))


def way_in(bound: Sequence[tuple[str, int]]) -> Listener:
    """To which of the bound addresses a gateway connects."""

    def listener(gateway: Gateway) -> tuple[str, int] | None:
        entrance = ENTRANCE_OF.get(gateway.kind, 0)
        return None if entrance is None else bound[entrance]

    return listener
