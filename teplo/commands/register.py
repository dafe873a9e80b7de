"""`teplo register FILE.toml`: put sites, usage points, lines and meters into the registry."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from storage.components import Components
from storage.modems import Modems
from storage.plans import Plans
from storage.pool import Database
from storage.usage_points import Registry
from teplo.composition import clock, texts
from teplo.registration import apply
from teplo.registry_file import Registration, load
from teplo.with_database import with_database


def register(
    file: Annotated[Path, typer.Argument(help="The registry file; see docs/reference/registry.md.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the file, store nothing.")] = False,
) -> None:
    """Register what hangs on which line. Registering the same again changes nothing."""
    registration = load(file)
    if not dry_run:
        by = f"teplo register {file.name}"
        with_database(lambda database: _store(database, registration, by), by)
    _ = texts()
    done = _("checked") if dry_run else _("registered")
    counts = _("{sites} sites, {pools} modem pools, {lines} lines, {meters} meters").format(
        sites=len(registration.sites),
        pools=len(registration.pools),
        lines=len(registration.lines),
        meters=registration.meters,
    )
    print(f"{done}: {counts}")


async def _store(database: Database, registration: Registration, by: str) -> None:
    await apply(
        *(registration, Registry(database), Modems(database), Plans(database), Components(database)),
        by=by,
        at=clock(),
    )
