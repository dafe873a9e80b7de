"""Serving lines without the database: those whose home this collector is, from the books that it keeps.

Theory. Homes are given out while the database is there, each line to one collector; they move only when their
collector was not heard of for a lease. So every collector may serve its own while nobody can be asked, and no
line has two talkers. A collector that was itself dead for longer than a lease does not trust what it kept.
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
from collector.poll import Clock, Progress
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
    """`away` says whether the database is; `at_hand` which lines only this collector can reach now.

    `tick`: seconds between two looks at what is due; `most` lines are served at once; `lease`: after so long
    without a sign of life a collector's homes may have been given to others.
    """

    away: Callable[[], bool]
    at_hand: Callable[[], Collection[int]]
    tick: float
    most: int
    lease: timedelta


class Offline:
    """`in_service` are the lines that this process serves in any way; `unstored` learns those read here."""

    def __init__(
        self,
        serving: Serving,
        field_book: FieldBook,
        now: Clock,
        in_service: LinesInService,
        unstored: Unstored,
        terms: OfflineTerms,
    ) -> None:
        self._serving = serving
        self._field_book = field_book
        self._now = now
        self._in_service = in_service
        self._unstored = unstored
        self._terms = terms
        self._visits: dict[int, asyncio.Task[None]] = {}
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
                    if self._terms.away():
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
            book = None if line_id in self._visits else await self._due(line_id)
            # Looking through many books takes a while, in which the database may have come back.
            if book and self._terms.away():
                self._visits[line_id] = group.create_task(self._visit(book), name=f"line {line_id}")

    async def _lines(self) -> list[int]:
        homes = await self._field_book.homes() if self._trusts_homes else set()
        return sorted(homes | set(self._terms.at_hand()))

    async def _due(self, line_id: int) -> LineBook | None:
        book, now = await self._field_book.book(line_id), self._now()
        if book is None or book.url.startswith(LEASED) or line_rests(line_id, book.meters, now):
            return None
        return book if any(meter.requests or is_due(meter, now) for meter in book.meters) else None

    async def _visit(self, book: LineBook) -> None:
        try:
            with self._in_service.taken(book.line_id) as ours:
                if ours:
                    await self._serving.serve(book, BookedWishes())
        except StorageUnavailable as error:
            log.error("readings cannot be kept", line=book.line_id, error=str(error))
        except TeploError as error:
            log.warning("line was not served", line=book.line_id, error=str(error))
        finally:
            self._unstored.add([book.line_id])
            self._visits.pop(book.line_id, None)


def _untold(done: int, wanted: int) -> None:
    """Nobody can be told."""
