"""`teplo key NAME --scope ...`: make an API key, shown once."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from api.dependencies import Scope
from metering.errors import ConfigurationError
from storage.keys import ApiKeys
from storage.pool import Database
from teplo.settings import settings_with_database


def key(
    name: Annotated[str, typer.Argument(help="Who uses the key, e.g. alseco-billing.")],
    scope: Annotated[list[str], typer.Option(help="What it may do, e.g. billing:read; repeatable.")],
) -> None:
    """Make an API key. The key is shown once; only its hash is stored."""
    if unknown := sorted(set(scope) - set(Scope)):
        raise ConfigurationError(f"No scope {', '.join(unknown)}; there are: {', '.join(Scope)}.")
    print(asyncio.run(_create(settings_with_database().database_url, name, scope)))


async def _create(url: str, name: str, scopes: list[str]) -> str:
    async with Database(url) as database:
        _, plain = await ApiKeys(database).create(name, frozenset(scopes))
        return plain
