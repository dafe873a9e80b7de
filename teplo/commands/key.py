"""`teplo key NAME --scope ...`: make an API key, shown once."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from metering.errors import ConfigurationError
from storage.keys import ApiKeys
from storage.pool import Database
from teplo.settings import read_settings


def key(
    name: Annotated[str, typer.Argument(help="Who uses the key, e.g. alseco-billing.")],
    scope: Annotated[list[str], typer.Option(help="What it may do, e.g. billing:read; repeatable.")],
) -> None:
    """Make an API key. The key is shown once; only its hash is stored."""
    url = read_settings().database_url
    if not url:
        raise ConfigurationError("TEPLO_DATABASE_URL is not set: a key belongs to one database.")
    print(asyncio.run(_create(url, name, scope)))


async def _create(url: str, name: str, scopes: list[str]) -> str:
    async with Database(url) as database:
        _, plain = await ApiKeys(database).create(name, frozenset(scopes))
        return plain
