"""Whatever order reports come in: one row per slot, the newest value, and every other value in a revision."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metering.calendar import ArchiveKind
from metering.polls import PollReport
from storage.polls import Polls
from storage.pool import Database
from storage.readings import Readings
from storage.values import SaveResult
from tests.support.registry import DAY, HOUR, START, place, reading, record, report

HOURS = range(4)

overlapping = st.lists(st.sets(st.sampled_from(HOURS), min_size=1), min_size=1, max_size=5)
"""Which hours each poll reads."""


def reports(meter: int, polls: Sequence[set[int]]) -> list[PollReport]:
    """One poll a day; each reads other values for its hours: poll 2 reads 20 for hour 0, 21 for hour 1."""
    return [
        report(
            meter,
            at=START + number * DAY,
            archive=[record(START + hour * HOUR, reading(str(10 * number + hour))) for hour in sorted(hours)],
        )
        for number, hours in enumerate(polls)
    ]


def expected_values(polls: Sequence[set[int]]) -> dict[datetime, list[int]]:
    """All values of each hour, in the order in which they were read."""
    return {
        START + hour * HOUR: [10 * number + hour for number, hours in enumerate(polls) if hour in hours]
        for hour in HOURS
        if any(hour in hours for hours in polls)
    }


async def check(url: str, polls: Sequence[set[int]], order: Sequence[int]) -> None:
    async with Database(url) as database:
        await database.value("truncate site, line restart identity cascade")
        spot = await place(database)
        sent = reports(spot.meter, polls)
        results = [await Polls(database).save(sent[number]) for number in order]
        again = [await Polls(database).save(sent[number]) for number in order]
        values = await Readings(database).archive(spot.meter, ArchiveKind.HOUR, START, START + DAY)
        revisions = await Readings(database).revisions(spot.meter, START, START + DAY)
    expected = expected_values(polls)
    assert {value.slot.start: value.value for value in values} == {s: v[-1] for s, v in expected.items()}
    assert len(values) == len(expected)
    replaced = sorted((r.old.slot.start, r.old.value) for r in revisions)
    assert replaced == sorted((start, value) for start, all_of in expected.items() for value in all_of[:-1])
    assert {r.replaced_by for r in revisions} <= {poll.id for poll in sent}
    assert sum(result.stored for result in results) == len(values)
    assert sum(result.revised for result in results) == len(revisions)
    assert again == [SaveResult(0, len(polls[number]), 0) for number in order]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_any_order_of_overlapping_reports(database_url: str, data: st.DataObject) -> None:
    polls = data.draw(overlapping)
    order = data.draw(st.permutations(range(len(polls))))
    asyncio.run(check(database_url, polls, order))


async def test_reports_that_come_at_the_same_time(database: Database) -> None:
    spot = await place(database)
    polls = [set(HOURS)] * 6
    await asyncio.gather(*(Polls(database).save(item) for item in reports(spot.meter, polls)))
    values = await Readings(database).archive(spot.meter, ArchiveKind.HOUR, START, START + DAY)
    assert [value.value for value in values] == [50, 51, 52, 53]
    assert len(await Readings(database).revisions(spot.meter, START, START + DAY)) == 20
