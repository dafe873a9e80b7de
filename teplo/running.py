"""A collector and an API put together from settings; the demo runs the same two in one process."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import structlog
import uvicorn

from api.app import create_app
from api.explanations import let_explain
from collector.app import Collector
from collector.attendance import Attendance
from collector.collector_settings import CollectorSettings
from collector.delivery import DeliveredCalls, DeliveredSignals, Delivery
from collector.dialling.dialler import Dialler
from collector.dialling.modem_call import CallTerms
from collector.dialling.pool import PoolBook
from collector.dialling.times import DiallingTimes
from collector.inbound.address import ListenAddress
from collector.inbound.limits import Limits
from collector.inbound.listener import Listener
from collector.kept import ROOMY, Kept
from collector.metrics import CollectorMetrics, MetricsPort
from collector.poll import Clock
from collector.serving import Tools
from collector.sinks import DatabaseSink
from metering.errors import ConfigurationError
from metering.plans import PollPlan
from protocols.at_commands import ModemSettings
from storage.modems import Modems
from storage.pool import Database
from teplo import composition
from teplo.base_plan import base_plan
from teplo.billing_service import bill
from teplo.frames_explained import explained
from teplo.outlook import foretold
from teplo.registry_judge import judge
from teplo.settings import Settings
from teplo.survey import rule_of
from teplo.texts import translator

log = structlog.get_logger()

LONGEST_TICK = 5.0


@dataclass(frozen=True, slots=True)
class Listening:
    """Where modems may connect, what they may do there, and certificate and key for encrypted addresses."""

    addresses: tuple[ListenAddress, ...] = ()
    limits: Limits = field(default_factory=Limits)
    certificate: tuple[Path, Path] | None = None


TOOLS = Tools(
    now=composition.clock,
    new_id=composition.new_identifier,
    driver_for=composition.driver_for,
    open_link=composition.open_link,
    make_session=composition.session_for,
)


@dataclass(frozen=True, slots=True)
class Station:
    """A collector with the listener for modems that connect to it, and what it counts."""

    collector: Collector
    listener: Listener
    metrics: CollectorMetrics


async def collect(settings: Settings, stop: asyncio.Event) -> None:
    """Run a collector on the settings' database until `stop` is set."""
    async with Database(settings.database_url) as database:
        folder, limit = settings.collector_folder, settings.spool_limit
        here = assembled(database, settings_of(settings), folder, listening_of(settings), spool_limit=limit)
        for host, port in here.listener.bind():
            log.info("listening for modems", host=host, port=port)
        with shown(here.metrics, settings):
            await here.collector.run(stop)


@contextmanager
def shown(metrics: CollectorMetrics, settings: Settings) -> Iterator[None]:
    """While this lasts, Prometheus is answered where the settings name a port."""
    if settings.metrics_port is None:
        yield
        return
    port = MetricsPort(metrics, settings.metrics_host, settings.metrics_port)
    log.info("metrics", host=settings.metrics_host, port=port.open())
    try:
        yield
    finally:
        port.close()


def settings_of(settings: Settings, plan: PollPlan = PollPlan()) -> CollectorSettings:
    """How a collector works by these settings; it looks at what is due as often as it may have to retry."""
    return CollectorSettings(
        name=settings.collector_name,
        plan=base_plan(settings, plan),
        tick=min(LONGEST_TICK, settings.poll_retry.total_seconds() / 2),
        concurrent_lines=settings.concurrent_lines,
        sets_clocks=settings.set_clocks,
        keep_frames=settings.keep_frames,
    )


def assembled(
    database: Database,
    settings: CollectorSettings,
    folder: Path,
    listening: Listening = Listening(),
    times: DiallingTimes = DiallingTimes(),
    *,
    spool_limit: int = ROOMY,
    **replaced: Any,
) -> Station:
    """A collector put together; it keeps what it must in `folder`. `replaced` are tools other than ours."""
    now: Clock = replaced.get("now", composition.clock)
    kept = Kept.at(folder, settings.name, DatabaseSink(database), now, spool_limit)
    attendance = Attendance(database, settings.name, now, settings.heartbeat, kept.delivery)
    listener = Listener(listening.addresses, listening.limits, attendance, now, listening.certificate)
    dialler = _dialler(database, settings.name, times, kept.delivery)
    reached = {"csd": dialler.link, "inbound": listener.link}
    tools = replace(
        TOOLS,
        open_link=partial(composition.open_link, reached=reached),
        make_session=partial(composition.session_for, now=now),
    )
    tools = replace(tools, **replaced)
    metrics = CollectorMetrics(now)
    collector = Collector(database, settings, tools, listener, attendance, kept, metrics)
    return Station(collector, listener, metrics)


def listening_of(settings: Settings) -> Listening:
    """Where to listen by these settings; ConfigurationError names a wrong address."""
    pair = settings.listen_certificate, settings.listen_key
    if any(pair) and not all(pair):
        raise ConfigurationError("TEPLO_LISTEN_CERTIFICATE and TEPLO_LISTEN_KEY go together: set both.")
    addresses = tuple(ListenAddress.parse(text) for text in settings.listen.split())
    for address in addresses:
        if address.tls and not all(pair):
            raise ConfigurationError(
                f"{address.text} is encrypted: name the files of certificate and private key in "
                "TEPLO_LISTEN_CERTIFICATE and TEPLO_LISTEN_KEY."
            )
    return Listening(
        addresses,
        Limits(connections=settings.listen_connections, per_address=settings.listen_per_address),
        (pair[0], pair[1]) if pair[0] and pair[1] else None,
    )


def _dialler(database: Database, collector: str, times: DiallingTimes, delivery: Delivery) -> Dialler:
    return Dialler(
        CallTerms(
            PoolBook(Modems(database), DeliveredCalls(delivery), DeliveredSignals(delivery)),
            collector,
            composition.clock,
            composition.new_identifier,
            composition.open_modem,
            times,
            ModemSettings(),
        )
    )


async def answer(settings: Settings, stop: asyncio.Event) -> None:
    """Run the API on the settings' database and address until `stop` is set."""
    async with Database(settings.database_url) as database:
        listening = listening_socket(settings.api_host, settings.api_port)
        log.info("listening", address=address_of(listening))
        await serve_api(database, listening, stop, settings)


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


async def serve_api(
    database: Database, listening: socket.socket, stop: asyncio.Event, settings: Settings
) -> None:
    """Answer on this socket until `stop` is set; requests under way are finished."""
    app = create_app(
        database,
        now=composition.clock,
        survey_rule=rule_of(settings),
        base_plan=base_plan(settings),
        translators=translator,
        foretell=foretold,
        judge=judge(),
    )
    let_explain(app, explained)
    server = _Server(uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=5))
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve(sockets=[listening]))
        waiting = group.create_task(_stop_when_set(server, stop))
        billing = group.create_task(bill(database, settings, stop))
        await serving
        waiting.cancel()
        billing.cancel()
    await app.state.access_book.close()


async def _stop_when_set(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True


class _Server(uvicorn.Server):
    """Signals belong to the command, not to the server."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
