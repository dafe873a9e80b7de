"""Acts are numbered in their series, annulled and never changed; what billing needs comes in one question."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from metering.acts import ActEntry, ActKind, Contents, Header
from metering.admission import InstalledComponent
from metering.calendar import BillingPeriod
from metering.components import Component, ComponentKind
from metering.errors import ReadingConflict
from metering.evidence import DISQUALIFYING
from metering.meters import MeterIdentity
from metering.polls import HoldReason, Outcome
from metering.signals import SignalLevel, SignalReport, SignalSource
from storage.acts import Acts, Annulment, NewAct
from storage.components import Components, StoredComponent
from storage.live_polls import LivePolls
from storage.modems import Modems
from storage.polls import Polls
from storage.pool import Database, acting
from storage.signals import Signals
from storage.usage_points import Registry
from tests.support.registry import DAY, HOUR, START, Place, place, reading, report, snapshot

ENTERED = datetime(2026, 2, 1, 9, tzinfo=UTC)
CONTENTS = Contents(serial="00000001", header=Header("1204", "КСК Абай"), to_do="Утеплить.")
CALCULATOR = Component(ComponentKind.CALCULATOR, "ТВ7", "00000001", "А-1", date(2023, 1, 1), date(2027, 1, 1))
FLOW = Component(ComponentKind.FLOW_SUPPLY, "ПРЭМ", "518")


def new(here: Place, kind: ActKind = ActKind.ADMISSION, **other: object) -> NewAct:
    act = NewAct(kind, here.usage_point, here.meter, START, CONTENTS, "engineer", ENTERED)
    return replace(act, **other)  # type: ignore[arg-type]


async def test_an_act_is_kept_as_it_was_signed(database: Database) -> None:
    acts, here = Acts(database), await place(database)
    stored = await acts.register(new(here))
    assert (stored.number, stored.kind, stored.contents) == ("ОПУ-АД-1", ActKind.ADMISSION, CONTENTS)
    assert (stored.at, stored.entered_by, stored.entered_at) == (START, "engineer", ENTERED)
    assert await acts.get(stored.id) == await acts.of_number("ОПУ-АД-1") == stored
    assert await acts.get(stored.id + 1) is None


async def test_each_series_counts_for_itself_and_goes_on_after_a_number_given_by_hand(
    database: Database,
) -> None:
    acts, here = Acts(database), await place(database)
    by_hand = [(ActKind.ADMISSION, "ОПУ-АД-41"), (ActKind.WITHDRAWAL, "old/7"), (ActKind.WITHDRAWAL, "")]
    numbers = [(await acts.register(new(here, kind, number=number))).number for kind, number in by_hand]
    numbers += [(await acts.register(new(here, kind))).number for kind in ActKind]
    assert numbers == ["ОПУ-АД-41", "old/7", "ОПУ-АИ-1", "ОПУ-АД-42", "ОПУ-АИ-2", "ОПУ-ТО-1"]


async def test_a_number_is_given_once_also_to_those_who_register_at_one_time(database: Database) -> None:
    acts, here = Acts(database), await place(database)
    stored = await asyncio.gather(*(acts.register(new(here)) for _ in range(5)))
    assert {one.number for one in stored} == {f"ОПУ-АД-{number}" for number in range(1, 6)}
    with pytest.raises(ReadingConflict, match="ОПУ-АД-3 is taken"):
        await acts.register(new(here, number="ОПУ-АД-3"))


async def test_an_act_is_annulled_once_with_its_reason(database: Database) -> None:
    acts, here = Acts(database), await place(database)
    stored = await acts.register(new(here))
    annulment = Annulment(ENTERED + HOUR, "chief", "wrong entrance")
    annulled = await acts.annul(stored.id, annulment)
    again = await acts.annul(stored.id, Annulment(ENTERED + DAY, "somebody", "another reason"))
    assert annulled == again == replace(stored, annulled=annulment)
    assert await acts.of_points([here.usage_point]) == {}
    assert await acts.annul(stored.id + 1, annulment) is None


async def test_the_journal_says_who_entered_and_who_annulled(database: Database) -> None:
    acts, here = Acts(database), await place(database)
    acting("engineer")
    stored = await acts.register(new(here))
    acting("chief")
    await acts.annul(stored.id, Annulment(ENTERED, "chief", "wrong entrance"))
    rows = await database.rows("select changed_by from registry_change where subject = 'act' order by id")
    assert [row["changed_by"] for row in rows] == ["engineer", "chief"]


async def test_acts_are_listed_newest_first_page_by_page(database: Database) -> None:
    acts, here, there = Acts(database), await place(database), await place(database, 2)
    first = await acts.register(new(here))
    second = await acts.register(new(here, ActKind.WITHDRAWAL))
    other = await acts.register(new(there))
    assert await acts.list() == [other, second, first]
    assert await acts.list(here.usage_point) == [second, first]
    assert await acts.list(kind=ActKind.ADMISSION) == [other, first]
    assert await acts.list(after=other.id, limit=1) == [second]


async def test_the_acts_of_a_page_of_points_come_in_the_order_in_which_they_count(
    database: Database,
) -> None:
    acts, here, there = Acts(database), await place(database), await place(database, 2)
    await acts.register(new(here, ActKind.WITHDRAWAL, at=START + DAY))
    await acts.register(new(here))
    await acts.register(new(here, ActKind.ADMISSION, at=START + DAY))
    found = await acts.of_points([here.usage_point, there.usage_point, 999])
    assert found == {
        here.usage_point: [
            ActEntry("ОПУ-АД-1", ActKind.ADMISSION, START),
            ActEntry("ОПУ-АИ-1", ActKind.WITHDRAWAL, START + DAY),
            ActEntry("ОПУ-АД-2", ActKind.ADMISSION, START + DAY),
        ]
    }


async def test_components_come_with_the_time_in_which_their_meter_was_installed(
    database: Database,
) -> None:
    acts, here, elsewhere = Acts(database), await place(database), await place(database, 2)
    since = date(2025, 6, 1)
    for meter in (here.meter, elsewhere.meter):
        await Components(database).put(meter, StoredComponent(CALCULATOR, since))
    await Registry(database).remove(here.usage_point, here.meter, START + 10 * DAY)
    span = InstalledComponent(CALCULATOR, since, None, START, START + 10 * DAY)
    asked = [here.usage_point]
    assert await acts.components_of_points(asked, BillingPeriod(START, START + DAY)) == {
        here.usage_point: [span]
    }
    assert await acts.components_of_points(asked, BillingPeriod(START + 10 * DAY, START + 20 * DAY)) == {}


async def test_a_point_with_its_meter_and_what_is_fitted_to_it_that_day(database: Database) -> None:
    here, polls = await place(database), LivePolls(database)
    components = Components(database)
    await components.put(here.meter, StoredComponent(FLOW, date(2026, 1, 5)))
    await components.put(here.meter, StoredComponent(CALCULATOR, date(2025, 1, 1)))
    before, after = [await polls.point(here.usage_point, START + days * DAY) for days in (2, 6)]
    assert before is not None
    assert after is not None
    assert before.registered.components == (CALCULATOR,)
    assert after.registered.components == (CALCULATOR, FLOW)
    assert (after.meter_id, after.circuit, after.registered.serial) == (here.meter, 1, "00000001")
    assert after.registered.header.name == "Отопление"
    assert await polls.point(999, START) is None


async def test_of_two_meters_the_one_that_was_installed_then(database: Database) -> None:
    here, registry, polls = await place(database), Registry(database), LivePolls(database)
    await registry.remove(here.usage_point, here.meter, START + 5 * DAY)
    other = await registry.add_meter("77", "kamstrup-multical-403", "2", here.line, "+05:00")
    await registry.install(here.usage_point, other, 1, START + 6 * DAY)
    asked = [START - DAY, START + DAY, START + 5 * DAY, START + 7 * DAY]
    found = [await polls.point(here.usage_point, at) for at in asked]
    assert [one.meter_id for one in found if one] == [other, here.meter, other, other]


async def test_what_one_poll_brought_of_a_circuit(database: Database) -> None:
    here, polls = await place(database), LivePolls(database)
    told = (
        reading("12.5"),
        reading(None, "mass_supply"),
        reading("3", "energy_total", circuit=2),
        reading("-1", "mass_return", flags=[min(DISQUALIFYING)]),
    )
    identity = {"identity": MeterIdentity(serial="00000001")}
    live = report(here.meter, snapshots=[snapshot(START, *told)], particulars=identity)
    later = report(here.meter, at=START + HOUR, snapshots=[snapshot(START + HOUR, reading("13"))])
    await Polls(database).save_many((live, later))
    found = await polls.poll(live.id, here.meter, 1)
    assert found is not None
    assert (found.read_at, found.serial, found.held) == (START, "00000001", "")
    assert found.values == {"energy_heating": Decimal("12.5")}
    assert await polls.poll(live.id, here.meter + 1, 1) is None
    assert await polls.newest(here.meter) == later.id
    assert await polls.newest(here.meter + 1) is None


async def test_a_held_poll_says_why_it_is_held(database: Database) -> None:
    here = await place(database)
    held = report(
        here.meter, snapshots=[snapshot(START, reading("1"))], particulars={"held": HoldReason.CLOCK_WRONG}
    )
    await Polls(database).save(held)
    found = await LivePolls(database).poll(held.id, here.meter, 1)
    assert found is not None
    assert (found.held, found.values) == ("clock_wrong", {})


async def test_a_poll_in_which_the_meter_said_nothing_fills_nothing(database: Database) -> None:
    here = await place(database)
    silent = replace(report(here.meter), outcome=Outcome.METER_SILENT)
    await Polls(database).save(silent)
    assert await LivePolls(database).poll(silent.id, here.meter, 1) is None
    assert await LivePolls(database).newest(here.meter) is None


async def test_how_a_meter_is_reached_and_the_last_level_of_its_modem(database: Database) -> None:
    registry, modems, polls = Registry(database), Modems(database), LivePolls(database)
    here = await place(database)
    await modems.add_pool("main")
    called = await registry.add_line("csd:+77015550001?pool=main", "+77015550001", pool="main")
    meter = await registry.add_meter("5", "kamstrup-multical-403", "1", called, "+05:00")
    modem = await database.value("select id from modem where line_id = $1", called)
    levels = [
        SignalLevel(START + number * timedelta(hours=1), SignalSource.SURVEY, SignalReport("CSQ", level))
        for number, level in enumerate((Decimal(-90), Decimal(-71), None))
    ]
    await Signals(database).add(modem, levels)
    assert (await polls.reached(here.meter)).network_address == "10.0.0.1:4001"
    found = await polls.reached(meter)
    assert (found.phone, found.network_address, found.signal_level) == ("+77015550001", "", Decimal(-71))
