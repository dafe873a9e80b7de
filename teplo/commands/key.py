"""`teplo key make|list|revoke`: keys of the API, each shown once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from api.dependencies import Scope
from metering.errors import ConfigurationError
from storage.keys import REQUESTS_PER_MINUTE, ApiKey, ApiKeys
from storage.pool import Database
from teplo.command_group import command_group
from teplo.settings import settings_with_database

key = command_group("key", "Keys of the API: make one, list all, revoke one.")

T = TypeVar("T")
MOST_REQUESTS = 1_000_000


@key.command("make")
def make(
    name: Annotated[str, typer.Argument(help="Who uses the key, e.g. alseco-billing.")],
    scope: Annotated[list[str], typer.Option(help="What it may do, e.g. billing:read; repeatable.")],
    service_centre: Annotated[
        list[str] | None, typer.Option(help="Sees this service centre alone; repeatable.")
    ] = None,
    district: Annotated[list[str] | None, typer.Option(help="Sees this district alone; repeatable.")] = None,
    requests_per_minute: Annotated[
        int, typer.Option(min=1, max=MOST_REQUESTS, help="How often it may ask.")
    ] = REQUESTS_PER_MINUTE,
) -> None:
    """Make an API key. The key is shown once; only its hash is stored."""
    if unknown := sorted(set(scope) - set(Scope)):
        raise ConfigurationError(f"No scope {', '.join(unknown)}; there are: {', '.join(Scope)}.")

    async def create(keys: ApiKeys) -> str:
        _, plain = await keys.create(
            name,
            frozenset(scope),
            service_centres=service_centre or (),
            districts=district or (),
            requests_per_minute=requests_per_minute,
        )
        return plain

    print(_with_keys(create))


@key.command("list")
def list_keys() -> None:
    """List every key ever made: what it may do, what it sees, and whether it was revoked."""
    table = Table("id", "name", "scopes", "sees", "a minute", "made", "revoked")
    for one in _with_keys(ApiKeys.list):
        table.add_row(*_cells(one))
    Console().print(table)


@key.command("revoke")
def revoke(
    identifier: Annotated[int, typer.Argument(metavar="ID", help="As `teplo key list` shows.")],
) -> None:
    """Close a key for good."""
    if not _with_keys(lambda keys: keys.revoke(identifier)):
        raise ConfigurationError(
            f"There is no key {identifier} that is open; `teplo key list` shows which there are."
        )


def _with_keys(work: Callable[[ApiKeys], Awaitable[T]]) -> T:
    async def done() -> T:
        async with Database(settings_with_database().database_url) as database:
            return await work(ApiKeys(database))

    return asyncio.run(done())


def _cells(one: ApiKey) -> tuple[str, ...]:
    revoked = f"{one.revoked_at:%Y-%m-%d}" if one.revoked_at else ""
    return (
        *(str(one.id), one.name, " ".join(sorted(one.scopes)), str(one.area)),
        *(str(one.requests_per_minute), f"{one.created_at:%Y-%m-%d}", revoked),
    )
