"""Problems as they are found in the database, ranked."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from metering.polls import Outcome
from metering.problems import ProblemKind
from storage.collectors import Collectors
from storage.pool import Database
from storage.problems import Problems
from storage.quarantine import Quarantine, Stranger
from storage.spools import Spools
from tests.support.archive import DAY, HOUR, MIDNIGHT, held, hours, known_model, polled, state, store
from tests.support.modems import own_modem
from tests.support.registry import Place, place

NOW = MIDNIGHT + 10 * DAY + HOUR / 2
"""Half an hour into 20 January at +05:00: the registers of the 24th are not wanted yet."""


async def healthy(database: Database, number: int = 1) -> Place:
    here = await place(database, number, installed_at=MIDNIGHT)
    await state(
        database, here.meter, "ok", NOW - HOUR, ok_at=NOW - HOUR, read_at=NOW - HOUR, level_at=NOW - HOUR
    )
    await database.rows("update meter set registered_at = $1", MIDNIGHT)
    return here


async def kinds(database: Database) -> list[ProblemKind]:
    return [one.kind for one in await Problems(database).list(NOW)]


async def test_nothing_is_wrong_where_everything_was_read(database: Database) -> None:
    await known_model(database)
    await healthy(database)
    assert await kinds(database) == []


async def test_missing_slots_are_found_near_the_end_of_the_memory(database: Database) -> None:
    """240 hours are kept: from midnight of the 10th on. 72 of them fall out in three days, 70 are stored."""
    await known_model(database)
    await database.rows("update model_archive set depth = 240 where kind = 'hour'")
    here = await healthy(database)
    await database.rows("update meter_state set outcome = 'busy', failures = 5, ok_at = null")
    poll = await polled(database, here.meter, NOW)
    await store(database, here.meter, poll, hours(*range(0, 70)))
    (first, *_) = await Problems(database).list(NOW)
    assert (first.kind, first.count, first.outcome) == (ProblemKind.SLOTS_FALL_OUT, 2, Outcome.BUSY)
    assert first.due_at == MIDNIGHT + 2 * DAY + 241 * HOUR


async def test_held_readings_wait_for_a_decision(database: Database) -> None:
    here = await healthy(database)
    for waiting in (True, True, False):
        await held(database, here.meter, await polled(database, here.meter, NOW), MIDNIGHT, waiting=waiting)
    (problem,) = await Problems(database).list(NOW)
    assert (problem.kind, problem.count) == (ProblemKind.HELD_READINGS, 2)
    assert (problem.outcome, problem.where.point) == (Outcome.CLOCK_WRONG, "point-1")


async def test_a_modem_of_ours_that_fails(database: Database) -> None:
    modem = await own_modem(database)
    await database.rows("update modem set failures = 5, fault = 'CME ERROR: 10' where id = $1", modem)
    (problem,) = await Problems(database).list(NOW)
    assert (problem.kind, problem.detail) == (ProblemKind.MODEM_DOWN, "CME ERROR: 10")


async def test_a_collector_that_is_away_or_whose_disk_fills(database: Database) -> None:
    here = await healthy(database)
    collectors = Collectors(database)
    for name in ("away", "full", "well"):
        await collectors.claim(name, uuid4(), timedelta(hours=1))
    await database.rows("update collector set alive_until = now() - interval '1 day' where name = 'away'")
    await database.rows("update line set home = 'away' where id = $1", here.line)
    await Spools(database).tell("full", 100, 600, 1000, NOW)
    await Spools(database).tell("well", 1, 100, 1000, NOW - timedelta(minutes=1))
    found = await Problems(database).list(NOW)
    assert [(one.kind, one.where.name, one.count) for one in found] == [
        (ProblemKind.COLLECTOR_AWAY, "away", 1),
        (ProblemKind.SPOOL_FILLS, "full", 100),
    ]


async def test_strangers_are_one_problem(database: Database) -> None:
    one, other = (
        Stranger(name, "imei", "10.0.0.9", NOW - DAY, NOW, 3, b"", ":5000", "main") for name in ("a", "b")
    )
    await Quarantine(database).seen([one, other])
    (problem,) = await Problems(database).list(NOW)
    assert (problem.kind, problem.count, problem.since) == (ProblemKind.STRANGERS, 2, NOW - DAY)


@pytest.mark.parametrize(("polled_here", "told"), [(True, []), (False, [ProblemKind.NOT_POLLED])])
async def test_a_meter_that_nobody_polls_is_told(
    database: Database, polled_here: bool, told: list[ProblemKind]
) -> None:
    await healthy(database)
    await database.rows("update meter set polled = $1", polled_here)
    assert await kinds(database) == told
