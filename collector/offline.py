"""Serving lines without the database: those whose home this collector is, from the books that it keeps.

Theory. Homes are given out while the database is there, each line to one collector; they move only when their
collector was not heard of for a lease. So every collector may serve its own while nobody can be asked, and no
line has two talkers. A collector that was itself dead for longer than a lease does not trust what it kept.
When the database is back, a line that was read so is read on from its book until all that was read is stored:
to the others it is a line that is being visited, and what they would ask for is not theirs to know yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from collector.dueness import is_due, line_rests
from collector.field_book import FieldBook
from collector.line_signal import LineSignal
from collector.poll import Clock, Progress
from collector.presence import Presence
from collector.reach import LinesInService
from collector.serving import Serving
from collector.supervisor import ungrouped, wait
from collector.unstored import Unstored
from metering.books import LineBook
from metering.errors import StorageUnavailable, TeploError
from metering.requests import PollRequest

log = structlog.get_logger()

LEASED: Final = "csd:"
"""Modems of a pool are shared out by the database: without it nobody dials."""
INBOUND: Final = "inbound:"


class BookedWishes:
    """Without the database no new wish can come; those of the book can be told nothing on the way."""

    async def fresh(self, line_id: int) -> Sequence[PollRequest]:
        return ()

    def watch(
        self, request: PollRequest, call_off: Callable[[], None]
    ) -> AbstractAsyncContextManager[Progress]:
        return nullcontext(_untold)


@dataclass(frozen=True, slots=True)
class OfflineTerms:
    """`away` says whether the database is.

    `tick`: seconds between two looks at what is due; `most` lines are served at once; `lease`: after so long
    without a sign of life a collector's homes may have been given to others. For `patience` after the start
    no modem is taken to be away: it must find the way to us first.
    """

    away: Callable[[], bool]
    tick: float
    most: int
    lease: timedelta
    patience: timedelta


@dataclass(frozen=True, slots=True)
class Modems:
    """Those that connect here: only this collector can reach their lines now."""

    presence: Presence
    signal: LineSignal


class Offline:
    """`in_service` are the lines that this process serves in any way; `unstored` learns those read here."""

    def __init__(
        self,
        serving: Serving,
        field_book: FieldBook,
        now: Clock,
        in_service: LinesInService,
        unstored: Unstored,
        modems: Modems,
        terms: OfflineTerms,
    ) -> None:
        self._serving = serving
        self._field_book = field_book
        self._now = now
        self._in_service = in_service
        self._unstored = unstored
        self._modems = modems
        self._terms = terms
        self._patient_until = now() + terms.patience
        self._visits: dict[int, asyncio.Task[None]] = {}
        self._read_here: set[int] = set()
        self._trusts_homes = True

    @property
    def lines(self) -> frozenset[int]:
        """Those that are being served without the database."""
        return frozenset(self._visits)

    async def run(self, stop: asyncio.Event) -> None:
        """Look at what is due on each tick; what is being read at the end is finished."""
        await self._judge_homes()
        with ungrouped():
            async with asyncio.TaskGroup() as group:
                while not stop.is_set():
                    await self._field_book.alive(self._now())
                    await self._begin_visits(group)
                    await wait(stop, self._terms.tick)

    async def learn_homes(self, line_ids: Collection[int]) -> None:
        """The lines that are at home here, as the database has just said."""
        await self._field_book.keep_homes(line_ids)
        self._trusts_homes = True

    async def _judge_homes(self) -> None:
        """What is on the disk of a life before counts only when that ended lately."""
        alive = await self._field_book.last_alive()
        self._trusts_homes = alive is not None and self._now() - alive < self._terms.lease

    async def _begin_visits(self, group: asyncio.TaskGroup) -> None:
        for line_id in await self._lines():
            if len(self._visits) >= self._terms.most:
                return
            if line_id not in self._visits:
                await self._begin_visit(line_id, group)

    async def _begin_visit(self, line_id: int, group: asyncio.TaskGroup) -> None:
        presence = self._modems.presence
        returned = presence.has_returned(line_id)
        book = await self._due(line_id, returned=returned)
        # Looking through many books takes a while, in which the database may have come back.
        if not self._may_visit(line_id):
            if returned:
                presence.return_was_missed(line_id)
        elif book is not None:
            visit = self._visit(book, returned=returned)
            self._visits[line_id] = group.create_task(visit, name=f"line {line_id}")

    async def _lines(self) -> list[int]:
        self._read_here &= self._unstored.lines
        if not self._terms.away() and not self._read_here:
            return []
        homes = await self._field_book.homes() if self._trusts_homes else set()
        return sorted(line for line in homes | self._modems.presence.lines() if self._may_visit(line))

    def _may_visit(self, line_id: int) -> bool:
        return self._terms.away() or line_id in self._read_here & self._unstored.lines

    async def _due(self, line_id: int, *, returned: bool) -> LineBook | None:
        book, now = await self._field_book.book(line_id), self._now()
        if book is None or book.url.startswith(LEASED) or self._is_awaited(book):
            return None
        if not returned and line_rests(line_id, book.meters, now):
            return None
        due = any(meter.requests or is_due(meter, now, returned=returned) for meter in book.meters)
        return book if due else None

    def _is_awaited(self, book: LineBook) -> bool:
        """Whether its modem may still be about to connect to us."""
        inbound = book.url.startswith(INBOUND) and self._modems.presence.connected(book.line_id) is None
        return inbound and self._now() < self._patient_until

    async def _visit(self, book: LineBook, *, returned: bool) -> None:
        try:
            with self._in_service.taken(book.line_id) as ours:
                if ours:
                    await self._serving.serve(book, BookedWishes(), returned=returned)
                    await self._modems.signal.look(book.line_id, book.url)
        except StorageUnavailable as error:
            log.error("readings cannot be kept", line=book.line_id, error=str(error))
        except TeploError as error:
            log.warning("line was not served", line=book.line_id, error=str(error))
        finally:
            self._unstored.add([book.line_id])
            self._read_here.add(book.line_id)
            self._visits.pop(book.line_id, None)


def _untold(done: int, wanted: int) -> None:
    """Nobody can be told."""
