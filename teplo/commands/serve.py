"""`teplo migrate`, `teplo collector`, `teplo writer` and `teplo api`: the parts that run for years."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from teplo import regional_running, running
from teplo.composition import texts
from teplo.logs import set_up_logs
from teplo.migrate import migrate as migrate_schema
from teplo.settings import Settings, read_settings, settings_with_database


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
    broker: Annotated[
        str, typer.Option(help="Work without a database, through this broker: mqtts://user@host.")
    ] = "",
) -> None:
    """Poll the registered meters until stopped, and accept the modems that connect to us."""
    given = {"collector_name": name, "listen": " ".join(listen or ()), "broker": broker}
    regional = bool(broker)
    settings = (_settings_without_database if regional else _settings)()
    settings = settings.model_copy(update={key: value for key, value in given.items() if value})
    collect = regional_running.collect if regional else running.collect
    asyncio.run(_until_stopped(lambda stop: collect(settings, stop)))


def writer(
    name: Annotated[str, typer.Option(help="This writer's name; TEPLO_WRITER_NAME else.")] = "",
) -> None:
    """Store what comes over MQTT until stopped: regional collectors' reports, and pushed readings."""
    settings = _settings()
    settings = settings.model_copy(update={"writer_name": name or settings.writer_name})
    asyncio.run(_until_stopped(lambda stop: regional_running.write(settings, stop)))


def api() -> None:
    """Answer billing and engineers over HTTP until stopped."""
    settings = _settings()
    asyncio.run(_until_stopped(lambda stop: running.answer(settings, stop)))


def _settings() -> Settings:
    settings = settings_with_database()
    set_up_logs(settings.log_level)
    return settings


def _settings_without_database() -> Settings:
    settings = read_settings()
    set_up_logs(settings.log_level)
    return settings


async def _until_stopped(run: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await run(stop)
