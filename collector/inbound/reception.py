"""Who is here: strangers wait, known modems are attached, and the newest connection of a modem counts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC

from collector.inbound.absence import Absences, Departure
from collector.inbound.admission import Admission
from collector.inbound.attached import Attached
from collector.inbound.connection import Connection
from collector.inbound.contacts import Contacts, wall_clock
from collector.inbound.endings import Ending, Refusal
from collector.inbound.events import Contact, KnownModem, Listening, Stranger
from collector.inbound.greeting import Greeting, wordless_hello
from collector.inbound.limits import Limits
from collector.inbound.loan import Loan
from collector.inbound.strangers import Strangers, Waiting
from collector.links.arrivals import Arrivals
from collector.links.url import LineUrl
from collector.transcript import Clock
from metering.errors import ModemAway
from metering.modems import ModemIdentity
from protocols.hello import Hello, answer


class Reception:
    """Brings each connection from phase to phase and tells the collector."""

    def __init__(self, limits: Limits, events: Listening, now: Clock) -> None:
        self.limits = limits
        self.admission = Admission(limits)
        self.strangers = Strangers()
        self.absences = Absences(now())
        self.contacts = Contacts(now)
        self.here: dict[str, Attached] = {}
        self.services: dict[str, Attached] = {}
        self.retiring = False
        self._events = events
        self._now = now
        self._known: dict[str, KnownModem] = {}
        self._reports = 0

    def know(self, modems: Iterable[KnownModem]) -> None:
        """Replaces the register; who waited and is known now is attached, who is known no longer is cut."""
        self._known = {modem.identity: modem for modem in modems}
        self.absences.keep_only(self._known)
        for attached in [*self.here.values(), *self.services.values()]:
            self._know_again(attached, self._known.get(attached.modem.identity))
        for identity in self.strangers.identities():
            if identity in self._known and (waiting := self.strangers.take(identity)):
                self._attach(waiting.connection, self._known[identity], waiting.hello)

    def open(self) -> None:
        """Modems are welcome."""
        self.retiring = False

    def retire(self) -> None:
        """Cuts every connection that no link has, the others as soon as they are given back."""
        self.retiring = True
        for connection in list(self.admission.connections):
            if not (isinstance(connection.phase, Attached) and connection.phase.lent):
                connection.end(Ending.STOPPED)

    def cut_off(self) -> None:
        """Cuts every connection."""
        self.retiring = True
        for connection in list(self.admission.connections):
            connection.end(Ending.STOPPED)

    def sweep(self) -> None:
        """Looks at each connection for what is overdue."""
        self._reports = 0
        now = asyncio.get_running_loop().time()
        for connection in list(self.admission.connections):
            if connection.phase is not None:
                connection.phase.check(now)

    def greet(self, connection: Connection) -> None:
        """A connection came to be."""
        connection.phase = Greeting(connection, self, connection.entrance.listener.expected)
        hello = wordless_hello(connection)
        if hello is not None:
            self.introduce(connection, hello, b"")

    def introduce(self, connection: Connection, hello: Hello, heard: bytes) -> None:
        """It said who it is."""
        modem = self._known.get(hello.identity)
        if self.retiring:
            connection.end(Ending.STOPPED)
        elif hello.service:
            self._attach_service(connection, modem, hello)
        elif modem is not None:
            self._attach(connection, modem, hello)
        else:
            self._keep_stranger(connection, hello, heard)

    def dismiss(self, connection: Connection, refusal: Refusal, heard: bytes) -> None:
        """It said nothing that we understand."""
        self.admission.refuse(refusal)
        if refusal is not Refusal.SERVICE_CHANNEL:
            self._report(connection, None, heard)
        connection.end(Ending.REFUSED)

    def left(self, connection: Connection, heard: bytes) -> None:
        """It hung up before it had said who it is."""
        self.admission.refuse(Refusal.LEFT)
        if heard:
            self._report(connection, None, heard)

    def turn_away(self, stranger: Waiting, refusal: Refusal) -> None:
        """It waited long enough, or behaved badly."""
        self.admission.refuse(refusal)
        stranger.connection.end(Ending.REFUSED)

    def stranger_gone(self, stranger: Waiting) -> None:
        self.strangers.forget(stranger)

    def departed(self, attached: Attached, ending: Ending) -> None:
        """The connection of a known modem has ended."""
        identity, heard_at = attached.modem.identity, attached.connection.heard_at
        self.contacts.note(attached.modem.modem_id, attached.connection)
        if attached.service:
            if self.services.get(identity) is attached:
                del self.services[identity]
            return
        if self.here.get(identity) is attached:
            del self.here[identity]
        if identity in self._known:
            self.absences.note(identity, Departure(self._now(), wall_clock(heard_at, self._now), ending))
        self._events.vanished(attached.modem, ending)

    def take_contacts(self) -> list[Contact]:
        """Who was heard or spoken to since this was last asked."""
        for attached in [*self.here.values(), *self.services.values()]:
            self.contacts.note(attached.modem.modem_id, attached.connection)
        return self.contacts.take()

    def lend(self, url: LineUrl, arrivals: Arrivals, listening: str) -> Loan:
        """The connection of this line's modem; ModemAway or LineBusy when it cannot be had."""
        attached = self.here.get(url.place)
        if attached is None:
            raise self.absences.error(url, listening)
        return attached.lend(arrivals)

    def lend_service(self, url: LineUrl, arrivals: Arrivals) -> Loan:
        """The service channel of this line's modem; ModemAway where it has none open."""
        attached = self.services.get(url.place)
        if attached is None:
            raise ModemAway(f"The modem of {url.text} has no service channel open to us: switch it on there.")
        return attached.lend(arrivals)

    def _attach_service(self, connection: Connection, modem: KnownModem | None, hello: Hello) -> None:
        """A second connection of a known modem, for questions to the modem itself; strangers get none."""
        if modem is None:
            self.dismiss(connection, Refusal.SERVICE_CHANNEL, b"")
            return
        older = self.services.pop(modem.identity, None)
        if older is not None:
            older.connection.end(Ending.REPLACED)
        self._welcome(connection, modem, hello, self.services)

    def _welcome(
        self, connection: Connection, modem: KnownModem, hello: Hello, table: dict[str, Attached]
    ) -> Attached:
        attached = table[modem.identity] = Attached(connection, modem, hello, self)
        connection.phase = attached
        self.admission.recognised(connection)
        connection.write(answer(hello, self._now().astimezone(UTC).replace(tzinfo=None)))
        return attached

    def _know_again(self, attached: Attached, modem: KnownModem | None) -> None:
        if modem is None or modem.modem_id != attached.modem.modem_id:
            attached.connection.end(Ending.FORGOTTEN)
        else:
            attached.know(modem)

    def _attach(self, connection: Connection, modem: KnownModem, hello: Hello) -> None:
        older = self.here.pop(modem.identity, None)
        if older is not None:
            older.connection.end(Ending.REPLACED)
        attached = self._welcome(connection, modem, hello, self.here)
        self._events.appeared(modem, attached.connected(self._now))
        if hello.report is not None or hello.modem != ModemIdentity():
            self._events.learned(modem.modem_id, hello.report, hello.modem)
        if hello.rest:
            attached.hear(hello.rest, 0.0)

    def _keep_stranger(self, connection: Connection, hello: Hello, heard: bytes) -> None:
        self._report(connection, hello, heard)
        if hello.identity not in self.strangers and len(self.strangers) >= self.limits.strangers:
            self.admission.refuse(Refusal.STRANGERS_FULL)
            connection.end(Ending.REFUSED)
            return
        waiting = Waiting(connection, self, replace(hello, rest=b""))
        older = self.strangers.keep(waiting)
        connection.phase = waiting
        if older is not None:
            older.connection.end(Ending.REPLACED)

    def _report(self, connection: Connection, hello: Hello | None, heard: bytes) -> None:
        self._reports += 1
        if self._reports > self.limits.stranger_reports:
            return
        self._events.stranger(
            Stranger(
                identity=hello.identity if hello else "",
                kind=hello.kind if hello else None,
                address=connection.address,
                hello=heard[: self.limits.hello_size],
                at=self._now(),
                listener=connection.entrance.listener.text,
            )
        )
