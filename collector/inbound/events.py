"""What the listener tells the collector, and what it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from collector.inbound.endings import Ending, Refusal
from collector.links.url import LineUrl
from metering.modems import ModemIdentity
from metering.signals import SignalReport
from protocols.hello import HelloKind


@dataclass(frozen=True, slots=True)
class KnownModem:
    """A registered modem whose connection we wait for. `identity` is the place of the line's URL."""

    line_id: int
    modem_id: int
    identity: str
    url: LineUrl


@dataclass(frozen=True, slots=True)
class Connected:
    """A known modem's connection. `address`: where it came from. `listener`: our address, as written."""

    modem: KnownModem
    address: str
    listener: str
    kind: HelloKind
    encapsulated: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody whom we do not know. `identity` is "" and `kind` None when it did not say who it is."""

    identity: str
    kind: HelloKind | None
    address: str
    hello: bytes
    at: datetime
    listener: str


class Contact(NamedTuple):
    """The last byte of a modem was heard at this time; bytes both ways since the contacts were last taken."""

    modem_id: int
    at: datetime
    sent: int
    received: int


@dataclass(frozen=True, slots=True)
class Counts:
    """`accepted` and `refused` since the listener began, the others now."""

    connections: int
    recognised: int
    talking: int
    strangers: int
    accepted: int
    refused: Mapping[Refusal, int]


class Listening(Protocol):
    """Called from the event loop, in order; must return at once and raise nothing.

    A modem that connects anew vanishes and then appears.
    """

    def appeared(self, modem: KnownModem, connection: Connected) -> None: ...

    def vanished(self, modem: KnownModem, ending: Ending) -> None: ...

    def stranger(self, stranger: Stranger) -> None: ...

    def learned(self, modem_id: int, report: SignalReport | None, identity: ModemIdentity) -> None:
        """Its hello told this."""
        ...
