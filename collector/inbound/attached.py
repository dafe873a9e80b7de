"""The phase of a known modem: heartbeats are answered, payload goes to the link that has the connection."""

from __future__ import annotations

import asyncio
from typing import Protocol

from collector.inbound.connection import Connection
from collector.inbound.contacts import wall_clock
from collector.inbound.endings import Ending
from collector.inbound.events import Connected, KnownModem
from collector.inbound.limits import Limits
from collector.inbound.loan import Loan
from collector.links.arrivals import Arrivals
from collector.transcript import Clock
from metering.errors import LineBusy
from protocols.gateway_stream import GatewayStream
from protocols.hello import Hello, HelloKind


class Host(Protocol):
    """Who is told when the connection has ended. `retiring`: a connection that is given back is not kept."""

    limits: Limits
    retiring: bool

    def departed(self, attached: Attached, ending: Ending) -> None: ...


class Attached:
    """While no link is open, payload is dropped: it must not meet the next question."""

    __slots__ = (
        "_heartbeats",
        "_host",
        "_loan",
        "_quiet",
        "_stream",
        "_unasked",
        "connection",
        "encapsulated",
        "kind",
        "modem",
        "service",
        "settled_at",
    )

    def __init__(self, connection: Connection, modem: KnownModem, hello: Hello, host: Host) -> None:
        self.connection = connection
        self.modem = modem
        self.kind: HelloKind = hello.kind
        self.encapsulated = hello.encapsulated
        self.service = hello.service
        self._host = host
        self._loan: Loan | None = None
        self._quiet: asyncio.TimerHandle | None = None
        self._unasked = 0
        self._heartbeats = 0
        self._stream = self._new_stream()
        self._settle()

    @property
    def lent(self) -> bool:
        """Whether a link has the connection."""
        return self._loan is not None

    def connected(self, now: Clock) -> Connected:
        """For people: who, from where, since when."""
        return Connected(
            self.modem,
            self.connection.address,
            self.connection.entrance.listener.text,
            self.kind,
            self.encapsulated,
            wall_clock(self.connection.opened, now),
        )

    def know(self, modem: KnownModem) -> None:
        """The register has been read again; heartbeat or prefix of the line may have changed."""
        changed = modem.url.text != self.modem.url.text
        self.modem = modem
        if changed:
            self._stream = self._new_stream()
            self._heartbeats = 0

    def lend(self, arrivals: Arrivals) -> Loan:
        """Hands the connection to a link; what came before was no answer to it. LineBusy when one has it."""
        if self._loan is not None:
            raise LineBusy(f"{self.modem.url.text}: another conversation has the modem's connection; wait.")
        self._stream.quiet()
        self._loan = Loan(self, arrivals)
        if self.connection.choked:
            self._loan.write_on(False)
        return self._loan

    def hear(self, data: bytes, pause: float) -> None:
        if self._loan is None and not self._bears(len(data)):
            self.connection.end(Ending.FLOODED)
            return
        if pause >= self._host.limits.quiet:
            self._deliver(self._stream.quiet())
        payload = self._stream.hear(data)
        answers = self._stream.answers()
        if not self.connection.choked:
            self.connection.write(answers)
        self._deliver(payload)
        self._await_quiet()

    def check(self, now: float) -> None:
        heartbeats, self._heartbeats = self._stream.heartbeats - self._heartbeats, self._stream.heartbeats
        self._unasked = 0
        if heartbeats > self._host.limits.heartbeats:
            self.connection.end(Ending.FLOODED)
            return
        silence = self.modem.url.silence or self._host.limits.silence
        if now - self.connection.heard_at >= silence:
            self.connection.end(Ending.SILENT)

    def write_on(self, possible: bool) -> None:
        if self._loan is not None:
            self._loan.write_on(possible)

    def end(self, ending: Ending, cause: Exception | None) -> None:
        self._cancel_quiet()
        loan, self._loan = self._loan, None
        if loan is not None:
            loan.over(ending, cause)
        self._host.departed(self, ending)

    def say(self, payload: bytes) -> None:
        self.connection.write(self._stream.wrap(payload))

    def read_on(self, wanted: bool) -> None:
        self.connection.read_on(wanted)

    def take_back(self) -> None:
        self._loan = None
        self._settle()
        self.connection.read_on(True)
        if self._host.retiring:
            self.connection.end(Ending.STOPPED)

    def abandon(self) -> None:
        self.connection.end(Ending.ABANDONED)

    def _settle(self) -> None:
        """What is on its way, from a dead session or for the last question, shall come before the next."""
        self.settled_at = asyncio.get_running_loop().time() + self._host.limits.settling

    def _new_stream(self) -> GatewayStream:
        url = self.modem.url
        heartbeats = ((url.heartbeat, url.answer),) if url.heartbeat else ()
        return GatewayStream(
            self.kind, encapsulated=self.encapsulated, heartbeats=heartbeats, prefix=url.prefix
        )

    def _bears(self, size: int) -> bool:
        self._unasked += size
        return self._unasked <= self._host.limits.unasked_size

    def _deliver(self, payload: bytes) -> None:
        if payload and self._loan is not None:
            self._loan.deliver(payload)

    def _await_quiet(self) -> None:
        self._cancel_quiet()
        if self._stream.pending and not self.connection.ended:
            self._quiet = asyncio.get_running_loop().call_later(
                self._host.limits.quiet, self._nothing_followed
            )

    def _nothing_followed(self) -> None:
        self._quiet = None
        self._deliver(self._stream.quiet())

    def _cancel_quiet(self) -> None:
        if self._quiet is not None:
            self._quiet.cancel()
            self._quiet = None
