"""Who is told that a run is ready, and what became of each notice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from metering.errors import ReadingConflict, TooManyRequests
from storage import sql
from storage.pool import Database

_SQL = sql.statements("webhooks")

MOST_WEBHOOKS: Final = 20
_AT_ONCE: Final = 10


class NoticeState(StrEnum):
    """What became of a notice; DELIVERED and GIVEN_UP are for good."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that is told; its secret is never shown. `given_up`: notices that nobody took there."""

    id: int
    url: str
    created_by: str
    created_at: datetime
    disabled_at: datetime | None
    given_up: int


@dataclass(frozen=True, slots=True)
class Notice:
    """What is or was to be told of a run; `webhook_id` None: over MQTT. `message`: why it failed last."""

    id: UUID
    run: int
    webhook_id: int | None
    state: NoticeState
    attempts: int
    next_at: datetime
    delivered_at: datetime | None
    message: str


@dataclass(frozen=True, slots=True)
class DueNotice:
    """A notice in hand, with what it tells of its run; `url` None: over MQTT."""

    id: UUID
    run: int
    attempts: int
    webhook_id: int | None
    url: str | None
    secret: str | None
    disabled_at: datetime | None
    kind: str
    corrects: int | None
    month: date
    lines: int
    content_hash: bytes
    finished_at: datetime


class Webhooks:
    """Addresses and the notices to them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def register(self, url: str, secret: str, api_key_id: int, by: str, at: datetime) -> int:
        """Its id. ReadingConflict when the address is known already; TooManyRequests."""
        if await self._database.value(_SQL["count"]) >= MOST_WEBHOOKS:
            raise TooManyRequests(f"{MOST_WEBHOOKS} webhooks are registered already: disable one of them.")
        number: int | None = await self._database.value(_SQL["register"], url, secret, api_key_id, by, at)
        if number is None:
            raise ReadingConflict(f"The address {url} is registered already.")
        return number

    async def disable(self, webhook_id: int, at: datetime) -> bool:
        """Nothing is sent there any more; False when there is no such webhook."""
        return await self._database.value(_SQL["disable"], webhook_id, at) is not None

    async def notices(self, run: int) -> Sequence[Notice]:
        """Those of a run: over MQTT first, then by webhook."""
        return [_notice(row) for row in await self._database.rows(_SQL["notices"], run)]

    async def due(self, at: datetime, lease: timedelta, *, over_mqtt: bool) -> Sequence[DueNotice]:
        """Notices to be told now; for the length of the lease nobody else is given them."""
        rows = await self._database.rows(_SQL["due"], at, lease, over_mqtt, _AT_ONCE)
        return [DueNotice(**row) for row in rows]

    async def delivered(self, notice: UUID, at: datetime) -> None:
        """It was taken."""
        await self._database.rows(_SQL["delivered"], notice, at)

    async def failed(self, notice: UUID, message: str, next_at: datetime | None) -> None:
        """It was not taken; it is tried again at `next_at`, or given up when that is None."""
        await self._database.rows(_SQL["failed"], notice, message, next_at)

    async def list(self, after: int = 0, limit: int = 100) -> list[Webhook]:
        """By id, the disabled ones too."""
        return [Webhook(**row) for row in await self._database.rows(_SQL["list"], after, limit)]


def _notice(row: Any) -> Notice:
    return Notice(**{**row, "state": NoticeState(row["state"])})
