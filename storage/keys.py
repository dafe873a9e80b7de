"""Keys of the API. Only a key's SHA-256 is stored: 32 random bytes need no slow hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from metering.areas import EVERYWHERE, Area
from storage import sql
from storage.pool import Database

_SQL = sql.statements("keys")
_BYTES = 32
REQUESTS_PER_MINUTE: Final = 600
"""As many as a key may ask that was not given a limit of its own."""


class Place(StrEnum):
    """What belongs to a service centre and a district, by itself or by what it is about."""

    USAGE_POINT = "usage_point"
    METER = "meter"
    LINE = "line"
    POLL = "poll"
    POLL_REQUEST = "poll_request"
    ACT = "act"
    REPORTED_READING = "reported_reading"
    REGISTER_EVENT = "register_event"
    BILLING_RUN = "billing_run"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret; one that was revoked opens nothing. `area`: all that it sees is there."""

    id: int
    name: str
    scopes: frozenset[str]
    created_at: datetime
    revoked_at: datetime | None
    area: Area = EVERYWHERE
    requests_per_minute: int = REQUESTS_PER_MINUTE


class ApiKeys:
    """`token(n)` gives the text of n random bytes."""

    def __init__(self, database: Database, *, token: Callable[[int], str] = secrets.token_urlsafe) -> None:
        self._database = database
        self._token = token

    async def create(
        self,
        name: str,
        scopes: Iterable[str],
        *,
        service_centres: Collection[str] = (),
        districts: Collection[str] = (),
        requests_per_minute: int = REQUESTS_PER_MINUTE,
    ) -> tuple[int, str]:
        """The key's id and the key itself, which nobody can show a second time.

        It sees what is in these service centres and districts; where none are named, in all of them.
        """
        plain = self._token(_BYTES)
        identifier = await self._database.value(
            _SQL["create"],
            name,
            sorted(set(scopes)),
            _digest(plain),
            sorted(set(service_centres)) or None,
            sorted(set(districts)) or None,
            requests_per_minute,
        )
        return int(identifier), plain

    async def lies_in(self, area: Area, place: Place, identifier: int | UUID) -> bool:
        """Whether this is there; what does not exist lies nowhere but in everything."""
        if area.is_everything:
            return True
        found: bool = await self._database.value(_SQL[f"sees_{place}"], identifier, *area.columns())
        return found

    async def all_lie_in(self, area: Area, usage_points: Collection[int]) -> bool:
        """Whether every one of them exists and is there."""
        seen: int = await self._database.value(_SQL["points_seen"], list(usage_points), *area.columns())
        return seen == len(set(usage_points))

    async def find(self, plain: str) -> ApiKey | None:
        """The key, unless it is unknown or revoked.

        The look-up is by hash, so the time it takes tells nothing about the secret.
        """
        row = await self._database.row(_SQL["find"], _digest(plain))
        return _api_key(row) if row else None

    async def revoke(self, key_id: int) -> bool:
        """Closes the key for good; False when there is no such key or it is closed already."""
        return await self._database.value(_SQL["revoke"], key_id) is not None

    async def list(self) -> list[ApiKey]:
        """Every key ever made, the revoked ones too, by id."""
        return [_api_key(row) for row in await self._database.rows(_SQL["list"])]


def _digest(plain: str) -> bytes:
    return hashlib.sha256(plain.encode()).digest()


def _api_key(row: Any) -> ApiKey:
    return ApiKey(
        row["id"],
        row["name"],
        frozenset(row["scopes"]),
        row["created_at"],
        row["revoked_at"],
        Area(_names(row["service_centres"]), _names(row["districts"])),
        row["requests_per_minute"],
    )


def _names(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)
