"""Modems that connect to us: collectors, a real database and simulated gateways together."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from metering.errors import StorageError, TeploError
from metering.plans import PollPlan
from metering.polls import Outcome
from metering.signals import SignalSource
from metering.surveys import SurveyRule, Verdict
from simulators import fleet_file
from simulators.fleet import RunningFleet, running_fleet
from simulators.gateways.connecting import ConnectingGateway, inbound_front
from simulators.gateways.families import csq_at
from simulators.gateways.gateway import Gateway, GatewayKind
from simulators.gateways.irz import iccid_of
from simulators.gateways.mishaps import Fate, conditions
from simulators.lines import Bus
from storage.jobs import OPERATORS_PRIORITY, Jobs
from storage.modem_rows import ModemKind, ModemState
from storage.modems import Modems
from storage.poll_requests import PollRequests
from storage.polls import Polls, StoredPoll
from storage.pool import Database
from storage.quarantine import Quarantine
from storage.registered import Line
from storage.signals import Signals
from storage.surveys import Survey, SurveyRequest, Surveys, SurveyState
from storage.usage_points import Registry
from teplo.composition import clock, random_source
from teplo.demo.entrance import entrances, way_in
from teplo.demo.oracle import BEGINNING
from teplo.demo.site import register
from teplo.running import Station
from tests.system import house
from tests.system.house import ARCHIVES, HEAD, hasty, until, working

SELDOM = PollPlan(every=timedelta(days=365), retry=timedelta(hours=12), archives=ARCHIVES)
"""Once, and after a failure nothing for half a day: what is read sooner has another cause."""

IRZ = """[[line]]
front = "inbound"
protocol = "m-bus"
gateway = "irz-encapsulated"
identity = "861785006202018"
signal = 17
options = "timeout=0.5&gap=0.1&quiet=0"
[[line.meter]]
model = "kamstrup-multical-601"
serial = "06855817"
address = 1
"""
WRX = IRZ.replace("irz-encapsulated", "wrx")
USR = """[[line]]
front = "inbound"
protocol = "m-bus"
gateway = "usr"
identity = "LOGIN:1001"
heartbeat = "55AA"
options = "timeout=0.5&gap=0.1&quiet=0"
[[line.meter]]
model = "landis-gyr-uh50"
serial = "70444600"
address = 1
"""


@dataclass
class Way:
    """Where the gateways connect now: to the ports of a collector, or nowhere."""

    stations: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    to: str | None = None

    def __call__(self, gateway: Gateway) -> tuple[str, int] | None:
        return None if self.to is None else way_in(self.stations[self.to])(gateway)


def station(database: Database, way: Way, name: str = "main", plan: PollPlan = SELDOM) -> Station:
    """A collector that listens, and reports a modem that is away at once."""
    here = house.station(database, replace(hasty(name, plan), patience=timedelta(0)), entrances())
    way.stations[name] = here.listener.bind()
    return here


@asynccontextmanager
async def fleet_of(*lines: str, way: Way) -> AsyncIterator[RunningFleet]:
    plan = fleet_file.read(HEAD + "".join(lines), Path("test.toml"))
    async with running_fleet(plan, now=clock, random=random_source(3), listener=way) as fleet:
        yield fleet


async def install(fleet: RunningFleet, database: Database) -> list[Line]:
    await register(fleet, database, clock() - timedelta(days=90))
    return await Registry(database).lines()


async def polls(database: Database) -> list[StoredPoll]:
    return await Polls(database).list(limit=1000)


async def outcomes(database: Database) -> list[Outcome]:
    return [poll.outcome for poll in reversed(await polls(database))]


async def test_a_due_poll_runs_as_soon_as_its_modem_appears(database: Database) -> None:
    way = Way()
    here = station(database, way)
    async with fleet_of(IRZ, way=way) as fleet:
        await install(fleet, database)
        async with working(here.collector):
            await until(lambda: _is(database, [Outcome.MODEM_AWAY]))
            way.to = "main"
            await until(lambda: _is(database, [Outcome.MODEM_AWAY, Outcome.OK]))
            await until(lambda: _reported(database))
        (modem,) = await Modems(database).list(kind=ModemKind.REMOTE)
        level, *_ = await Signals(database).series(modem.id, BEGINNING, clock())
    assert "has not connected" in (await polls(database))[-1].message
    assert modem.last_contact_at is not None
    traffic = await Modems(database).month_traffic(modem.id, clock().date())
    assert traffic is not None
    assert min(traffic.sent, traffic.received) > 0, "bytes both ways are counted"
    said = re.fullmatch(r"CSQ (\d+),99", level.report.raw)
    assert said, level.report.raw
    assert (level.source, level.report.level) == (SignalSource.HELLO, -113 + 2 * int(said[1]))


async def test_after_a_poll_the_gateway_is_asked_for_its_signal(database: Database) -> None:
    way = Way(to="main")
    here = station(database, way)
    async with fleet_of(IRZ, way=way) as fleet, working(here.collector):
        await install(fleet, database)
        await until(lambda: _reported(database))
        (modem,) = await Modems(database).list(kind=ModemKind.REMOTE)
        latest = await Signals(database).latest(modem.id)
    assert latest is not None
    said = re.fullmatch(r"CSQ (\d+),99", latest.report.raw)
    assert said, latest.report.raw
    assert latest.report.level == -113 + 2 * int(said[1])


async def _reported(database: Database) -> bool:
    """Whether a gateway has answered when it was asked."""
    modems = await Modems(database).list(kind=ModemKind.REMOTE)
    levels = [await Signals(database).latest(modem.id) for modem in modems]
    return any(level is not None and level.source is SignalSource.REPORT for level in levels)


async def test_a_stranger_is_listed_registered_and_read_over_its_waiting_connection(
    database: Database,
) -> None:
    way = Way(to="main")
    here = station(database, way)
    async with fleet_of(USR, way=way) as fleet, working(here.collector):
        await until(lambda: _listed(database, "LOGIN:1001"))
        assert await polls(database) == [], "nothing unregistered reaches a driver"
        (stranger,) = [one for one in await Quarantine(database).list() if one.identity == "LOGIN:1001"]
        assert (stranger.kind, stranger.hello) == ("text", b"LOGIN:1001")
        await install(fleet, database)
        await until(lambda: _ends_with(database, Outcome.OK))
        (gateway,) = [line.gateway for line in fleet.lines if line.gateway]
        assert gateway.sessions == 1, "its first connection was taken up"


async def test_an_operators_request_reaches_the_collector_that_holds_the_connection(
    database: Database,
) -> None:
    way = Way()
    pair = [station(database, way, name) for name in ("north", "south")]
    async with fleet_of(IRZ, way=way) as fleet, working(*(one.collector for one in pair)):
        way.to = "south"
        (line,) = await install(fleet, database)
        await until(lambda: _ends_with(database, Outcome.OK))
        seen = len(await polls(database))
        held = await Registry(database).line(line.id)
        assert held is not None
        assert held.queue == "south"
        await _ask(database, line.id, held.queue)
        await until(lambda: _count(database, seen + 1))
    newest = (await polls(database))[0]
    assert (newest.collector, newest.outcome) == ("south", Outcome.OK)


async def test_a_modem_of_a_dead_collector_is_read_where_it_connects_anew(database: Database) -> None:
    way = Way()
    north, south = (station(database, way, name) for name in ("north", "south"))
    async with fleet_of(IRZ, way=way) as fleet, asyncio.TaskGroup() as group:
        stop = asyncio.Event()
        dying = group.create_task(north.collector.run(asyncio.Event()))
        way.to = "north"
        (line,) = await install(fleet, database)
        await until(lambda: _ends_with(database, Outcome.OK))
        dying.cancel()
        await asyncio.wait([dying])
        seen = len(await polls(database))
        await _ask(database, line.id, "north")
        way.to = "south"
        group.create_task(south.collector.run(stop))
        await until(lambda: _count(database, seen + 1))
        stop.set()
    newest = (await polls(database))[0]
    assert (newest.collector, newest.outcome) == ("south", Outcome.OK), "the job waited for the dead one"


async def test_a_collector_that_stops_holds_nobody(database: Database) -> None:
    way = Way(to="main")
    here = station(database, way)
    async with fleet_of(IRZ, way=way) as fleet:
        (line,) = await install(fleet, database)
        async with working(here.collector):
            await until(lambda: _ends_with(database, Outcome.OK))
            (held,) = await Modems(database).list()
            assert (held.state, held.held_by) == (ModemState.CONNECTED, "main")
    (modem,) = await Modems(database).list()
    assert (modem.state, modem.held_by) == (ModemState.AWAY, None)
    left = await Registry(database).line(line.id)
    assert left is not None
    assert left.queue is None


async def test_the_signal_is_surveyed_over_a_running_line(database: Database) -> None:
    way = Way(to="main")
    here = station(database, way)
    async with fleet_of(IRZ, way=way) as fleet, working(here.collector):
        (line,) = await install(fleet, database)
        await until(lambda: _ends_with(database, Outcome.OK))
        done = await _surveyed(database, line)
        samples = await Surveys(database).samples(done.id)
        await until(lambda: _knows_sim(database, iccid_of("861785006202018")))
        modem = (await Modems(database).list())[0]
        series = await Signals(database).series(modem.id, done.started_at or clock(), clock())
    assert done.state is SurveyState.DONE, done.message
    assert done.findings is not None
    assert (done.findings.samples, done.findings.heard) == (6, 6)
    assert done.findings.verdict is Verdict.ADEQUATE
    assert all(sample.report and sample.report.raw.startswith("CSQ ") for sample in samples)
    assert [one.source for one in series] == [SignalSource.SURVEY] * 6


async def test_a_survey_that_cannot_be_stored_keeps_no_meter_waiting(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*of: object) -> None:
        raise StorageError("A value does not fit its column.")

    monkeypatch.setattr(Surveys, "finish", refused)
    way = Way(to="main")
    here = station(database, way)
    async with fleet_of(IRZ, way=way) as fleet, working(here.collector):
        (line,) = await install(fleet, database)
        await until(lambda: _ends_with(database, Outcome.OK))
        done = await _surveyed(database, line)
        seen = len(await polls(database))
        await _ask(database, line.id, "main")
        await until(lambda: _count(database, seen + 1))
    assert (done.state, done.message) == (SurveyState.FAILED, "A value does not fit its column.")


async def test_a_wrx_modem_is_surveyed_over_its_service_channel(database: Database) -> None:
    way = Way(to="main")
    here = station(database, way)
    service = Gateway(kind=GatewayKind.WRX, identity="861785006202018", service=True)
    fate = Fate(conditions("none"), 0.0, random_source(1))
    async with (
        fleet_of(WRX, way=way) as fleet,
        working(here.collector),
        inbound_front(nobody(), service, way, fate=fate, csq=lambda: csq_at(service, clock())) as channel,
    ):
        (line,) = await install(fleet, database)
        await until(lambda: _ends_with(database, Outcome.OK))
        await until(lambda: _attached(channel))
        done = await _surveyed(database, line)
        await until(lambda: _ends_with(database, Outcome.OK))
    assert done.state is SurveyState.DONE, done.message
    assert done.findings is not None
    assert (done.findings.heard, done.findings.verdict) == (6, Verdict.ADEQUATE)


def nobody() -> Bus:
    """No meter is behind a service channel."""
    return Bus((), lambda buffer: None, random_source(1))


async def _attached(gateway: ConnectingGateway) -> bool:
    return gateway.attached


async def test_a_gateway_that_cannot_be_asked_for_its_signal_is_told_so(database: Database) -> None:
    way = Way(to="main")
    here = station(database, way)
    async with fleet_of(USR, way=way) as fleet, working(here.collector):
        (line,) = await install(fleet, database)
        await until(lambda: _ends_with(database, Outcome.OK))
        done = await _surveyed(database, line)
    assert done.state is SurveyState.FAILED
    assert "cannot be asked for its signal" in done.message
    assert "teplo signal survey serial:" in done.message


async def test_levels_and_strangers_wait_for_a_database_that_is_away(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = Way(to="main")
    here = station(database, way)
    refused = 0
    seen = Quarantine.seen

    async def away_at_first(self: Quarantine, strangers: object) -> None:
        nonlocal refused
        if refused < 2:
            refused += 1
            raise _Away
        await seen(self, strangers)  # type: ignore[arg-type]

    monkeypatch.setattr(Quarantine, "seen", away_at_first)
    async with fleet_of(USR, way=way), working(here.collector):
        await until(lambda: _listed(database, "LOGIN:1001"))
    assert refused == 2


class _Away(TeploError):
    """The database is away."""


async def _surveyed(database: Database, line: Line) -> Survey:
    surveys = Surveys(database)
    identifier = await surveys.request(
        SurveyRequest(clock(), 6, timedelta(seconds=0.05), SurveyRule(), line_id=line.id, url=line.url)
    )
    held = await Registry(database).line(line.id)
    await Jobs(database).request_line(line.id, held.queue if held else None, 100)

    async def ended() -> bool:
        survey = await surveys.get(identifier)
        return survey is not None and survey.state in (SurveyState.DONE, SurveyState.FAILED)

    await until(ended)
    survey = await surveys.get(identifier)
    assert survey is not None
    return survey


async def _knows_sim(database: Database, iccid: str) -> bool:
    return [modem.iccid for modem in await Modems(database).list()] == [iccid]


async def _is(database: Database, expected: list[Outcome]) -> bool:
    return await outcomes(database) == expected


async def _ask(database: Database, line_id: int, queue: str | None) -> None:
    await PollRequests(database).ask_line(line_id, "engineer", clock())
    await Jobs(database).request_line(line_id, queue, OPERATORS_PRIORITY)


async def _ends_with(database: Database, outcome: Outcome) -> bool:
    found = await outcomes(database)
    return bool(found) and found[-1] is outcome


async def _count(database: Database, polled: int) -> bool:
    return len(await polls(database)) >= polled


async def _listed(database: Database, identity: str) -> bool:
    return identity in {one.identity for one in await Quarantine(database).list()}
