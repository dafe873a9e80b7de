"""What the listener tells, carried into storage and the queue; what could not be stored yet is kept."""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import timedelta
from typing import Final

import structlog

from collector.delivery import Delivery
from collector.inbound.admission import source_of
from collector.inbound.endings import Ending
from collector.inbound.events import Connected, KnownModem, Stranger
from collector.inbound.listener import Listener
from collector.links.url import LineUrl
from collector.planner import ROUTINE
from collector.poll import Clock
from metering.errors import ConfigurationError
from metering.modems import ModemIdentity
from metering.signals import SignalLevel, SignalReport, SignalSource
from storage import quarantine
from storage.jobs import Jobs
from storage.modems import Contact, InboundLine, Modems
from storage.pool import Database
from storage.quarantine import Quarantine

log = structlog.get_logger()

MOST_KEPT: Final = 20_000
"""Levels, contacts and strangers that wait for the database; the oldest go first."""


class Attendance:
    """Who is connected, as storage knows it and as it is; `news` is set when the two differ."""

    def __init__(
        self, database: Database, collector: str, now: Clock, heartbeat: timedelta, delivery: Delivery
    ) -> None:
        self.news = asyncio.Event()
        self._collector = collector
        self._now = now
        self._heartbeat = heartbeat
        self._modems = Modems(database)
        self._delivery = delivery
        self._quarantine = Quarantine(database)
        self._jobs = Jobs(database)
        self._present: dict[int, Connected] = {}
        self._lines: dict[int, Connected] = {}
        self._told: dict[int, Connected] = {}
        self._returned: set[int] = set()
        self._registered: dict[InboundLine, KnownModem | None] = {}
        self._begun = False
        self._levels: deque[tuple[int, SignalLevel]] = deque(maxlen=MOST_KEPT)
        self._strangers: deque[Stranger] = deque(maxlen=MOST_KEPT)
        self._contacts: deque[Contact] = deque(maxlen=MOST_KEPT)

    def appeared(self, modem: KnownModem, connection: Connected) -> None:
        self._present[modem.modem_id] = self._lines[modem.line_id] = connection
        self._returned.add(modem.line_id)
        self.news.set()

    def vanished(self, modem: KnownModem, ending: Ending) -> None:
        self._present.pop(modem.modem_id, None)
        self._lines.pop(modem.line_id, None)
        self._returned.discard(modem.line_id)
        self.news.set()

    def stranger(self, stranger: Stranger) -> None:
        self._strangers.append(stranger)

    def learned(self, modem_id: int, report: SignalReport | None, identity: ModemIdentity) -> None:
        self._contacts.append(Contact(modem_id, self._now(), identity=identity))
        if report is not None:
            self._levels.append((modem_id, SignalLevel(self._now(), SignalSource.HELLO, report)))

    def reported(self, modem_id: int, report: SignalReport) -> None:
        """The gateway answered when it was asked for its signal."""
        self._levels.append((modem_id, SignalLevel(self._now(), SignalSource.REPORT, report)))

    def connected(self, line_id: int) -> Connected | None:
        """The connection of this line's modem; None when it is not connected here."""
        return self._lines.get(line_id)

    def lines(self) -> frozenset[int]:
        """Lines whose modem is connected here."""
        return frozenset(self._lines)

    def has_returned(self, line_id: int) -> bool:
        """Whether its modem came back since this was asked last."""
        returned = line_id in self._returned
        self._returned.discard(line_id)
        return returned

    def return_was_missed(self, line_id: int) -> None:
        """Its meters could not be asked after all, though its modem is back; the line is requested again."""
        if line_id in self._lines:
            self._returned.add(line_id)

    async def begin(self) -> None:
        """What storage says of this collector is of its life before.

        Once only: while the database was away, a modem that we hold may have gone over to another collector.
        """
        if not self._begun:
            await self._modems.let_go_all(self._collector)
            self._begun = True

    async def end(self) -> None:
        """Nobody is connected to this collector any more."""
        await self._modems.let_go_all(self._collector)
        self._told, self._begun = {}, False

    async def tell(self, listener: Listener) -> None:
        """Bring storage up to date; what could not be stored is kept for the next time."""
        self.news.clear()
        await self._tell_who_is_here()
        await self._request_returned()
        self._take_contacts(listener)
        await self._tell_contacts()
        await self._tell_levels()
        await self._tell_strangers()

    async def know(self, listener: Listener) -> None:
        """Tell the listener which modems are registered."""
        before, lines = self._registered, await self._modems.inbound_lines()
        self._registered = {line: before[line] if line in before else _known(line) for line in lines}
        listener.know([modem for modem in self._registered.values() if modem is not None])

    async def _tell_who_is_here(self) -> None:
        here = dict(self._present)
        gone = self._told.keys() - here.keys()
        new = {modem: one for modem, one in here.items() if self._told.get(modem) != one}
        if gone:
            await self._modems.let_go(gone, self._collector)
        if new:
            addresses = [(modem, one.address) for modem, one in new.items()]
            await self._modems.hold(addresses, self._collector, self._now())
        self._told = here

    async def _request_returned(self) -> None:
        """A line whose modem appeared is served here, also when its job waited elsewhere.

        It is asked for until it was: one that found the modem away may be at its end just now.
        """
        if not self._returned:
            return
        queues = dict.fromkeys(self._returned, self._collector)
        await self._jobs.move_lines(queues, self._heartbeat)
        await self._jobs.request_lines(queues, ROUTINE)

    def _take_contacts(self, listener: Listener) -> None:
        for one in listener.take_contacts():
            self._contacts.append(Contact(one.modem_id, one.at, one.sent, one.received))

    async def _tell_contacts(self) -> None:
        contacts = list(self._contacts)
        if contacts:
            await self._delivery.save_contacts(contacts)
            _forget(self._contacts, len(contacts))

    async def _tell_levels(self) -> None:
        while self._levels:
            modem, level = self._levels[0]
            await self._delivery.save_levels(modem, [level])
            self._levels.popleft()

    async def _tell_strangers(self) -> None:
        strangers = list(self._strangers)
        if strangers:
            await self._quarantine.seen([_seen(one, self._collector) for one in strangers])
            _forget(self._strangers, len(strangers))


def _known(line: InboundLine) -> KnownModem | None:
    try:
        return KnownModem(line.line_id, line.modem_id, line.identity, LineUrl.parse(line.url))
    except ConfigurationError as error:
        log.warning("line is registered wrongly", line=line.line_id, error=str(error))
        return None


def _seen(stranger: Stranger, collector: str) -> quarantine.Stranger:
    """Who does not say who it is is known by its network address."""
    return quarantine.Stranger(
        identity=stranger.identity or f"address:{source_of(stranger.address)}",
        kind=stranger.kind.value if stranger.kind else "",
        address=stranger.address,
        first_at=stranger.at,
        last_at=stranger.at,
        times=1,
        hello=stranger.hello,
        listener=stranger.listener,
        collector=collector,
    )


def _forget(kept: deque[Contact] | deque[Stranger], told: int) -> None:
    for _ in range(min(told, len(kept))):
        kept.popleft()
