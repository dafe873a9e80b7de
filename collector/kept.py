"""What one collector keeps on its own disk: readings that wait for the database, books of its lines."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Self
from urllib.parse import quote
from uuid import UUID

from collector.delivery import Delivery
from collector.entries import Sink
from collector.field_book import FieldBook
from collector.spool import Spool
from metering.errors import ConfigurationError

SPOOL: Final = "spool.sqlite"
FIELD_BOOK: Final = "books.sqlite"
INSTANCE: Final = "instance"
ROOMY: Final = 2**30
"""Bytes of a spool: months of a thousand meters' hourly polls."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Files of one process alone, in a folder by the collector's name."""

    folder: Path
    spool: Spool
    field_book: FieldBook
    delivery: Delivery

    @classmethod
    def at(cls, folder: Path, name: str, sink: Sink, now: Callable[[], datetime], limit: int = ROOMY) -> Self:
        """`limit`: bytes that may wait in the spool. Nothing is opened yet."""
        own = folder / quote(name, safe="")
        spool = Spool(own / SPOOL, limit=limit)
        return cls(own, spool, FieldBook(own / FIELD_BOOK), Delivery(sink, spool, now))

    def instance(self, fresh: UUID) -> UUID:
        """Which process has this name: who finds the folder free is the one that had it before, started anew.

        It need not be waited for, then, until the one before is thought dead.
        """
        path = self.folder / INSTANCE
        try:
            return UUID(path.read_text(encoding="ascii"))
        except (OSError, ValueError):
            path.write_text(str(fresh), encoding="ascii")
        return fresh

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """ConfigurationError: the folder cannot be written to, or another process works with its files."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"The collector's folder {self.folder} cannot be made: {error}. Name another one in "
                "TEPLO_COLLECTOR_FOLDER."
            ) from error
        async with self.spool, self.field_book:
            yield
