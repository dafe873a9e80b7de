"""Quarantine from the wire to the archive: what a real collector holds, and what a decision makes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from metering.polls import HoldReason, Outcome
from storage.decisions import Act, Decisions
from storage.held import Held, HeldState
from storage.polls import Polls
from storage.pool import Database
from storage.readings import Readings
from storage.usage_points import Registry
from teplo.composition import clock
from teplo.demo import oracle
from teplo.demo.site import RegisteredMeter
from tests.support.commands import teplo
from tests.system.house import collector, line, running_house, until, working

TV7 = line("modbus-rtu", "termotronic-tv7 520117 3").replace("quiet=0", "quiet=0&modbus.systems=1")
FAST = "drift = 5400\n"
"""Its clock is an hour and a half ahead."""
HOURS = dict.fromkeys(oracle.WINDOWS, timedelta(0)) | {next(iter(oracle.WINDOWS)): timedelta(hours=4)}
ENGINEER = "A. Serikova"


@asynccontextmanager
async def polled(database: Database, text: str = TV7) -> AsyncIterator[RegisteredMeter]:
    """The one meter of this line, before it is polled."""
    async with running_house(database, text) as (_, (meter,)):
        yield meter


async def poll_until(database: Database, outcome: Outcome, times: int = 1) -> None:
    """Let a collector work until a meter's polls have ended so."""

    async def ended() -> bool:
        found = [one.outcome for one in await Polls(database).list(limit=1000)]
        return found.count(outcome) >= times

    before = [one.outcome for one in await Polls(database).list(limit=1000)].count(outcome)
    times += before
    async with working(collector(database)):
        await until(ended)


async def waiting(database: Database) -> set[HoldReason]:
    return {one.reason for one in await Held(database).list(HeldState.WAITING)}


async def is_true(database: Database, meter: RegisteredMeter) -> None:
    """What is stored of the last hours is what the plant produced, all of it."""
    now = clock()
    verdict = await oracle.compare_stored([meter], Readings(database), now, now, HOURS)
    assert (verdict.missing, verdict.wrong) == (0, 0), "\n".join(map(str, verdict.findings))
    assert verdict.expected > 0


async def stored(database: Database) -> int:
    count: int = await database.value("select count(*) from archive_value")
    return count


async def test_a_replaced_meter_waits_and_then_takes_its_place(database: Database) -> None:
    async with polled(database) as meter:
        await database.rows("update meter set serial = '111' where id = $1", meter.meter_id)
        await poll_until(database, Outcome.WRONG_METER, times=2)
        assert await waiting(database) == {HoldReason.NEW_METER}
        assert await stored(database) == 0
        act = Act(meter.meter_id, HoldReason.NEW_METER, ENGINEER, clock())
        decided = await Decisions(database).accept(act)
        await poll_until(database, Outcome.OK)
        old, new = await Registry(database).meters()
        assert (old.serial, old.polled, new.serial, new.polled) == ("111", False, meter.meter.serial, True)
        await is_true(database, replace(meter, meter_id=decided.meter_id))


async def test_a_clock_far_off_holds_every_poll_until_it_is_decided(database: Database) -> None:
    async with polled(database, TV7 + FAST) as meter:
        await poll_until(database, Outcome.CLOCK_WRONG, times=2)
        assert await stored(database) == 0
        first, last = await held_slots(database)
        assert first > 0
        assert last == 0, "slots that wait are not asked again"
        await Decisions(database).reject(Act(meter.meter_id, HoldReason.CLOCK_WRONG, ENGINEER, clock()))
        await poll_until(database, Outcome.CLOCK_WRONG)
        assert max(await held_slots(database)) > 0, "rejected, they are wanted again"
        assert await stored(database) == 0


async def held_slots(database: Database) -> tuple[int, int]:
    """How many archive records the oldest and the newest waiting poll brought."""
    found = [await Held(database).get(one.poll_id) for one in await Held(database).list(HeldState.WAITING)]
    counts = [len(one[1].archive) for one in found if one is not None]
    return counts[-1], counts[0]


@pytest.mark.parametrize(
    ("outcome", "tampered", "words", "seen"),
    [
        (
            Outcome.CONFIGURATION_CHANGED,
            "update meter_state set configuration = jsonb_set(configuration, '{units}', '\"MKS\"')",
            "the meter's settings changed",
            "units: MKS -> SI",
        ),
        (
            Outcome.REGISTER_RESET,
            "update snapshot_value set raw_value = raw_value + 1e6, value = value + 1e6 "
            "where quantity = 'energy_heating'",
            "a register stands lower than before",
            "register went back",
        ),
    ],
    ids=["another scheme", "a register that was higher"],
)
async def test_what_differs_from_what_was_accepted_waits_until_it_is_accepted(
    database: Database,
    database_url: str,
    tmp_path: Path,
    outcome: Outcome,
    tampered: str,
    words: str,
    seen: str,
) -> None:
    async with polled(database) as meter:
        await poll_until(database, Outcome.OK)
        await database.rows(tampered)
        await poll_until(database, outcome, times=2)
        environment = {"TEPLO_DATABASE_URL": database_url, "HOME": str(tmp_path)}
        code, listed, errors = await teplo("held", "list", **environment)
        (one, *rest) = await Held(database).list()
        assert (code, listed.count(words)) == (0, 1 + len(rest)), errors
        code, shown, errors = await teplo("held", "show", str(one.poll_id), **environment)
        assert (await teplo("held", "show", meter.meter.serial, **environment))[1] == shown
        assert (code, seen in shown, "energy_heating" in shown) == (0, True, True), errors
        code, told, errors = await teplo(
            "held", "accept", meter.meter.serial, "--operator", ENGINEER, "--note", "act 118", **environment
        )
        assert (code, "polls accepted" in told) == (0, True), errors
        await poll_until(database, Outcome.OK)
        await database.rows(
            "update snapshot_value set raw_value = raw_value - 1e6, value = value - 1e6 where value >= 1e6"
        )
        await is_true(database, meter)
        assert {(one.decided_by, one.note) for one in await Held(database).list()} == {(ENGINEER, "act 118")}
