"""What the listener tells, carried into storage and the queue; what could not be stored yet is kept."""

from __future__ import annotations

from collections import deque
from datetime import timedelta

import structlog

from collector.delivery import Delivery
from collector.inbound.admission import source_of
from collector.inbound.events import Connected, KnownModem, Stranger
from collector.inbound.listener import Listener
from collector.links.url import LineUrl
from collector.planner import ROUTINE
from collector.poll import Clock
from collector.presence import MOST_KEPT, Presence
from metering.errors import ConfigurationError
from storage import quarantine
from storage.jobs import Jobs
from storage.modem_rows import InboundLine
from storage.modems import Modems
from storage.pool import Database
from storage.quarantine import Quarantine

log = structlog.get_logger()


class Attendance(Presence):
    """Who is connected, as storage knows it and as it is; `news` is set when the two differ."""

    def __init__(
        self, database: Database, collector: str, now: Clock, heartbeat: timedelta, delivery: Delivery
    ) -> None:
        super().__init__(now, delivery)
        self._collector = collector
        self._heartbeat = heartbeat
        self._modems = Modems(database)
        self._quarantine = Quarantine(database)
        self._jobs = Jobs(database)
        self._told: dict[int, Connected] = {}
        self._registered: dict[InboundLine, KnownModem | None] = {}
        self._begun = False
        self._strangers: deque[Stranger] = deque(maxlen=MOST_KEPT)

    def stranger(self, stranger: Stranger) -> None:
        self._strangers.append(stranger)

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
        await self.hand_on(listener)
        await self._tell_strangers()

    async def know(self, listener: Listener) -> None:
        """Tell the listener which modems are registered."""
        before, lines = self._registered, await self._modems.inbound_lines()
        self._registered = {line: before[line] if line in before else _known(line) for line in lines}
        listener.know([modem for modem in self._registered.values() if modem is not None])

    async def _tell_who_is_here(self) -> None:
        here = dict(self.present)
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
        if not self.returned:
            return
        queues = dict.fromkeys(self.returned, self._collector)
        await self._jobs.move_lines(queues, self._heartbeat)
        await self._jobs.request_lines(queues, ROUTINE)

    async def _tell_strangers(self) -> None:
        strangers = list(self._strangers)
        if strangers:
            await self._quarantine.seen([_seen(one, self._collector) for one in strangers])
            for _ in range(min(len(strangers), len(self._strangers))):
                self._strangers.popleft()


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
