"""Keys of the API. Only a key's SHA-256 is stored: 32 random bytes need no slow hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from storage import sql
from storage.pool import Database

_SQL = sql.statements("keys")
_BYTES = 32
REQUESTS_PER_MINUTE: Final = 600
"""As many as a key may ask that was not given a limit of its own."""


class Place(StrEnum):
    """What belongs to a service centre and a district."""

    USAGE_POINT = "usage_point"
    METER = "meter"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret; one that was revoked opens nothing.

    `service_centres`, `districts`: where everything is that it sees; None: everywhere.
    """

    id: int
    name: str
    scopes: frozenset[str]
    created_at: datetime
    revoked_at: datetime | None
    service_centres: frozenset[str] | None = None
    districts: frozenset[str] | None = None
    requests_per_minute: int = REQUESTS_PER_MINUTE

    @property
    def sees_everything(self) -> bool:
        return self.service_centres is None and self.districts is None


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

    async def sees(self, key: ApiKey, place: Place, identifier: int) -> bool:
        """Whether this is where the key may look; what does not exist is nowhere."""
        if key.sees_everything:
            return True
        centres, districts = (
            None if one is None else sorted(one) for one in (key.service_centres, key.districts)
        )
        found: bool = await self._database.value(_SQL[f"sees_{place}"], identifier, centres, districts)
        return found

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
        _places(row["service_centres"]),
        _places(row["districts"]),
        row["requests_per_minute"],
    )


def _places(names: list[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)
