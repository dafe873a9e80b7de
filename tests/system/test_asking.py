"""A person asks for a meter: it is read before others, its progress is seen, it can be cancelled."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest

from metering.calendar import ArchiveKind
from metering.plans import PollPlan
from metering.polls import Outcome
from metering.requests import ENDED, PollRequest, RequestKind, RequestState
from storage.collectors import Collectors
from storage.poll_requests import PollRequests, StoredRequest
from storage.polls import Polls
from storage.pool import Database
from storage.readings import Readings
from storage.usage_points import Registry
from teplo.commands.ask import Waiting
from teplo.composition import clock
from teplo.demo.site import RegisteredMeter
from tests.support.commands import ROOT, teplo
from tests.system.house import ARCHIVES, collector, line, running_house, serve, until, working

VZLETS = ("vzlet-tsrv-024m 1100341 1", "vzlet-tsrv-024m 1100342 2")
MODBUS = line("modbus-rtu", *VZLETS)
SELDOM = PollPlan(every=timedelta(days=365), retry=timedelta(days=1), archives=ARCHIVES)
LONG = timedelta(days=90)


def wish(meter: RegisteredMeter, kind: RequestKind, **particulars: object) -> PollRequest:
    asked = PollRequest(uuid4(), meter.meter_id, kind, "engineer", clock())
    return replace(asked, **particulars)  # type: ignore[arg-type]


def hours(meter: RegisteredMeter, length: timedelta) -> PollRequest:
    """The newest hours of this length."""
    end = clock()
    return wish(meter, RequestKind.ARCHIVE, archive=ArchiveKind.HOUR, start=end - length, end=end)


async def ended(database: Database, asked: StoredRequest) -> StoredRequest:
    found = await PollRequests(database).get(asked.id)
    assert found is not None
    assert found.state in ENDED, found
    return found


async def test_a_link_is_checked_and_nothing_is_stored_but_the_poll(database: Database) -> None:
    async with running_house(database, MODBUS) as (_, meters):
        (served,) = await Registry(database).lines()
        polling = collector(database, plan=SELDOM)
        requests = PollRequests(database)
        asked = await requests.ask(wish(meters[1], RequestKind.LINK))
        await serve(polling, served.id)
        done = await ended(database, asked)
        polls = await Polls(database).list(meter_id=meters[1].meter_id)
        poll = next(one for one in polls if one.id == done.poll_id)
        learned = await requests.learned(poll.id)
    assert (done.state, done.records, done.gaps) == (RequestState.DONE, 0, 0)
    assert done.round_trip is not None
    assert timedelta() < done.round_trip < timedelta(seconds=5)
    assert learned is not None
    assert (learned.outcome, learned.serial) == (Outcome.OK, meters[1].meter.serial)
    assert learned.clock_difference is not None
    assert abs(learned.clock_difference) < timedelta(minutes=1)


async def test_an_archive_is_read_again_though_it_is_stored(database: Database) -> None:
    async with running_house(database, MODBUS) as (_, meters):
        (served,) = await Registry(database).lines()
        polling = collector(database, plan=SELDOM)
        await serve(polling, served.id)
        requests, two_days = PollRequests(database), timedelta(days=2)
        for _time in range(2):
            asked = await requests.ask(hours(meters[0], two_days))
            await serve(polling, served.id)
            done = await ended(database, asked)
            assert (done.state, done.done) == (RequestState.DONE, done.wanted), done.message
            assert 47 <= done.records + done.gaps <= 48, "whole hours that are closed"
        begun = clock() - two_days
        stored = await Readings(database).archive(meters[0].meter_id, ArchiveKind.HOUR, begun, clock())
    assert len({one.slot.start for one in stored}) >= 47


async def test_an_archive_that_the_meter_does_not_keep_is_said_to_be_absent(database: Database) -> None:
    """A MULTICAL 601 sends its newest totals with its current values, and keeps no hours."""
    async with running_house(database, line("m-bus", "kamstrup-multical-601 06855817 1")) as (_, meters):
        (served,) = await Registry(database).lines()
        requests = PollRequests(database)
        asked = await requests.ask(hours(meters[0], timedelta(days=2)))
        await serve(collector(database, plan=SELDOM), served.id)
        done = await ended(database, asked)
        assert done.poll_id is not None
        learned = await requests.learned(done.poll_id)
    assert learned is not None
    assert (done.state, learned.outcome) == (RequestState.DONE, Outcome.ARCHIVE_ABSENT)


async def test_a_request_for_one_meter_leaves_the_others_alone(database: Database) -> None:
    async with running_house(database, MODBUS) as (_, meters):
        (served,) = await Registry(database).lines()
        polling = collector(database, plan=SELDOM)
        await serve(polling, served.id)
        asked = await PollRequests(database).ask(wish(meters[1], RequestKind.NOW))
        await serve(polling, served.id)
        done = await ended(database, asked)
    newest, *others = await Polls(database).list()
    assert (newest.id, newest.meter_id, len(others)) == (done.poll_id, meters[1].meter_id, len(meters))


async def test_what_is_asked_while_a_line_is_served_goes_before_the_rest(database: Database) -> None:
    """The first meter is asked for a long archive; the second one's turn comes before the first's routine."""
    async with running_house(database, MODBUS) as (_, meters):
        requests = PollRequests(database)
        first = await requests.ask(hours(meters[0], timedelta(days=4)))
        async with working(collector(database, plan=SELDOM)):
            await until(lambda: _is(requests, first, RequestState.RUNNING, *ENDED))
            second = await requests.ask(wish(meters[1], RequestKind.LINK))
            await until(lambda: _is(requests, second, *ENDED))
    assert (await ended(database, second)).state is RequestState.DONE


async def test_a_poll_under_way_is_cancelled_and_keeps_what_it_has_read(database: Database) -> None:
    async with running_house(database, MODBUS) as (_, meters):
        requests = PollRequests(database)
        asked = await requests.ask(hours(meters[0], LONG))
        async with working(collector(database, plan=SELDOM)):
            await until(lambda: _has_read(requests, asked))
            await requests.cancel(asked.id, "engineer", clock())
            await until(lambda: _has_poll(requests, asked))
            again = await requests.ask(wish(meters[0], RequestKind.LINK))
            await until(lambda: _is(requests, again, *ENDED))
    done = await ended(database, asked)
    assert done.state is RequestState.CANCELLED
    assert 0 < done.records + done.gaps < done.wanted
    assert (await ended(database, again)).state is RequestState.DONE, "the line is as it was"


async def test_nobody_home(database: Database) -> None:
    silent = line("modbus-rtu", VZLETS[0])
    async with running_house(database, silent) as (_, meters):
        (served,) = await Registry(database).lines()
        await database.rows("update meter set address = '77'")
        asked = await PollRequests(database).ask(wish(meters[0], RequestKind.LINK))
        await serve(collector(database, plan=SELDOM), served.id)
    done = await ended(database, asked)
    assert (done.state, done.round_trip) == (RequestState.FAILED, None)


@pytest.mark.parametrize("what", [("link",), ("now",)], ids=lambda what: what[0])
async def test_the_command_waits_for_the_answer(
    database: Database, database_url: str, what: tuple[str, ...]
) -> None:
    async with running_house(database, MODBUS) as (_, meters), working(collector(database, plan=SELDOM)):
        serial = meters[0].meter.serial
        code, output, errors = await teplo("ask", serial, *what, "--json", TEPLO_DATABASE_URL=database_url)
    assert code == 0, errors
    answer = json.loads(output)
    assert (answer["state"], answer["outcome"], answer["answered_by"]) == ("done", "ok", serial)
    assert 0 < answer["round_trip"] < 5


async def test_the_command_shows_what_was_learned(database: Database, database_url: str) -> None:
    async with running_house(database, MODBUS) as (_, meters), working(collector(database, plan=SELDOM)):
        zone_day = (clock() - timedelta(days=3)).date()
        period = ("--from", str(zone_day), "--to", str(zone_day + timedelta(days=1)))
        code, output, errors = await teplo(
            "ask",
            meters[0].meter.serial,
            "archive",
            "--kind",
            "hour",
            *period,
            TEPLO_DATABASE_URL=database_url,
        )
    assert code == 0, errors
    assert "archive records: 24 read, 0 that the meter does not have" in output
    assert meters[0].meter.serial in output


async def test_ctrl_c_cancels_the_request_and_says_so(database: Database, database_url: str) -> None:
    async with running_house(database, MODBUS) as (_, meters):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "teplo", "ask", meters[0].meter.serial),
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", "TEPLO_DATABASE_URL": database_url},
            stderr=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            # Tests that run in the background ignore the signal, and so would what they start.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )
        requests = PollRequests(database)
        await until(lambda: _waits(requests, meters[0]))
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()
        (asked,) = await requests.list(meters[0].meter_id)
    assert asked.state is RequestState.CANCELLED
    assert b"The request was cancelled" in errors
    assert process.returncode != 0


async def test_whoever_waits_long_is_told_that_nobody_is_there(database: Database) -> None:
    registry, collectors = Registry(database), Collectors(database)
    line_id = await registry.add_line("serial:/dev/ttyUSB0", "/dev/ttyUSB0", "cellar")
    waiting, long = Waiting(await registry.line(line_id), collectors), timedelta(minutes=1)
    assert await waiting.reason(timedelta()) == "waiting for the line"
    assert await waiting.reason(long) == "no collector is running: start one with `teplo collector`"
    await collectors.claim("main", uuid4(), long)
    assert await waiting.reason(long) == "collector cellar, which has the line, is not running"
    await collectors.claim("cellar", uuid4(), long)
    assert await waiting.reason(long) == "waiting for the line"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("4711",), "No polled meter"),
        (("06855817", "archive"), "--kind, --from and --to"),
        (("06855817", "link", "--kind", "hour"), "none of them"),
        (("06855817", "archive", "--kind", "hour", "--from", "today", "--to", "now"), "is no time"),
    ],
    ids=["unknown", "no range", "range too many", "no time"],
)
async def test_what_the_command_does_not_understand(
    database: Database, database_url: str, arguments: tuple[str, ...], told: str
) -> None:
    registry = Registry(database)
    line_id = await registry.add_line("tcp://127.0.0.1:9", "127.0.0.1:9")
    await registry.add_meter("06855817", "kamstrup-multical-601", "1", line_id, "+05:00")
    code, _, errors = await teplo("ask", *arguments, TEPLO_DATABASE_URL=database_url)
    assert code == 2
    assert told in errors


async def _is(requests: PollRequests, asked: StoredRequest, *states: RequestState) -> bool:
    found = await requests.get(asked.id)
    return found is not None and found.state in states


async def _has_read(requests: PollRequests, asked: StoredRequest) -> bool:
    found = await requests.get(asked.id)
    return found is not None and found.done > 0


async def _has_poll(requests: PollRequests, asked: StoredRequest) -> bool:
    found = await requests.get(asked.id)
    return found is not None and found.poll_id is not None


async def _waits(requests: PollRequests, meter: RegisteredMeter) -> bool:
    return bool(await requests.list(meter.meter_id))
