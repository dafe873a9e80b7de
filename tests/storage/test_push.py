"""Whose pushed readings are, dead letters, and regional collectors, on a real database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from storage.collectors import Collectors
from storage.modems import Modems
from storage.polls import Polls
from storage.pool import Database
from storage.push import LONGEST_PAYLOAD, MOST_LETTERS, DeadLetters, PushingMeters
from storage.regional import RegionalCollector, RegionalCollectors
from storage.usage_points import Registry
from tests.support import registry as made
from tests.support.modems import inbound_line
from tests.support.registry import DAY, HOUR, START

SERIAL = "70444600"


async def pushing(database: Database, source: str = "wmbusmeters", model: str = "landis-gyr-uh50") -> int:
    """A meter on the line of a source, installed at a usage point that converts like Kyiv."""
    registry = Registry(database)
    site = await registry.add_site("site", "Школа")
    point = await registry.add_usage_point(f"point-{model}", "ИТП", site, "+05:00", factor_set="kyivenergo")
    line = await registry.add_line(f"mqtt:{source}", source)
    meter = await registry.add_meter(SERIAL, model, SERIAL, line, "+05:00", polled=False)
    await registry.install(point, meter, 1, START)
    return meter


async def test_a_meter_is_found_by_source_and_serial_with_its_factor_sets(database: Database) -> None:
    meter = await pushing(database)
    meters = PushingMeters(database)
    (found,) = await meters.find("wmbusmeters", SERIAL, START + DAY)
    assert (found.id, found.serial, found.zone) == (meter, SERIAL, "+05:00")
    assert found.factor_sets == {1: "kyivenergo"}
    (before,) = await meters.find("wmbusmeters", SERIAL, START - DAY)
    assert before.factor_sets == {}
    assert await meters.find("chirpstack", SERIAL, START) == []
    assert await meters.find("wmbusmeters", "1", START) == []


async def test_one_serial_of_two_models_is_two_meters(database: Database) -> None:
    await pushing(database)
    registry = Registry(database)
    line = await registry.add_line("mqtt:wmbusmeters", "wmbusmeters")
    await registry.add_meter(SERIAL, "kamstrup-multical-303", SERIAL, line, "+05:00", polled=False)
    assert len(await PushingMeters(database).find("wmbusmeters", SERIAL, START)) == 2


async def test_a_level_is_compared_with_what_was_read_before_it(database: Database) -> None:
    meter = await pushing(database)
    for hours, level in ((1, "10"), (3, "30")):
        at = START + hours * HOUR
        snapshot = made.snapshot(at, made.reading(level))
        await Polls(database).save(made.report(meter, at=at, snapshots=(snapshot,)))
    meters = PushingMeters(database)
    late = await meters.levels_before(meter, START + 2 * HOUR)
    assert [one.value for one in late] == [Decimal(10)]
    newest = await meters.levels_before(meter, START + 4 * HOUR)
    assert [one.value for one in newest] == [Decimal(30)]


async def test_a_dead_letter_that_comes_again_is_counted(database: Database) -> None:
    letters = DeadLetters(database)
    await letters.add("a/b", b"rubbish", "no JSON", START)
    await letters.add("a/b", b"rubbish", "no JSON at all", START + HOUR)
    await letters.add("a/c", b"rubbish", "no JSON", START)
    first, second = await letters.list()
    assert (first.topic, first.times, first.first_at, first.last_at) == ("a/b", 2, START, START + HOUR)
    assert (first.payload, first.reason) == (b"rubbish", "no JSON at all")
    assert second.topic == "a/c"
    assert await letters.forget(START) == 1
    assert [one.topic for one in await letters.list()] == ["a/b"]


async def test_dead_letters_are_bounded(database: Database) -> None:
    letters = DeadLetters(database)
    most = [(f"t/{n}", b"x", "why", START + timedelta(seconds=n)) for n in range(MOST_LETTERS + 5)]
    await letters.add_all(most)
    kept = await letters.list(MOST_LETTERS + 100)
    assert len(kept) == MOST_LETTERS
    assert kept[-1].topic == "t/5"


async def test_a_dead_letter_may_hold_anything(database: Database) -> None:
    letters = DeadLetters(database)
    payload = b"\0\xff" * LONGEST_PAYLOAD
    await letters.add("zero\0\ud800", payload, "why\0" * 1000, START)
    (kept,) = await letters.list()
    assert kept.size == len(payload)
    assert kept.payload == payload[:LONGEST_PAYLOAD]
    assert "\0" not in kept.topic + kept.reason


async def test_the_later_word_of_a_regional_collector_counts(database: Database) -> None:
    regional = RegionalCollectors(database)
    late = RegionalCollector("north", True, START + HOUR, 3, 4000, START)
    await regional.heard(late, {})
    await regional.heard(RegionalCollector("north", True, START), {})
    assert await regional.list() == [late]
    await regional.unheard("north")
    (lost,) = await regional.list()
    assert not lost.online
    assert lost.spool_entries == 3


async def test_a_modem_that_is_connected_to_a_regional_collector_is_not_away(database: Database) -> None:
    regional, modems = RegionalCollectors(database), Modems(database)
    ours = await inbound_line(database, "356938035643809")
    theirs = await inbound_line(database, "356938035643817")
    await database.rows("update line set collector = 'north' where id = $1", ours.line_id)
    both = {ours.modem_id: "10.1.1.1", theirs.modem_id: "10.1.1.2"}
    online = RegionalCollector("north", True, START)
    await regional.heard(online, both)
    assert await _states(modems, both) == [("north", "connected", "10.1.1.1"), (None, "away", "")]
    await regional.heard(replace(online, heard_at=START - HOUR), {})
    await regional.heard(replace(online, heard_at=START + HOUR), both)
    assert (await _states(modems, both))[0][1] == "connected"
    await regional.unheard("north")
    assert (await _states(modems, both))[0][1] == "away", "nobody knows"
    await regional.heard(replace(online, heard_at=START + 2 * HOUR), {})
    assert await _states(modems, both) == [(None, "away", "10.1.1.1"), (None, "away", "")]


async def test_a_modem_that_went_over_to_a_collector_with_a_database_is_its(database: Database) -> None:
    line = await inbound_line(database)
    await database.rows("update line set collector = 'north'")
    await Collectors(database).claim("south", UUID(int=1), timedelta(hours=1))
    await Modems(database).hold([(line.modem_id, "10.1.1.2")], "south", START)
    here = {line.modem_id: "10.1.1.1"}
    await RegionalCollectors(database).heard(RegionalCollector("north", True, START), here)
    assert await _states(Modems(database), here) == [("south", "connected", "10.1.1.2")]


async def _states(modems: Modems, ids: Iterable[int]) -> list[tuple[str | None, str, str]]:
    found = [await modems.modem(modem_id) for modem_id in ids]
    return [(one.held_by, one.state, one.address) for one in found if one is not None]
