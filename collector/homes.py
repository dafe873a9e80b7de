"""The lines at home with a collector: those that it serves while the database is away, and their books."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import timedelta
from typing import Final

from collector.collector_settings import SELDOM, CollectorSettings
from collector.kept import Kept
from collector.known_models import model_rows
from collector.name_holder import NameHolder
from collector.offline import Offline
from collector.poll import Clock
from collector.reach import LinesInService, Reach
from collector.supervisor import wait
from storage.books import Books
from storage.lines import Lines
from storage.models import Models
from storage.pool import Database

NEVER: Final = timedelta(days=36_500)
MOST_BOOKS: Final = 100
"""Books that are fetched beforehand at one look."""
BOOKS_LAST: Final = timedelta(hours=1)
"""A kept book that is older is fetched anew: what others have read since is not to be asked again."""


class Homes:
    """`in_service`: lines whose books change just now."""

    def __init__(
        self,
        database: Database,
        settings: CollectorSettings,
        kept: Kept,
        offline: Offline,
        in_service: LinesInService,
        reach: Reach,
        now: Clock,
    ) -> None:
        self._lines = Lines(database)
        self._books = Books(database)
        self._models = Models(database)
        self._settings = settings
        self._kept = kept
        self._offline = offline
        self._in_service = in_service
        self._reach = reach
        self._now = now
        self._ids: set[int] = set()

    def __contains__(self, line_id: int) -> bool:
        """Whether a line is at home here, as the database last said."""
        return line_id in self._ids

    async def booked(self) -> set[int]:
        """The lines at home here that could be served without the database: their books are kept."""
        kept = self._kept.field_book
        return (await kept.homes()).intersection(await kept.books())

    async def run(self, name: NameHolder, stop: asyncio.Event) -> None:
        """Look at the homes of lines now and then, as long as the name is ours."""
        await self._models.tell(model_rows())
        while not stop.is_set() and await name.is_held(stop):
            await self._lines.assign_homes(self._patience())
            await self._learn(await self._lines.homes(self._settings.name))
            await self._share()
            await self._renew_books(self._ids)
            await wait(stop, SELDOM * self._settings.tick)

    async def _learn(self, homes: set[int]) -> None:
        self._ids = homes
        await self._offline.learn_homes(homes)

    async def _share(self) -> None:
        """Gives lines to those who have fewer. They are forgotten here first: no line ever has two homes."""
        if self._patience() is NEVER:
            return
        surplus = await self._lines.surplus(self._settings.name) & self._ids
        if surplus:
            await self._learn(self._ids - surplus)
            await self._lines.release(self._settings.name, surplus)

    async def _renew_books(self, homes: Collection[int]) -> None:
        """Of lines that are new here, and of those that others have served since."""
        known, now = await self._kept.field_book.books(), self._now()
        # What waits on the disk is in no book of the database yet.
        drained = not self._kept.spool.state().entries
        old = {line for line, as_of in known.items() if drained and as_of < now - BOOKS_LAST}
        wanted = sorted(line for line in homes if line not in known or line in old)
        books = await self._books.lines(wanted[:MOST_BOOKS], self._settings.plan, now)
        for line_id, book in books.items():
            if line_id not in self._in_service:
                await self._kept.field_book.keep(book)

    def _patience(self) -> timedelta:
        """While the database was not there for a lease, a silent collector may be one that cannot tell."""
        lease = self._settings.lease
        return lease if self._reach.back_for >= lease.total_seconds() else NEVER
