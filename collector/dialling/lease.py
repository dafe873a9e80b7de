"""The right to use one modem: ours while it is renewed in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from collector.dialling.pool import ModemBook
from collector.transcript import Clock
from metering.errors import StorageError
from storage.modems import LeasedModem

log = structlog.get_logger()


class Lease:
    """Renews itself from `keep` to `stop`. When it is lost, `lost` is true and `on_loss` is called once.

    While the database is away the lease stands until its time has run out.
    """

    def __init__(
        self, book: ModemBook, modem: LeasedModem, collector: str, now: Clock, length: float
    ) -> None:
        self.modem = modem
        self.lost = False
        self.on_loss: Callable[[], None] = lambda: None
        self._book = book
        self._collector = collector
        self._now = now
        self._length = timedelta(seconds=length)
        self._until = now() + self._length
        self._renewing: asyncio.Task[None] | None = None

    @property
    def until(self) -> datetime:
        """When it ends unless it is renewed."""
        return self._until

    def keep(self, every: float) -> None:
        """Renew it from now on, as often as this."""
        self._renewing = asyncio.create_task(self._renew(every), name=f"lease of {self.modem.url}")

    async def stop(self) -> None:
        """Renew it no more."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.wait([self._renewing])

    async def _renew(self, every: float) -> None:
        while not self.lost:
            await asyncio.sleep(every)
            self.lost = not await self._still_ours()
        log.warning("lease lost", modem=self.modem.url)
        self.on_loss()

    async def _still_ours(self) -> bool:
        until = self._now() + self._length
        try:
            ours = await self._book.renew(self.modem.id, self._collector, until)
        except StorageError as error:
            log.warning("lease not renewed", modem=self.modem.url, error=str(error))
            return self._now() < self._until
        self._until = until if ours else self._until
        return ours
