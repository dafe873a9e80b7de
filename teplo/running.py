"""A collector and an API put together from settings; the demo runs the same two in one process."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Generator
from contextlib import contextmanager

import structlog
import uvicorn

from api.app import create_app
from collector.app import Collector, CollectorSettings, Tools
from collector.gaps import ArchivePlan
from collector.schedule import PollPlan
from metering.errors import ConfigurationError
from storage.pool import Database
from teplo import composition
from teplo.settings import Settings

log = structlog.get_logger()

LONGEST_TICK = 5.0

TOOLS = Tools(
    now=composition.clock,
    new_id=composition.new_identifier,
    driver_for=composition.driver_for,
    open_link=composition.open_link,
    make_session=composition.session_for,
)


async def collect(settings: Settings, stop: asyncio.Event) -> None:
    """Run a collector on the settings' database until `stop` is set."""
    async with Database(settings.database_url) as database:
        await collector(database, settings).run(stop)


def collector(database: Database, settings: Settings, archives: ArchivePlan = ArchivePlan()) -> Collector:
    """The collector of these settings; it looks at what is due as often as it may have to retry."""
    return Collector(
        database,
        CollectorSettings(
            name=settings.collector_name,
            plan=PollPlan(settings.poll_every, settings.poll_retry),
            archives=archives,
            tick=min(LONGEST_TICK, settings.poll_retry.total_seconds() / 2),
            concurrent_lines=settings.concurrent_lines,
        ),
        TOOLS,
    )


async def answer(settings: Settings, stop: asyncio.Event) -> None:
    """Run the API on the settings' database and address until `stop` is set."""
    async with Database(settings.database_url) as database:
        listening = listening_socket(settings.api_host, settings.api_port)
        log.info("listening", address=address_of(listening))
        await serve_api(database, listening, stop)


def listening_socket(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes any free one. ConfigurationError when the address is taken."""
    try:
        return socket.create_server((host, port), reuse_port=False)
    except OSError as error:
        raise ConfigurationError(
            f"The API cannot listen on {host}:{port}: {error}. Likely another program has the port; "
            "set TEPLO_API_PORT to another one."
        ) from error


def address_of(listening: socket.socket) -> str:
    """Where the API answers on this socket."""
    host, port = listening.getsockname()[:2]
    return f"http://{host}:{port}"


async def serve_api(database: Database, listening: socket.socket, stop: asyncio.Event) -> None:
    """Answer on this socket until `stop` is set; requests under way are finished."""
    app = create_app(database, now=composition.clock)
    server = _Server(uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=5))
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve(sockets=[listening]))
        waiting = group.create_task(_stop_when_set(server, stop))
        await serving
        waiting.cancel()


async def _stop_when_set(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True


class _Server(uvicorn.Server):
    """Signals belong to the command, not to the server."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
