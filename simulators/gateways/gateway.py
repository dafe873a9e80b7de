"""What a simulated gateway is set to: its kind, who it says it is, its heartbeat, its network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

PLACEHOLDER: Final = "{identity}"
_OWN_PORT: Final = re.compile(r"port:([1-9][0-9]{0,4})")
_OWN_ADDRESS: Final = re.compile(r"address:(127(?:\.[0-9]{1,3}){3}|::1)")


class GatewayKind(StrEnum):
    """Families of gateways that connect to a head-end, by what they say first."""

    IRZ = "irz"
    """iRZ ATM: a line of settings; passes data only after the head-end's date line."""
    IRZ_ENCAPSULATED = "irz-encapsulated"
    """The same with COLPROT: everything after the login goes in packets."""
    WRX = "wrx"
    """Teleofis WRX: waits for the head-end to speak first."""
    USR = "usr"
    """USR-IOT and clones: a registration string."""
    IMEI = "imei"
    ICCID = "iccid"
    PATTERN = "pattern"
    """The identity within a text of the utility's own choice."""
    SILENT = "silent"
    """Transparent from the first byte: known by its port or by its own address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """One gateway's settings; times are in seconds.

    `identity` is what an operator registers. `heartbeat` b"": the family's own, or none. With an `answer` the
    gateway gives a head-end up that does not answer its heartbeats. `hello` is PATTERN's text around
    {identity}. `with_data`: the registration string stands before each of its packets, too. `signal` is the
    mean CSQ of its place, `latency` one way of the network. A SILENT one's identity is `port:11006` or
    `address:127.0.0.9`. `service`: the second connection of a WRX, for questions to the gateway itself.
    """

    kind: GatewayKind
    identity: str
    heartbeat: bytes = b""
    answer: bytes = b""
    beat: float = 55.0
    hello: str = PLACEHOLDER
    with_data: bool = False
    signal: int = 17
    latency: float = 0.0
    reconnect: float = 0.2
    patience: float = 30.0
    service: bool = False

    @property
    def registration(self) -> bytes:
        """The text it registers with, where its family has one."""
        if self.kind is GatewayKind.SILENT:
            return b""
        return self.hello.replace(PLACEHOLDER, self.identity).encode()

    @property
    def port(self) -> int | None:
        """The head-end's port that is this gateway's alone."""
        own = _OWN_PORT.fullmatch(self.identity) if self.kind is GatewayKind.SILENT else None
        return int(own[1]) if own else None

    @property
    def source(self) -> str | None:
        """The address of this host that it has to come from."""
        own = _OWN_ADDRESS.fullmatch(self.identity) if self.kind is GatewayKind.SILENT else None
        return own[1] if own else None
