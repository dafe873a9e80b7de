"""The right to use one modem: ours while it is renewed in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Self

import structlog

from collector.dialling.pool import ModemBook
from collector.dialling.times import DiallingTimes
from metering.errors import StorageError
from storage.modem_rows import LeasedModem

log = structlog.get_logger()


class BookClock:
    """The book's time, asked once and carried on: a computer's own clock may be wrong, or be set."""

    def __init__(self, told: datetime, asked: float) -> None:
        self._told = told
        self._asked = asked

    @classmethod
    async def ask(cls, book: ModemBook) -> Self:
        """It is fast by as long as the answer took: our leases end early rather than late."""
        asked = _time()
        return cls(await book.time(), asked)

    def now(self) -> datetime:
        return self._told + timedelta(seconds=_time() - self._asked)


class Lease:
    """Renews itself from `keep` to `stop`. When it is lost, `lost` is true and `on_loss` is called once.

    While the database is away the lease stands until shortly before its time has run out.
    """

    def __init__(
        self,
        book: ModemBook,
        modem: LeasedModem,
        collector: str,
        times: DiallingTimes,
        clock: BookClock,
        until: datetime,
    ) -> None:
        self.modem = modem
        self.lost = False
        self.on_loss: Callable[[], None] = lambda: None
        self.now = clock.now
        self._book = book
        self._collector = collector
        self._times = times
        self._until = until
        self._renewing: asyncio.Task[None] | None = None

    @classmethod
    async def of_pool(cls, book: ModemBook, pool: str, collector: str, times: DiallingTimes) -> Self | None:
        """Of a free modem; None when the pool has none."""
        clock = await BookClock.ask(book)
        now = clock.now()
        until = now + timedelta(seconds=times.lease)
        modem = await book.lease(pool, collector, now, until)
        return None if modem is None else cls(book, modem, collector, times, clock, until)

    @property
    def remaining(self) -> float:
        """Seconds until another collector may have the modem, as far as we know."""
        return max((self._until - self.now()).total_seconds(), 0.0)

    def keep(self) -> None:
        """Renew it from now on."""
        self._renewing = asyncio.create_task(self._renew(), name=f"lease of {self.modem.url}")

    async def stop(self) -> None:
        """Renew it no more."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.wait([self._renewing])

    async def _renew(self) -> None:
        while not self.lost:
            await asyncio.sleep(min(self._times.renewal, self._left()))
            self.lost = not await self._still_ours()
        log.warning("lease lost", modem=self.modem.url)
        self.on_loss()

    async def _still_ours(self) -> bool:
        until = self.now() + timedelta(seconds=self._times.lease)
        try:
            async with asyncio.timeout(self._left()):
                ours = await self._book.renew(self.modem.id, self._collector, until)
        except (StorageError, TimeoutError) as error:
            log.warning("lease not renewed", modem=self.modem.url, error=str(error) or "no answer in time")
            return self._left() > 0
        self._until = until if ours else self._until
        return ours

    def _left(self) -> float:
        """Seconds until its call must be given up."""
        return max(self.remaining - self._times.farewell, 0.0)


def _time() -> float:
    return asyncio.get_running_loop().time()
