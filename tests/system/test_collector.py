"""Collectors on real sockets and a real database; the simulated plant is the oracle."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from collector import collector_settings
from collector.links import Link
from collector.links.url import LineUrl
from metering.errors import ConfigurationError, ReadingConflict
from metering.plans import PollPlan
from metering.polls import Outcome, PollReport
from metering.readings import Flag
from protocols.driver import Driver
from storage.books import Books
from storage.collectors import Collectors
from storage.modems import Modems
from storage.plans import PlanOwner, Plans
from storage.poll_requests import PollRequests
from storage.polls import Polls
from storage.pool import Database
from storage.readings import Readings
from storage.usage_points import Registry
from storage.values import SaveResult
from teplo.composition import clock, open_link
from teplo.demo import oracle
from teplo.migrate import migrate
from teplo.postgres import EmbeddedPostgres
from teplo.running import assembled
from tests.system.house import ARCHIVES, collector, hasty, line, running_house, serve, until, working

TWO_A_DAY = {"polls_per_day": 2}
M_BUS = line("m-bus", "kamstrup-multical-601 06855817 1", "landis-gyr-uh50 70444600 2")
MODBUS = line(
    "modbus-rtu", "vzlet-tsrv-024m 1100341 1", "elf-04 18402110 2", "termotronic-tv7 520117 3"
).replace("quiet=0", "quiet=0&modbus.systems=1")
WINDOWS = dict.fromkeys(oracle.WINDOWS, timedelta(0)) | {
    kind: timedelta(hours=hours) for kind, hours in zip(oracle.WINDOWS, (4, 48, 0, 24), strict=True)
}


async def all_ok(database: Database, meters: int, times: int = 1) -> bool:
    polls = await Polls(database).list(limit=1000)
    ok = Counter(poll.meter_id for poll in polls if poll.outcome is Outcome.OK)
    return len(ok) == meters and min(ok.values()) >= times


async def test_what_is_stored_is_what_the_plant_produced_in_spite_of_faults(database: Database) -> None:
    async with running_house(database, M_BUS, MODBUS, faults="hostile") as (fleet, meters):
        since = clock()
        async with working(collector(database)):
            await until(lambda: all_ok(database, len(meters)), patience=240)
        verdict = await oracle.compare_stored(meters, Readings(database), since, clock(), WINDOWS)
        befallen = sum((line.faults for line in fleet.lines), Counter())
        polls = await Polls(database).list(limit=1000)
        latest = [value for one in meters for value in await Readings(database).latest_snapshot(one.meter_id)]
    assert (verdict.missing, verdict.wrong, verdict.findings) == (0, 0, [])
    assert verdict.expected >= 3 * (3 + 1 + 1), "three hours, a day and a total of each Modbus meter"
    assert len(befallen) > 3, f"the lines were hardly disturbed: {befallen}"
    assert any(poll.findings for poll in polls), "what was noticed about the lines is stored"
    doubtful = [value for value in latest if value.flags - {Flag.ABSENT}]
    assert not doubtful, "the plant's registers never go back: no fault may cast a doubt on a true reading"


async def test_two_collectors_never_talk_on_one_line_at_once(database: Database) -> None:
    talking: Counter[str] = Counter()
    most: Counter[str] = Counter()
    openers: Counter[str] = Counter()

    def opener(name: str) -> object:
        async def opened(url: LineUrl, driver: Driver) -> Link:
            link = await open_link(url, driver)
            talking[url.endpoint] += 1
            most[url.endpoint] = max(most[url.endpoint], talking[url.endpoint])
            openers[name] += 1
            close = link.close

            async def closed() -> None:
                talking[url.endpoint] -= 1
                await close()

            link.close = closed  # type: ignore[method-assign]
            return link

        return opened

    lines = [line("m-bus", f"kamstrup-multical-601 0685{n:04} 1") for n in range(12)]
    async with running_house(database, *lines) as (_, meters):
        pair = [collector(database, name, open_link=opener(name)) for name in ("north", "south")]
        async with working(*pair):
            await until(lambda: all_ok(database, len(meters), times=3))
    assert set(most.values()) == {1}
    assert set(openers) == {"north", "south"}, "both took part"


async def test_a_replaced_meter_is_refused_until_it_is_registered(database: Database) -> None:
    async with running_house(database, M_BUS) as (_, meters):
        registry = Registry(database)
        line_id = (await registry.lines())[0].id
        old = meters[0]
        await registry.add_meter(old.meter.serial, old.meter.model, "7", line_id, "Asia/Almaty", polled=False)
        missing = await registry.add_meter("11112222", old.meter.model, "1", line_id, "Asia/Almaty")
        await serve(collector(database), line_id)
        polls = {poll.meter_id: poll for poll in await Polls(database).list()}
        stored = await Readings(database).latest_snapshot(missing)
    assert polls[missing].outcome is Outcome.WRONG_METER
    assert old.meter.serial in polls[missing].message
    assert stored == []
    assert polls[meters[1].meter_id].outcome is Outcome.OK


async def test_an_operators_request_is_served_at_once_and_once(database: Database) -> None:
    seldom = PollPlan(every=timedelta(days=365), retry=timedelta(days=1), archives=ARCHIVES)
    async with running_house(database, M_BUS) as (_, meters):
        (served,) = await Registry(database).lines()
        async with working(collector(database, plan=seldom)):
            await until(lambda: all_ok(database, len(meters)))
            await PollRequests(database).ask_line(served.id, "engineer", clock())
            await until(lambda: all_ok(database, len(meters), times=2))
            assert not await PollRequests(database).waiting(served.id)
    assert len(await Polls(database).list()) == 2 * len(meters)


async def test_a_battery_is_spared_and_the_operator_told_when_the_next_poll_is_due(
    database: Database,
) -> None:
    async with running_house(database, M_BUS) as (_, meters):
        (served,) = await Registry(database).lines()
        beat = timedelta(milliseconds=1)
        plan = PollPlan(beat, beat, ARCHIVES, polls_per_day=0)
        await Plans(database).put(PlanOwner(model=meters[0].meter.model), TWO_A_DAY, "engineer", clock())
        polling, others = collector(database, plan=plan), len(meters) - 1
        for _time in range(4):
            await serve(polling, served.id)
        outlines = {one.id: one for one in await Books(database).outlines(plan, clock())}
        spared = outlines[meters[0].meter_id].history.spared_until
        assert spared is not None
        assert len(await Polls(database).list()) == 2 + 4 * others, "the battery is spared, the rest is read"
        await PollRequests(database).ask_line(served.id, "engineer", clock())
        for _time in range(2):
            await serve(polling, served.id)
    (refusal,) = [one for one in await Polls(database).list() if one.outcome is Outcome.OVER_BUDGET]
    assert refusal.meter_id == meters[0].meter_id
    assert f"{spared:%Y-%m-%d %H:%M} UTC" in refusal.message


async def test_a_meter_registered_wrongly_does_not_void_its_line(database: Database) -> None:
    async with running_house(database, M_BUS) as (_, meters):
        registry = Registry(database)
        (served,) = await registry.lines()
        wrong = await registry.add_meter("7", "no-such-model", "9", served.id, "Asia/Almaty")
        await serve(collector(database), served.id)
        polls = {poll.meter_id: poll for poll in await Polls(database).list()}
    assert polls[wrong].outcome is Outcome.WRONG_SETTINGS
    assert "no-such-model" in polls[wrong].message
    assert {polls[one.meter_id].outcome for one in meters} == {Outcome.OK}


async def test_a_report_that_the_database_refuses_costs_its_own_meter_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = Polls.save_many

    async def refuse_the_first(self: Polls, reports: Sequence[PollReport]) -> SaveResult:
        if any(one.meter_id == meters[0].meter_id and one.frames for one in reports):
            raise ReadingConflict("The database refused a contradiction. (twice the same)")
        return await save(self, reports)

    async with running_house(database, M_BUS) as (_, meters):
        monkeypatch.setattr(Polls, "save_many", refuse_the_first)
        (served,) = await Registry(database).lines()
        await serve(collector(database), served.id)
        polls = {poll.meter_id: poll for poll in await Polls(database).list()}
        stored = await Readings(database).latest_snapshot(meters[0].meter_id)
    assert polls[meters[0].meter_id].outcome is Outcome.NOT_UNDERSTOOD
    assert "refused" in polls[meters[0].meter_id].message
    assert stored == [], "nothing is half-stored"
    assert polls[meters[1].meter_id].outcome is Outcome.OK


async def test_a_line_registered_wrongly_is_told_to_its_meters(database: Database) -> None:
    registry = Registry(database)
    served = await registry.add_line("telepathy://nowhere", "nowhere")
    meter = await registry.add_meter("7", "elf-04", "1", served, "Asia/Almaty")
    await serve(collector(database), served)
    (poll,) = await Polls(database).list()
    assert (poll.meter_id, poll.outcome) == (meter, Outcome.WRONG_SETTINGS)
    assert "telepathy" in poll.message


async def test_a_database_that_goes_away_costs_time_and_no_truth(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres", settings={"fsync": "off"})
    url = server.start()
    try:
        await migrate(url)
        async with Database(url) as database, running_house(database, M_BUS, MODBUS) as (_, meters):
            since = clock()
            async with working(collector(database)):
                await until(lambda: _polled(database))
                server.stop()
                server.start()
                await until(lambda: all_ok(database, len(meters), times=2))
            verdict = await oracle.compare_stored(meters, Readings(database), since, clock(), WINDOWS)
        assert (verdict.missing, verdict.wrong, verdict.findings) == (0, 0, [])
    finally:
        server.stop()


async def _polled(database: Database) -> bool:
    return bool(await Polls(database).list(limit=1))


async def test_a_gateway_that_wedges_is_named_and_read_again_after_its_restart(database: Database) -> None:
    wedging = M_BUS.replace('front = "tcp"\n', 'front = "tcp"\nwedge = "dumb"\nwedge_after = 12\n')
    async with running_house(database, wedging) as (fleet, meters):
        (served,) = await Registry(database).lines()
        modem_id = await Modems(database).describe(served.id, site="cellar")
        gateway = fleet.lines[0].wedging
        assert gateway is not None
        async with working(collector(database)):
            await until(lambda: any_poll(database, Outcome.GATEWAY_WEDGED))
            before = len(await Polls(database).list(limit=1000))
            gateway.restart()
            await until(lambda: read_after(database, before, len(meters)))
        polls = await Polls(database).list(limit=1000)
        carried = [len(frame.data) for poll in polls for frame in await Polls(database).frames(poll.id)]
        traffic = await Modems(database).month_traffic(modem_id, clock().date())
    messages = {poll.message for poll in polls if poll.outcome is Outcome.GATEWAY_WEDGED}
    assert all("Restart the gateway" in message for message in messages)
    assert traffic is not None
    assert 0 < traffic.sent + traffic.received <= sum(carried), "what its SIM carried"


async def any_poll(database: Database, outcome: Outcome) -> bool:
    return outcome in {poll.outcome for poll in await Polls(database).list(limit=1000)}


async def read_after(database: Database, before: int, meters: int) -> bool:
    polls = await Polls(database).list(limit=1000)
    return len({poll.meter_id for poll in polls[:-before] if poll.outcome is Outcome.OK}) == meters


async def test_a_second_collector_of_the_same_name_is_refused(
    database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(collector_settings, "MARGIN", timedelta(milliseconds=300))
    async with working(collector(database)):
        await until(lambda: named(database))
        with pytest.raises(ConfigurationError, match="Another collector named 'main' is alive"):
            second = assembled(database, hasty(), tmp_path).collector
            await second.run(asyncio.Event())


async def named(database: Database) -> bool:
    return not await Collectors(database).claim("main", UUID(int=1), timedelta(0))
