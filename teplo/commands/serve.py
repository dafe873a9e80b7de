"""`teplo migrate`, `teplo collector` and `teplo api`: the parts that run for years."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from teplo import running
from teplo.composition import texts
from teplo.logs import set_up_logs
from teplo.migrate import migrate as migrate_schema
from teplo.settings import Settings, settings_with_database


def migrate() -> None:
    """Bring the database's schema to this version."""
    asyncio.run(migrate_schema(_settings().database_url))
    _ = texts()
    print(_("The schema is up to date."))


def collector(
    name: Annotated[str, typer.Option(help="This collector's name; TEPLO_COLLECTOR_NAME else.")] = "",
    listen: Annotated[
        list[str] | None,
        typer.Option(help="Where modems connect to us: 0.0.0.0:11003?hello=any; may be repeated."),
    ] = None,
) -> None:
    """Poll the registered meters until stopped, and accept the modems that connect to us."""
    given = {"collector_name": name, "listen": " ".join(listen or ())}
    settings = _settings().model_copy(update={key: value for key, value in given.items() if value})
    asyncio.run(_until_stopped(lambda stop: running.collect(settings, stop)))


def api() -> None:
    """Answer billing and engineers over HTTP until stopped."""
    settings = _settings()
    asyncio.run(_until_stopped(lambda stop: running.answer(settings, stop)))


def _settings() -> Settings:
    settings = settings_with_database()
    set_up_logs(settings.log_level)
    return settings


async def _until_stopped(run: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await run(stop)
