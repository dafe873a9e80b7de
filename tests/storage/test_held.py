"""Quarantine: what doubtful polls brought is held, and one act of an engineer stores or forgets it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from metering.books import BookedMeter
from metering.calendar import ArchiveKind
from metering.carried import contains
from metering.conditions import Condition, ConditionName
from metering.errors import ReadingConflict
from metering.meters import MeterConfiguration, MeterIdentity
from metering.plans import PollPlan
from metering.polls import HoldReason, Outcome, PollReport
from metering.readings import Flag, GapReason
from metering.requests import PollRequest, RequestKind, RequestState
from storage import held
from storage.books import Books
from storage.decisions import Act, Decided, Decisions
from storage.held import Held, HeldState
from storage.poll_requests import PollRequests
from storage.polls import Polls
from storage.pool import Database
from storage.readings import Readings
from storage.registered import Installation
from storage.usage_points import Registry
from tests.support.registry import (
    DAY,
    HOUR,
    START,
    Place,
    missing,
    place,
    reading,
    record,
    report,
    snapshot,
)

NOON = START + DAY / 2
OUTAGE = Condition(ConditionName.POWER_FAILURE)
ENDS = {
    None: Outcome.OK,
    HoldReason.NEW_METER: Outcome.WRONG_METER,
    HoldReason.SCHEME_CHANGED: Outcome.CONFIGURATION_CHANGED,
    HoldReason.CLOCK_WRONG: Outcome.CLOCK_WRONG,
    HoldReason.REGISTER_RESET: Outcome.REGISTER_RESET,
}


def poll(
    meter: int,
    number: int,
    reason: HoldReason | None,
    flags: Iterable[Flag] = (),
    **particulars: Any,
) -> PollReport:
    """Of the hour with this number: its record, a gap a day before it, and a level of 100 + number."""
    at = START + number * HOUR
    made = report(
        meter,
        at=at,
        archive=[record(at - HOUR, reading(str(number), flags=flags))],
        snapshots=[snapshot(at, reading(str(100 + number), flags=flags))],
        gaps=[missing(at - DAY)],
        poll=UUID(int=number),
        particulars={"held": reason, **particulars},
    )
    return replace(
        made,
        outcome=ENDS[reason],
        archive=tuple(replace(one, conditions=frozenset({OUTAGE})) for one in made.archive),
    )


def answered(serial: str) -> dict[str, Any]:
    return {"identity": MeterIdentity(serial)}


def act(meter: int, reason: HoldReason, by: str = "Айгуль", **particulars: Any) -> Act:
    return Act(meter, reason, by, NOON, "по акту 118", **particulars)


async def held_slots(database: Database) -> set[tuple[str, datetime]]:
    rows = await database.rows("select kind, slot_start from held_slot")
    return {(row["kind"], row["slot_start"]) for row in rows}


async def booked(database: Database, spot: Place) -> BookedMeter:
    """What a collector is told of the meter at noon."""
    book = await Books(database).line(spot.line, PollPlan(), NOON)
    assert book is not None
    return book.meters[0]


async def archived(database: Database) -> list[tuple[Any, ...]]:
    """All that is stored of all meters, but where it came from."""
    found: list[tuple[Any, ...]] = []
    for statement in (
        "select meter_id, kind, slot_start, quantity, value, flags, poll_id from archive_value",
        "select meter_id, read_at, quantity, value, flags, poll_id from snapshot_value",
        "select meter_id, kind, slot_start, reason, asked, first_at, recorded_at from gap",
        "select meter_id, kind, at, name from condition",
        "select meter_id, kind, slot_start, quantity, value, poll_id, replaced_by from revision",
    ):
        found += sorted(map(tuple, await database.rows(statement)), key=repr)
    return found


async def test_what_is_held_is_told_and_not_stored(database: Database) -> None:
    spot = await place(database)
    settings = MeterConfiguration({"heat": "GJ"})
    particulars: dict[str, Any] = {
        "clock_difference": HOUR,
        "configuration": settings,
        "identity": MeterIdentity("00000001"),
    }
    brought = poll(spot.meter, 9, HoldReason.CLOCK_WRONG, {Flag.CLOCK_DRIFT}, **particulars)
    await Polls(database).save(brought)
    assert await archived(database) == []
    assert await held_slots(database) == {("hour", START + 8 * HOUR), ("hour", START + 9 * HOUR - DAY)}
    (one,) = await Held(database).list()
    assert (one.serial, one.reason, one.state) == ("00000001", HoldReason.CLOCK_WRONG, HeldState.WAITING)
    assert (one.configuration, one.clock_difference, one.held_at) == (settings, HOUR, brought.finished_at)
    assert (one.decided_by, one.decided_at, one.note) == (None, None, "")
    assert await Held(database).get(brought.id) == (one, replace(brought, frames=()))
    assert await Held(database).get(UUID(int=99)) is None
    assert len(await Polls(database).frames(brought.id)) == 2


async def test_an_hour_that_was_not_over_is_asked_again(database: Database) -> None:
    spot = await place(database)
    brought = poll(spot.meter, 1, HoldReason.CLOCK_WRONG)
    await Polls(database).save(replace(brought, gaps=(missing(START, GapReason.NOT_YET_CLOSED),), archive=()))
    assert await held_slots(database) == set()


async def test_pages_newest_first_by_state_and_meter(database: Database) -> None:
    first, second = [await place(database, number) for number in (1, 2)]
    for number in range(1, 6):
        spot = first if number < 4 else second
        await Polls(database).save(poll(spot.meter, number, HoldReason.CLOCK_WRONG))
    await Decisions(database).reject(act(second.meter, HoldReason.CLOCK_WRONG))
    store = Held(database)
    page = await store.list(limit=2)
    rest = await store.list(after=page[-1].key, limit=9)
    assert [one.poll_id.int for one in page + rest] == [5, 4, 3, 2, 1]
    assert [one.poll_id.int for one in await store.list(HeldState.WAITING)] == [3, 2, 1]
    assert [one.poll_id.int for one in await store.list(meter_id=second.meter)] == [5, 4]
    assert await store.list(HeldState.ACCEPTED) == []


@pytest.mark.parametrize("number", [1, 7])
async def test_accepted_is_as_if_it_had_never_been_held(database: Database, number: int) -> None:
    """The same polls twice: of the first meter stored at once, of the second held and then accepted."""
    straight, detour = [await place(database, one) for one in (1, 2)]
    for hour in range(1, number + 1):
        await Polls(database).save(poll(straight.meter, hour, None))
    stored = await archived(database)
    await database.rows("truncate archive_value, snapshot_value, gap, condition, revision")
    await database.rows("delete from meter_state")
    await database.rows("truncate poll cascade")
    for hour in range(1, number + 1):
        doubts = {Flag.CLOCK_DRIFT, Flag.WENT_BACK}
        await Polls(database).save(poll(detour.meter, hour, HoldReason.CLOCK_WRONG, doubts))
    decided = await Decisions(database).accept(act(detour.meter, HoldReason.CLOCK_WRONG))
    assert decided == Decided(detour.meter, tuple(UUID(int=hour) for hour in range(1, number + 1)))
    assert await archived(database) == [(detour.meter, *row[1:]) for row in stored]
    assert await held_slots(database) == set()
    (last, *_) = await Held(database).list()
    assert (last.state, last.decided_by, last.decided_at) == (HeldState.ACCEPTED, "Айгуль", NOON)
    assert last.note == "по акту 118"


async def test_other_doubts_stay(database: Database) -> None:
    spot = await place(database)
    flags = {Flag.CLOCK_DRIFT, Flag.NEGATIVE}
    await Polls(database).save(poll(spot.meter, 1, HoldReason.CLOCK_WRONG, flags))
    await Decisions(database).accept(act(spot.meter, HoldReason.CLOCK_WRONG))
    (value,) = await Readings(database).archive(spot.meter, ArchiveKind.HOUR, START, START + DAY)
    assert value.flags == {Flag.NEGATIVE}


async def test_what_was_read_after_the_held_poll_stands(database: Database) -> None:
    """The slot was held with 1, read again later as 2 and stored; then the first one is accepted."""
    spot = await place(database)
    early = poll(spot.meter, 1, HoldReason.CLOCK_WRONG)
    late = report(spot.meter, at=START + 2 * HOUR, archive=[record(START, reading("2"))])
    for one in (early, late):
        await Polls(database).save(one)
    await Decisions(database).accept(act(spot.meter, HoldReason.CLOCK_WRONG))
    (value,) = await Readings(database).archive(spot.meter, ArchiveKind.HOUR, START, START + DAY)
    assert (value.value, value.origin.poll_id) == (Decimal(2), late.id)
    (revision,) = await Readings(database).revisions(spot.meter, START, START + DAY)
    assert (revision.old.value, revision.old.origin.poll_id, revision.replaced_by) == (
        Decimal(1),
        early.id,
        late.id,
    )
    assert await database.value("select cause from revision") == "accepted"


async def test_rejected_it_is_on_record_and_its_slots_are_wanted_again(database: Database) -> None:
    spot = await place(database)
    brought = poll(spot.meter, 1, HoldReason.CLOCK_WRONG)
    await Polls(database).save(brought)
    await Decisions(database).reject(act(spot.meter, HoldReason.CLOCK_WRONG))
    assert await archived(database) == []
    assert await held_slots(database) == set()
    found = await Held(database).get(brought.id)
    assert found is not None
    assert found[0].state is HeldState.REJECTED
    assert found[1].archive == brought.archive


async def test_a_decision_is_on_one_reason_or_on_polls_that_are_named(database: Database) -> None:
    spot = await place(database)
    for number, reason in enumerate(["clock_wrong", "clock_wrong", "register_reset"], start=1):
        await Polls(database).save(poll(spot.meter, number, HoldReason(reason)))
    decisions = Decisions(database)
    second = await decisions.accept(act(spot.meter, HoldReason.CLOCK_WRONG, polls=(UUID(int=2),)))
    assert second.polls == (UUID(int=2),)
    first = await decisions.reject(act(spot.meter, HoldReason.CLOCK_WRONG))
    assert first.polls == (UUID(int=1),)
    states = [one.state.value for one in await Held(database).list()]
    assert states == ["waiting", "accepted", "rejected"]


async def test_an_accepted_reset_is_the_new_base_of_its_register(database: Database) -> None:
    spot = await place(database)
    high, low = [
        report(
            spot.meter,
            at=START + hour * HOUR,
            snapshots=[snapshot(START + hour * HOUR, reading(level, flags=flags))],
            particulars={"held": reason} if reason else None,
        )
        for hour, level, flags, reason in [
            (1, "5000", (), None),
            (2, "3", {Flag.WENT_BACK}, HoldReason.REGISTER_RESET),
        ]
    ]
    for one in (high, low):
        await Polls(database).save(one)
    assert [level.value for level in (await booked(database, spot)).levels] == [5000]
    await Decisions(database).accept(act(spot.meter, HoldReason.REGISTER_RESET))
    assert [level.value for level in (await booked(database, spot)).levels] == [3]


async def test_slots_that_wait_are_not_asked_for_until_they_are_rejected(database: Database) -> None:
    spot = await place(database)
    await Polls(database).save(poll(spot.meter, 1, HoldReason.CLOCK_WRONG))
    assert any(contains(spans, START) for spans in (await booked(database, spot)).known.values())
    await Decisions(database).reject(act(spot.meter, HoldReason.CLOCK_WRONG))
    assert not any(contains(spans, START) for spans in (await booked(database, spot)).known.values())


async def accepted_settings(database: Database, meter: int) -> str:
    found: str = await database.value(
        "select configuration ->> 'heat' from meter_state where meter_id = $1", meter
    )
    return found


async def test_an_accepted_scheme_is_the_accepted_one(database: Database) -> None:
    spot = await place(database)
    for hour, unit in enumerate(["Gcal", "GJ", "MWh"], start=1):
        reason = HoldReason.SCHEME_CHANGED if hour > 1 else None
        settings = MeterConfiguration({"heat": unit})
        await Polls(database).save(poll(spot.meter, hour, reason, configuration=settings))
    (last, *_) = await Held(database).list()
    assert last.accepted_configuration == MeterConfiguration({"heat": "Gcal"})
    assert await accepted_settings(database, spot.meter) == "Gcal"
    await Decisions(database).accept(act(spot.meter, HoldReason.SCHEME_CHANGED))
    assert await accepted_settings(database, spot.meter) == "MWh"


async def test_a_rejected_scheme_is_not(database: Database) -> None:
    spot = await place(database)
    for hour, unit in enumerate(["Gcal", "GJ"], start=1):
        reason = HoldReason.SCHEME_CHANGED if hour > 1 else None
        settings = MeterConfiguration({"heat": unit})
        await Polls(database).save(poll(spot.meter, hour, reason, configuration=settings))
    await Decisions(database).reject(act(spot.meter, HoldReason.SCHEME_CHANGED))
    assert await accepted_settings(database, spot.meter) == "Gcal"


async def replaced(database: Database, hours: Iterable[int] = (1, 2), serial: str = "777") -> Place:
    """A registered meter at whose address another one answered."""
    spot = await place(database, installed_at=START - DAY)
    for hour in hours:
        await Polls(database).save(poll(spot.meter, hour, HoldReason.NEW_METER, **answered(serial)))
    return spot


async def test_an_accepted_new_meter_takes_the_place_of_the_old_one(database: Database) -> None:
    spot = await replaced(database)
    decided = await Decisions(database).accept(act(spot.meter, HoldReason.NEW_METER))
    registry = Registry(database)
    old, new = await registry.meters()
    assert (old.id, old.polled) == (spot.meter, False)
    assert new == replace(old, id=decided.meter_id, serial="777", polled=True)
    assert await registry.installations(spot.usage_point) == [
        Installation(spot.usage_point, old.id, 1, START - DAY, START + HOUR),
        Installation(spot.usage_point, new.id, 1, START + HOUR, None),
    ]
    assert {row[0] for row in await archived(database)} == {new.id}
    assert {one.meter_id for one in await Polls(database).list()} == {new.id}
    assert [one.meter_id for one in await Held(database).list()] == [old.id, old.id]


async def test_whoever_waits_for_the_old_meter_is_told_of_the_new_one(database: Database) -> None:
    spot, requests = await replaced(database), PollRequests(database)
    asked = await requests.ask(PollRequest(UUID(int=9), spot.meter, RequestKind.NOW, "Ержан", NOON))
    await Decisions(database).accept(act(spot.meter, HoldReason.NEW_METER))
    told = await requests.get(asked.id)
    assert told is not None
    assert told.state is RequestState.REFUSED
    assert "777" in told.message


async def test_polls_of_the_new_meter_that_come_late_are_its_own(database: Database) -> None:
    """A collector that was cut off still had the old book."""
    spot = await replaced(database)
    decisions = Decisions(database)
    decided = await decisions.accept(act(spot.meter, HoldReason.NEW_METER))
    before = await Registry(database).installations(spot.usage_point)
    await Polls(database).save(poll(spot.meter, 3, HoldReason.NEW_METER, **answered("777")))
    late = await decisions.accept(act(spot.meter, HoldReason.NEW_METER, by="Ержан"))
    assert late == Decided(decided.meter_id, (UUID(int=3),))
    assert await Registry(database).installations(spot.usage_point) == before


async def test_the_old_meter_comes_back(database: Database) -> None:
    spot = await replaced(database)
    decisions = Decisions(database)
    new = (await decisions.accept(act(spot.meter, HoldReason.NEW_METER))).meter_id
    await Polls(database).save(poll(new, 5, HoldReason.NEW_METER, **answered("00000001")))
    back = await decisions.accept(act(new, HoldReason.NEW_METER))
    assert back.meter_id == spot.meter
    assert [one.polled for one in await Registry(database).meters()] == [True, False]
    installed = await Registry(database).installations(spot.usage_point)
    assert [(one.meter_id, one.installed_at) for one in installed] == [
        (spot.meter, START - DAY),
        (new, START + HOUR),
        (spot.meter, START + 5 * HOUR),
    ]


async def test_of_several_new_meters_one_is_decided_on_by_name(database: Database) -> None:
    spot = await replaced(database, hours=(1, 2))
    for hour in (3, 4):
        await Polls(database).save(poll(spot.meter, hour, HoldReason.NEW_METER, **answered("888")))
    decisions = Decisions(database)
    with pytest.raises(ReadingConflict, match="777, 888"):
        await decisions.accept(act(spot.meter, HoldReason.NEW_METER))
    await decisions.accept(act(spot.meter, HoldReason.NEW_METER, polls=(UUID(int=1), UUID(int=2))))
    last = await decisions.accept(act(spot.meter, HoldReason.NEW_METER))
    meters = {one.serial: one.polled for one in await Registry(database).meters()}
    assert meters == {"00000001": False, "777": False, "888": True}
    installed = await Registry(database).installations(spot.usage_point)
    assert (installed[-1].meter_id, installed[-1].installed_at) == (last.meter_id, START + 3 * HOUR)
    assert installed[-2].removed_at == START + 3 * HOUR


async def test_two_addresses_that_are_mixed_up_are_no_replacement(database: Database) -> None:
    spot = await place(database)
    other = await Registry(database).add_meter("777", "kamstrup-multical-403", "2", spot.line, "+05:00")
    await Polls(database).save(poll(spot.meter, 1, HoldReason.NEW_METER, **answered("777")))
    with pytest.raises(ReadingConflict, match=r"polled at address 2 .* mixed up"):
        await Decisions(database).accept(act(spot.meter, HoldReason.NEW_METER))
    assert [one.polled for one in await Registry(database).meters()] == [True, True]
    assert (await Registry(database).meters())[1].id == other
    assert [one.state for one in await Held(database).list()] == [HeldState.WAITING]


async def test_a_meter_that_is_installed_elsewhere_takes_no_place(database: Database) -> None:
    spot, elsewhere = [await place(database, number, installed_at=START - DAY) for number in (1, 2)]
    registry = Registry(database)
    (before,) = [one for one in await registry.meters() if one.id == elsewhere.meter]
    await registry.add_meter(before.serial, before.model, "9", before.line_id, "+05:00", polled=False)
    await Polls(database).save(poll(spot.meter, 1, HoldReason.NEW_METER, **answered(before.serial)))
    with pytest.raises(ReadingConflict, match="still installed elsewhere"):
        await Decisions(database).accept(act(spot.meter, HoldReason.NEW_METER))
    await registry.remove(elsewhere.usage_point, elsewhere.meter, START)
    assert (
        await Decisions(database).accept(act(spot.meter, HoldReason.NEW_METER))
    ).meter_id == elsewhere.meter


async def test_of_two_engineers_one_wins_and_the_other_is_told(database: Database) -> None:
    spot = await place(database)
    for number in range(1, 4):
        await Polls(database).save(poll(spot.meter, number, HoldReason.CLOCK_WRONG))
    decisions = Decisions(database)
    ended = await asyncio.gather(
        decisions.accept(act(spot.meter, HoldReason.CLOCK_WRONG, by="Айгуль")),
        decisions.reject(act(spot.meter, HoldReason.CLOCK_WRONG, by="Ержан")),
        return_exceptions=True,
    )
    (won,) = [one for one in ended if isinstance(one, Decided)]
    (told,) = [one for one in ended if isinstance(one, ReadingConflict)]
    states = {(one.state, one.decided_by) for one in await Held(database).list()}
    assert len(won.polls) == 3
    assert states in ({(HeldState.ACCEPTED, "Айгуль")}, {(HeldState.REJECTED, "Ержан")})
    ((state, name),) = states
    assert f"{name} has {state}" in str(told)


async def test_the_same_decision_again_is_answered_like_the_first_time(database: Database) -> None:
    spot = await replaced(database)
    decisions = Decisions(database)
    twice = [await decisions.accept(act(spot.meter, HoldReason.NEW_METER)) for _ in range(2)]
    assert twice[0] == twice[1]
    with pytest.raises(ReadingConflict, match="Айгуль has accepted"):
        await decisions.reject(act(spot.meter, HoldReason.NEW_METER))
    with pytest.raises(ReadingConflict, match="No poll of meter"):
        await decisions.reject(act(spot.meter, HoldReason.CLOCK_WRONG))
    with pytest.raises(ReadingConflict, match="not registered"):
        await decisions.reject(act(999, HoldReason.CLOCK_WRONG))


async def test_a_report_that_is_saved_again_is_held_once(database: Database) -> None:
    spot = await place(database)
    brought = poll(spot.meter, 1, HoldReason.CLOCK_WRONG)
    for _ in range(2):
        await Polls(database).save(brought)
    assert len(await Held(database).list()) == 1
    await Decisions(database).reject(act(spot.meter, HoldReason.CLOCK_WRONG))
    await Polls(database).save(brought)
    assert [one.state for one in await Held(database).list()] == [HeldState.REJECTED]


async def test_no_more_than_so_many_wait_of_one_meter(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "MOST_WAITING", 2)
    spot, neighbour = [await place(database, number) for number in (1, 2)]
    for number in range(1, 4):
        await Polls(database).save(poll(spot.meter, number, HoldReason.CLOCK_WRONG))
    await Polls(database).save(poll(neighbour.meter, 9, HoldReason.CLOCK_WRONG))
    assert [one.poll_id.int for one in await Held(database).list()] == [9, 2, 1]
    (last, *_) = await Polls(database).list(meter_id=spot.meter)
    assert last.id == UUID(int=3)
    assert "was not kept" in last.message
    assert len(await Polls(database).frames(last.id)) == 2
