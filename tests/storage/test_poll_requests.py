"""What people ask of meters: asked once, bounded, carried out, cancelled, ended with its poll."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from metering.calendar import ArchiveKind
from metering.errors import ConfigurationError, TooManyRequests
from metering.polls import Outcome
from metering.requests import ENDED, MOST_SLOTS, PollRequest, RequestKind, RequestState
from metering.signals import SignalLevel, SignalReport, SignalSource
from storage.poll_requests import MOST_OF_METER, PollRequests, StoredRequest
from storage.polls import Polls
from storage.pool import Database
from storage.signals import Signals
from storage.usage_points import Registry
from tests.support.registry import DAY, HOUR, START, missing, place, reading, record, report

SECOND = timedelta(seconds=1)


def wish(meter: int, kind: RequestKind = RequestKind.NOW, *, days: int = 0) -> PollRequest:
    """An archive's request begins so many days after the start."""
    asked = PollRequest(uuid4(), meter, kind, "A. Serikova", START)
    if kind is not RequestKind.ARCHIVE:
        return asked
    first = START + days * DAY
    return replace(asked, archive=ArchiveKind.HOUR, start=first, end=first + DAY)


async def existing(requests: PollRequests, asked: StoredRequest) -> StoredRequest:
    found = await requests.get(asked.id)
    assert found is not None
    return found


async def test_what_is_asked_twice_waits_once(database: Database) -> None:
    here, requests = await place(database), PollRequests(database)
    first = await requests.ask(wish(here.meter))
    assert await requests.ask(wish(here.meter)) == first
    assert (first.state, first.line_id, first.serial) == (RequestState.QUEUED, here.line, "00000001")
    archive = await requests.ask(wish(here.meter, RequestKind.ARCHIVE))
    other = await requests.ask(wish(here.meter, RequestKind.ARCHIVE, days=1))
    assert len({first.id, archive.id, other.id}) == 3
    assert [one.id for one in await requests.list(here.meter)] == sorted(
        (first.id, archive.id, other.id), reverse=True
    )


async def test_what_has_ended_can_be_asked_again(database: Database) -> None:
    here, requests = await place(database), PollRequests(database)
    first = await requests.ask(wish(here.meter))
    await requests.cancel(first.id, "B. Ospanov", START + HOUR)
    assert (await requests.ask(wish(here.meter))).id != first.id


async def test_requests_of_a_meter_are_bounded(database: Database) -> None:
    here, requests = await place(database), PollRequests(database)
    for days in range(MOST_OF_METER):
        await requests.ask(wish(here.meter, RequestKind.ARCHIVE, days=days))
    with pytest.raises(TooManyRequests, match="cancel what nobody needs"):
        await requests.ask(wish(here.meter))


async def test_what_nobody_can_carry_out_is_refused(database: Database) -> None:
    here, requests, registry = await place(database), PollRequests(database), Registry(database)
    old = await registry.add_meter("99", "kamstrup-multical-403", "9", here.line, "+05:00", polled=False)
    with pytest.raises(ConfigurationError, match="no meter 4711"):
        await requests.ask(wish(4711))
    with pytest.raises(ConfigurationError, match="not polled any more"):
        await requests.ask(wish(old))
    long = replace(wish(here.meter, RequestKind.ARCHIVE), end=START + (MOST_SLOTS + 1) * HOUR)
    with pytest.raises(ConfigurationError, match=f"at most {MOST_SLOTS} hour"):
        await requests.ask(long)


async def test_an_archive_that_the_model_lacks_is_refused(database: Database) -> None:
    here, requests = await place(database), PollRequests(database)
    await database.rows("insert into model values ('kamstrup-multical-403', 'x', 'm-bus', 'day', null)")
    await database.rows("insert into model_archive values ('kamstrup-multical-403', 'day', 460)")
    with pytest.raises(ConfigurationError, match="keeps no hour archive"):
        await requests.ask(wish(here.meter, RequestKind.ARCHIVE))


async def test_a_line_is_asked_by_its_meters(database: Database) -> None:
    here, requests, registry = await place(database), PollRequests(database), Registry(database)
    second = await registry.add_meter("99", "kamstrup-multical-403", "9", here.line, "+05:00")
    await registry.add_meter("98", "kamstrup-multical-403", "8", here.line, "+05:00", polled=False)
    waiting = await requests.ask(wish(second))
    asked = await requests.ask_line(here.line, "B. Ospanov", START)
    assert {one.request.meter_id for one in asked} == {here.meter, second}
    assert waiting in asked
    assert {one.id for one in await requests.waiting(here.line)} == {one.id for one in asked}


async def test_progress_is_told_while_it_is_wanted(database: Database) -> None:
    here, requests = await place(database), PollRequests(database)
    asked = await requests.ask(wish(here.meter))
    assert await requests.progress(asked.id, START + SECOND)
    assert await requests.progress(asked.id, START + 2 * SECOND, 24, 72)
    running = await existing(requests, asked)
    assert (running.state, running.started_at) == (RequestState.RUNNING, START + SECOND)
    assert (running.done, running.wanted) == (24, 72)
    cancelled = await requests.cancel(asked.id, "B. Ospanov", START + 3 * SECOND)
    assert cancelled is not None
    assert (cancelled.state, cancelled.message) == (RequestState.CANCELLED, "Cancelled by B. Ospanov.")
    assert not await requests.progress(asked.id, START + 4 * SECOND, 48, 72)
    assert await requests.waiting(here.line) == []


async def test_one_whose_collector_died_waits_still(database: Database) -> None:
    here, requests = await place(database), PollRequests(database)
    asked = await requests.ask(wish(here.meter))
    await requests.progress(asked.id, START)
    assert await requests.waiting(here.line) == [asked.request]


async def test_the_poll_ends_it_with_what_was_learned(database: Database) -> None:
    here, requests = await place(database), PollRequests(database)
    asked = await requests.ask(wish(here.meter, RequestKind.ARCHIVE))
    poll = report(
        here.meter,
        at=START + HOUR,
        archive=[record(START + hours * HOUR, reading("1")) for hours in range(5)],
        gaps=[missing(START + 5 * HOUR)],
        particulars={"request_id": asked.id, "message": "enough", "clock_difference": 3 * SECOND},
    )
    await Polls(database).save(poll)
    done = await existing(requests, asked)
    assert (done.state, done.message, done.poll_id) == (RequestState.DONE, "enough", poll.id)
    assert (done.started_at, done.finished_at) == (poll.started_at, poll.finished_at)
    assert (done.records, done.gaps, done.done, done.wanted) == (5, 1, 6, 6)
    assert done.round_trip == SECOND, "the report's answer comes a second after its question"
    learned = await requests.learned(poll.id)
    assert learned is not None
    assert (learned.outcome, learned.clock_difference) == (Outcome.OK, 3 * SECOND)
    assert (learned.serial, learned.signal) == (None, None)


async def test_the_signal_is_the_last_level_of_the_lines_modem(database: Database) -> None:
    registry, requests = Registry(database), PollRequests(database)
    line = await registry.add_line("inbound:356938035643809", "356938035643809")
    meter = await registry.add_meter("1", "kamstrup-multical-403", "1", line, "+05:00")
    modem = await database.value("select id from modem where line_id = $1", line)
    levels = [
        SignalLevel(START, SignalSource.HELLO, SignalReport("CSQ 14", Decimal(-85))),
        SignalLevel(START + HOUR, SignalSource.HELLO, SignalReport("CSQ 99")),
    ]
    await Signals(database).add(modem, levels)
    poll = report(meter, at=START + DAY)
    await Polls(database).save(poll)
    learned = await requests.learned(poll.id)
    assert learned is not None
    assert (learned.signal, learned.signal_at) == (Decimal(-85), START)


ENDS = {
    Outcome.PARTLY_READ: RequestState.DONE,
    Outcome.CLOCK_WRONG: RequestState.DONE,
    Outcome.METER_SILENT: RequestState.FAILED,
    Outcome.NO_LINK: RequestState.FAILED,
    Outcome.WRONG_METER: RequestState.FAILED,
    Outcome.OVER_BUDGET: RequestState.REFUSED,
    Outcome.CANCELLED: RequestState.CANCELLED,
}


@pytest.mark.parametrize("outcome", ENDS, ids=str)
async def test_how_a_poll_ended_is_how_its_request_ended(database: Database, outcome: Outcome) -> None:
    here, requests = await place(database), PollRequests(database)
    asked = await requests.ask(wish(here.meter, RequestKind.LINK))
    poll = replace(report(here.meter, particulars={"request_id": asked.id}), outcome=outcome, frames=())
    await Polls(database).save(poll)
    done = await existing(requests, asked)
    assert (done.state, done.round_trip) == (ENDS[outcome], None)
    assert done.state in ENDED


async def test_a_cancelled_one_stays_so_and_keeps_what_was_read_until_then(database: Database) -> None:
    here, requests = await place(database), PollRequests(database)
    asked = await requests.ask(wish(here.meter))
    await requests.progress(asked.id, START)
    await requests.cancel(asked.id, "B. Ospanov", START + SECOND)
    poll = report(here.meter, archive=[record(START, reading("1"))], particulars={"request_id": asked.id})
    await Polls(database).save(replace(poll, outcome=Outcome.PARTLY_READ))
    done = await existing(requests, asked)
    assert (done.state, done.finished_at) == (RequestState.CANCELLED, START + SECOND)
    assert (done.poll_id, done.records) == (poll.id, 1)


async def test_a_second_poll_does_not_end_it_again(database: Database) -> None:
    here, requests = await place(database), PollRequests(database)
    asked = await requests.ask(wish(here.meter))
    polls = [
        report(here.meter, at=START + hours * HOUR, particulars={"request_id": asked.id}) for hours in (1, 2)
    ]
    for poll in polls:
        await Polls(database).save(poll)
    assert (await existing(requests, asked)).poll_id == polls[0].id
