"""Books and outlines: what is known of meters for whoever asks them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import pytest

from metering.books import BookedMeter, LineBook, SimMonth, Span, Spent
from metering.calendar import ArchiveKind
from metering.carried import carried_on
from metering.plans import Keeps, PollPlan
from metering.polls import Budget, HoldReason, Outcome, PollHistory
from metering.readings import GapReason
from metering.wanted import SETTLING, is_settled
from storage.books import Books, Outline
from storage.models import Model, Models
from storage.polls import Polls
from storage.pool import Database
from tests.support.registry import DAY, HOUR, POLLING, START, Place, missing, place, reading, record, report

MODEL = "kamstrup-multical-403"
BASE = PollPlan()


async def booked(database: Database, spot: Place, now: datetime, base: PollPlan = BASE) -> BookedMeter:
    (meter,) = (await line_book(database, spot, now, base)).meters
    return meter


async def line_book(database: Database, spot: Place, now: datetime, base: PollPlan = BASE) -> LineBook:
    book = await Books(database).line(spot.line, base, now)
    assert book is not None
    return book


async def outline(database: Database, now: datetime, base: PollPlan = BASE) -> Outline:
    (found,) = await Books(database).outlines(base, now)
    return found


async def plan(
    database: Database, settings: str, *, usage_point: int | None = None, model: str | None = None
) -> None:
    await database.rows(
        "insert into poll_plan (usage_point_id, model, settings, changed_by, changed_at) "
        "values ($1, $2, $3::jsonb, 'engineer', now())",
        usage_point,
        model,
        settings,
    )


async def test_a_line_that_is_not_registered_has_no_book(database: Database) -> None:
    assert await Books(database).line(77, BASE, START) is None
    assert await Books(database).outlines(BASE, START) == []


async def test_a_meter_that_was_never_asked_is_in_the_books_too(database: Database) -> None:
    spot = await place(database)
    meter = await booked(database, spot, START)
    assert (meter.history, meter.known, meter.asked, meter.configuration) == (PollHistory(), {}, {}, None)
    assert (meter.factor_sets, meter.address, meter.requests) == ({1: "exact"}, "1", ())


async def test_known_are_stored_slots_and_those_in_quarantine(database: Database) -> None:
    spot, polls = await place(database), Polls(database)
    stored = [record(START + hours * HOUR, reading("1"), reading("2", "volume")) for hours in (0, 1, 5)]
    held = report(spot.meter, at=START + DAY, archive=[record(START + 2 * HOUR, reading("9"))])
    await polls.save(report(spot.meter, archive=stored))
    await polls.save(replace(held, held=HoldReason.CLOCK_WRONG, outcome=Outcome.CLOCK_WRONG))
    known = (await booked(database, spot, START + DAY)).known
    assert known == {
        ArchiveKind.HOUR: (Span(START, START + 3 * HOUR), Span(START + 5 * HOUR, START + 6 * HOUR))
    }


async def test_slots_outside_the_plan_or_the_memory_are_left_out(database: Database) -> None:
    spot = await place(database)
    old = [record(START + hours * HOUR, reading("1")) for hours in range(3)]
    await Polls(database).save(report(spot.meter, archive=old))
    assert (await booked(database, spot, START + 46 * DAY)).known != {}
    assert (await booked(database, spot, START + 48 * DAY)).known == {}
    await Models(database).tell([Model(MODEL, "Multical 403", "kmp", Keeps({ArchiveKind.HOUR: 24}))])
    assert (await booked(database, spot, START + 5 * DAY)).known == {}


CASES = list(product(GapReason, (SETTLING - 5 * HOUR, SETTLING), (1, 3)))


@pytest.mark.parametrize(("reason", "heard_after", "asked"), CASES)
async def test_a_gap_is_known_by_the_same_rule_as_in_the_collector(
    database: Database, reason: GapReason, heard_after: object, asked: int
) -> None:
    spot, polls = await place(database), Polls(database)
    end = START + HOUR + heard_after  # type: ignore[operator]
    for number in range(asked):
        at = end - POLLING - number * POLLING
        await polls.save(report(spot.meter, at=at, gaps=[missing(START, reason)]))
    meter = await booked(database, spot, START + DAY)
    settled = is_settled(reason, heard_after, asked, BASE.most_asked)  # type: ignore[arg-type]
    assert (meter.known != {}) is settled
    counts = reason is not GapReason.NOT_YET_CLOSED and not settled
    assert meter.asked == ({ArchiveKind.HOUR: {START: asked}} if counts else {})


async def test_the_nearest_settings_count(database: Database) -> None:
    spot = await place(database)
    await plan(database, '{"every": "2h", "retry": "5m", "hour.depth": 10}')
    await plan(database, '{"retry": "6m", "hour.depth": 11}', model=MODEL)
    await plan(database, '{"hour.depth": 12}', usage_point=spot.usage_point)
    await plan(database, '{"hour.depth": 99}', model="another")
    found = (await outline(database, START)).plan
    assert (found.every, found.retry) == (2 * HOUR, HOUR / 10)
    assert found.archives[ArchiveKind.HOUR].depth == 12
    assert (await booked(database, spot, START)).plan == found
    before = (await outline(database, START - DAY)).plan
    assert before.archives[ArchiveKind.HOUR].depth == 11


async def test_a_battery_is_spared_until_the_first_poll_is_a_day_old(database: Database) -> None:
    spot, polls = await place(database), Polls(database)
    for hours in (0, 5, 7):
        await polls.save(report(spot.meter, at=START + hours * HOUR))
    await polls.save(replace(report(spot.meter, at=START + 8 * HOUR), outcome=Outcome.NO_LINK))
    now = START + 9 * HOUR
    budgets = {2: START + 5 * HOUR + DAY, 3: START + DAY, 4: None, 0: None}
    for allowed, until in budgets.items():
        history = (await outline(database, now, PollPlan(polls_per_day=allowed))).history
        assert (history.spared_until, history.budget) == (until, until and Budget.BATTERY)
    await Models(database).tell([Model(MODEL, "Multical 403", "kmp", Keeps(polls_per_day=3))])
    assert (await outline(database, now)).history.spared_until == START + DAY
    assert (await outline(database, START + DAY)).history.spared_until is None
    assert (await booked(database, spot, now)).history.spared_until == START + DAY


async def test_air_time_is_spared_until_the_next_month(database: Database) -> None:
    spot, polls = await place(database), Polls(database)
    await polls.save_many([report(spot.meter, at=START + days * DAY) for days in (-1, 0, 1)])
    for allowed, until in ((2 * POLLING, START + 31 * DAY), (3 * POLLING, None)):
        history = (await outline(database, START + 2 * DAY, PollPlan(air_time=allowed))).history
        assert (history.spared_until, history.budget) == (until, until and Budget.AIR_TIME)


async def test_a_line_whose_sim_is_spent_is_spared_until_its_month_ends(database: Database) -> None:
    spot = await place(database)
    await database.rows(
        "insert into modem (kind, identity, line_id, allowance, month_starts_on) "
        "values ('remote', 'imei', $1, 100, 10)",
        spot.line,
    )
    for day, (carried, until) in enumerate(((99, None), (1, START + 9 * DAY))):
        await database.rows(
            "insert into traffic (modem_id, day, sent, received) select id, $1, $2, 0 from modem",
            (START + day * DAY).date(),
            carried,
        )
        history = (await outline(database, START + 3 * DAY)).history
        assert (history.spared_until, history.budget) == (until, until and Budget.TRAFFIC)
        assert (await line_book(database, spot, START + 3 * DAY)).sim == SimMonth(
            100, 1 - day, START + 9 * DAY
        )
    assert (await line_book(database, spot, START + 9 * DAY)).sim == SimMonth(100, 100, START + 40 * DAY)


async def test_the_book_of_a_line_without_a_bounded_sim_has_no_traffic(database: Database) -> None:
    assert (await line_book(database, await place(database), START)).sim is None


async def test_a_book_counts_what_a_gateway_carried_as_the_database_does(database: Database) -> None:
    spot = await place(database)
    await database.rows(
        "insert into modem (kind, identity, line_id, allowance) values ('remote', 'imei', $1, 100)", spot.line
    )
    brought = report(spot.meter, at=START + DAY)
    carried = carried_on(await line_book(database, spot, START), brought)
    await Polls(database).save(brought)
    assert (
        carried.sim
        == (await line_book(database, spot, START + 2 * DAY)).sim
        == SimMonth(100, 100 - 5 - 1, START + 31 * DAY)
    )


async def test_waiting_requests_are_in_the_book_oldest_first(database: Database) -> None:
    spot = await place(database)
    for minutes, state in ((2, "queued"), (1, "running"), (0, "done")):
        await database.rows(
            "insert into poll_request (id, meter_id, kind, operator, requested_at, state) "
            "values (gen_random_uuid(), $1, 'now', 'op', $2::timestamptz + make_interval(mins => $3), $4)",
            spot.meter,
            START,
            minutes,
            state,
        )
    assert (await outline(database, START)).waiting_requests == 2
    meter = await booked(database, spot, START)
    assert [one.requested_at for one in meter.requests] == [START + HOUR / 60, START + HOUR / 30]


async def test_several_books_are_those_of_each_line(database: Database) -> None:
    spots, books = [await place(database, 1), await place(database, 2)], Books(database)
    found = await books.lines([spot.line for spot in spots], BASE, START)
    assert found == {spot.line: await books.line(spot.line, BASE, START) for spot in spots}
    assert [[meter.id for meter in book.meters] for book in found.values()] == [[s.meter] for s in spots]


async def test_what_models_keep_is_told_again_and_again(database: Database) -> None:
    models = Models(database)
    first = Keeps({ArchiveKind.HOUR: 1080, ArchiveKind.TOTAL: 36}, ArchiveKind.MONTH, 24)
    second = Keeps({ArchiveKind.HOUR: 720})
    await models.tell([Model("a", "A", "mbus", first), Model("b", "B", "mbus", second)])
    assert await models.keeps() == {"a": first, "b": second}
    await models.tell([Model("a", "A", "mbus", second)])
    assert await models.keeps() == {"a": second, "b": second}
    assert await models.keeps(["b", "c"]) == {"b": second}


async def test_what_was_spent_stands_in_the_book_where_a_plan_bounds_it(database: Database) -> None:
    spot, polls = await place(database), Polls(database)
    for hours in (0, 20, 30):
        await polls.save(report(spot.meter, at=START + hours * HOUR))
    bounded = PollPlan(air_time=timedelta(days=1), polls_per_day=2)
    now = START + 31 * HOUR
    for plan, expected in (
        (bounded, Spent(3 * POLLING, (START + 20 * HOUR, START + 30 * HOUR), 2)),
        (PollPlan(polls_per_day=0), Spent()),
    ):
        book = await Books(database).line(spot.line, plan, now)
        assert book is not None
        assert book.meters[0].spent == expected
