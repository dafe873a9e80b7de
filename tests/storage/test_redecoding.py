"""What decoding again may touch, and that the archive and what is known of it stay in step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest

from metering.books import Span
from metering.calendar import ArchiveKind
from metering.differences import ValueKey
from metering.plans import PollPlan
from metering.polls import HoldReason, PollReport
from metering.readings import Flag
from storage import held
from storage.books import Books
from storage.decisions import Act, Decisions
from storage.polls import Polls
from storage.pool import Database
from storage.redecoding import Redecoding, Wanted
from tests.support.registry import DAY, HOUR, START, Place, missing, place, reading, record, report, snapshot

NOON = START + DAY / 2
EVERYTHING = Wanted("kamstrup-multical-403", START - DAY, START + DAY)


def key(at: datetime, quantity: str = "energy_heating") -> ValueKey:
    return ValueKey(ArchiveKind.HOUR, at, 1, quantity)


async def known(database: Database, spot: Place) -> tuple[Span, ...]:
    book = await Books(database).line(spot.line, PollPlan(), NOON)
    assert book is not None
    return book.meters[0].known.get(ArchiveKind.HOUR, ())


async def test_a_slot_whose_record_was_none_is_asked_for_again(database: Database) -> None:
    """Of three hours the middle one was no record at all, and of the last one a single value was none."""
    spot = await place(database)
    hours = [START + number * HOUR for number in range(3)]
    whole = [record(at, reading("1"), reading("2", "volume")) for at in hours]
    brought = report(spot.meter, at=START + 4 * HOUR, archive=whole)
    await Polls(database).save(brought)
    assert await known(database, spot) == (Span(START, START + 3 * HOUR),)
    again = replace(brought, archive=(whole[0], record(hours[2], reading("1"))), gaps=(missing(hours[1]),))
    withdrawn = [key(hours[1]), key(hours[1], "volume"), key(hours[2], "volume")]
    await Redecoding(database).write(again, withdrawn)
    assert await known(database, spot) == (Span(START, hours[1]), Span(hours[2], START + 3 * HOUR))
    assert await database.value("select count(*) from revision where cause = 'redecoded'") == 3
    read_again = report(spot.meter, at=START + 5 * HOUR, archive=[record(hours[1], reading("1"))])
    await Polls(database).save(read_again)
    assert await known(database, spot) == (Span(START, START + 3 * HOUR),)
    assert await database.value("select count(*) from gap") == 0


def doubtful(spot: Place, number: int, *values: str) -> PollReport:
    """Of a meter whose clock is off; `values`: those of the hour and of now."""
    at, flags = START + number * HOUR, {Flag.CLOCK_DRIFT}
    hour, now = values
    return report(
        spot.meter,
        at=at,
        archive=[record(at - HOUR, reading(hour, flags=flags))],
        snapshots=[snapshot(at, reading(now, flags=flags))],
        poll=UUID(int=number),
        particulars={"held": HoldReason.CLOCK_WRONG},
    )


async def redecodable(database: Database) -> Sequence[int]:
    return [poll.id.int async for poll in Redecoding(database).polls(EVERYTHING)]


async def test_of_held_polls_only_accepted_ones_are_decoded_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fourth was not even kept, since so many wait."""
    monkeypatch.setattr(held, "MOST_WAITING", 3)
    spot = await place(database)
    for number in range(1, 5):
        await Polls(database).save(doubtful(spot, number, "1", "2"))
    decisions = Decisions(database)
    await decisions.accept(Act(spot.meter, HoldReason.CLOCK_WRONG, "A", NOON, polls=(UUID(int=1),)))
    await decisions.reject(Act(spot.meter, HoldReason.CLOCK_WRONG, "A", NOON, polls=(UUID(int=2),)))
    assert await Redecoding(database).count(EVERYTHING) == (1, 3)
    assert await redecodable(database) == [1]


async def test_doubts_that_an_engineer_has_lifted_are_not_raised_again(database: Database) -> None:
    spot = await place(database)
    await Polls(database).save(doubtful(spot, 1, "10", "20"))
    await Decisions(database).accept(Act(spot.meter, HoldReason.CLOCK_WRONG, "A", NOON))
    await Redecoding(database).write(replace(doubtful(spot, 1, "1", "2"), held=None), [])
    for table in ("archive_value", "snapshot_value"):
        assert await database.value(f"select flags from {table}") == []
    assert await database.value("select value from archive_value") == 1


async def test_the_doubts_of_what_was_never_held_stay(database: Database) -> None:
    spot = await place(database)
    await Polls(database).save(replace(doubtful(spot, 1, "10", "20"), held=None))
    await Redecoding(database).write(replace(doubtful(spot, 1, "1", "2"), held=None), [])
    assert await database.value("select flags from archive_value") == [Flag.CLOCK_DRIFT]
