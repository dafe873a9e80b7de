"""`teplo key make|list|revoke`: keys of the API, each shown once."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api.keys import Scope
from metering.errors import ConfigurationError
from storage.keys import REQUESTS_PER_MINUTE, ApiKey, ApiKeys
from storage.pool import Database
from teplo.command_group import command_group
from teplo.with_database import with_database

key = command_group("key", "Keys of the API: make one, list all, revoke one.")

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

    async def create(database: Database) -> str:
        _, plain = await ApiKeys(database).create(
            name,
            frozenset(scope),
            service_centres=service_centre or (),
            districts=district or (),
            requests_per_minute=requests_per_minute,
        )
        return plain

    print(with_database(create))


@key.command("list")
def list_keys() -> None:
    """List every key ever made: what it may do, what it sees, and whether it was revoked."""
    table = Table("id", "name", "scopes", "sees", "a minute", "made", "revoked")
    for one in with_database(lambda database: ApiKeys(database).list()):
        table.add_row(*_cells(one))
    Console().print(table)


@key.command("revoke")
def revoke(
    identifier: Annotated[int, typer.Argument(metavar="ID", help="As `teplo key list` shows.")],
) -> None:
    """Close a key for good."""
    if not with_database(lambda database: ApiKeys(database).revoke(identifier)):
        raise ConfigurationError(
            f"There is no key {identifier} that is open; `teplo key list` shows which there are."
        )


def _cells(one: ApiKey) -> tuple[str, ...]:
    revoked = f"{one.revoked_at:%Y-%m-%d}" if one.revoked_at else ""
    return (
        *(str(one.id), one.name, " ".join(sorted(one.scopes)), str(one.area)),
        *(str(one.requests_per_minute), f"{one.created_at:%Y-%m-%d}", revoked),
    )
