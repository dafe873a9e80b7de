"""Keys of the API. Only a key's SHA-256 is stored: 32 random bytes need no slow hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage import sql
from storage.pool import Database

_SQL = sql.statements("keys")
_BYTES = 32


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret; one that was revoked opens nothing."""

    id: int
    name: str
    scopes: frozenset[str]
    created_at: datetime
    revoked_at: datetime | None


class ApiKeys:
    """`token(n)` gives the text of n random bytes."""

    def __init__(self, database: Database, *, token: Callable[[int], str] = secrets.token_urlsafe) -> None:
        self._database = database
        self._token = token

    async def create(self, name: str, scopes: Iterable[str]) -> tuple[int, str]:
        """The key's id and the key itself, which nobody can show a second time."""
        plain = self._token(_BYTES)
        identifier = await self._database.value(_SQL["create"], name, sorted(set(scopes)), _digest(plain))
        return int(identifier), plain

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
    return ApiKey(row["id"], row["name"], frozenset(row["scopes"]), row["created_at"], row["revoked_at"])
