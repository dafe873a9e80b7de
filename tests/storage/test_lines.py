"""Homes of lines, and who was still serving them when the database came back."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from uuid import uuid4

from storage.collectors import Collectors
from storage.lines import Lines
from storage.pool import Database
from storage.usage_points import Registry

LIFE = timedelta(minutes=5)


async def alive(database: Database, *names: str) -> None:
    for name in names:
        assert await Collectors(database).claim(name, uuid4(), LIFE)


async def unheard(database: Database, name: str, since: timedelta) -> None:
    await database.rows(
        "update collector set seen_at = now() - $2::interval, alive_until = now() - $2::interval "
        "where name = $1",
        name,
        since,
    )


async def lines_of(database: Database, number: int) -> list[int]:
    registry = Registry(database)
    return [await registry.add_line(f"tcp://h:{n}", f"h:{n}") for n in range(number)]


async def homes(database: Database) -> dict[int, str | None]:
    return {row["id"]: row["home"] for row in await database.rows("select id, home from line order by id")}


async def test_lines_are_shared_out_evenly_and_stay(database: Database) -> None:
    lines, ours = Lines(database), await lines_of(database, 7)
    await lines.assign_homes(LIFE)
    assert set((await homes(database)).values()) == {None}
    await alive(database, "north", "south")
    await lines.assign_homes(LIFE)
    settled = await homes(database)
    assert sorted(Counter(settled.values()).values()) == [3, 4]
    assert await lines.homes("north") == {line for line in ours if settled[line] == "north"}
    await alive(database, "west")
    await lines.assign_homes(LIFE)
    assert await homes(database) == settled


async def test_homes_move_only_when_nothing_was_heard_for_long_enough(database: Database) -> None:
    lines, ours = Lines(database), await lines_of(database, 4)
    await alive(database, "north", "south")
    await lines.assign_homes(LIFE)
    settled = await homes(database)
    await unheard(database, "north", LIFE - timedelta(minutes=1))
    await lines.assign_homes(LIFE)
    assert await homes(database) == settled
    await unheard(database, "north", LIFE + timedelta(minutes=1))
    await lines.assign_homes(LIFE)
    assert await lines.homes("south") == set(ours)


async def test_a_line_that_one_collector_reaches_is_at_home_there(database: Database) -> None:
    registry, lines = Registry(database), Lines(database)
    await database.rows("insert into modem_pool (name, collector) values ('main', 'pools')")
    bound = await registry.add_line("serial:/dev/ttyS0", "/dev/ttyS0", "far")
    called = await registry.add_line("csd:+7701", "+7701", pool="main")
    inbound = await registry.add_line("inbound:356938035643809", "356938035643809")
    await database.rows("update modem set held_by = 'north', held_since = now() where line_id = $1", inbound)
    await alive(database, "north", "south")
    await lines.assign_homes(LIFE)
    expected = {bound: "far", called: "pools", inbound: "north"}
    assert await homes(database) == expected
    await lines.assign_homes(LIFE)
    assert await homes(database) == expected


async def test_a_line_that_another_one_visits_is_left_alone(database: Database) -> None:
    lines, (one, two) = Lines(database), await lines_of(database, 2)
    await alive(database, "north", "south")
    await lines.begin_visits("north", [one, two])
    assert await lines.is_anothers(one, "south", None)
    assert not await lines.is_anothers(one, "north", None)
    await lines.begin_visits("north", [two])
    assert not await lines.is_anothers(one, "south", None)
    assert await lines.is_anothers(two, "south", None)
    await unheard(database, "north", LIFE)
    assert not await lines.is_anothers(two, "south", None)
    await alive(database, "north")
    await lines.begin_visits("north", [])
    assert not await lines.is_anothers(two, "south", None)


async def test_who_has_not_been_heard_of_since_may_be_at_its_homes(database: Database) -> None:
    lines, (line,) = Lines(database), await lines_of(database, 1)
    await alive(database, "north")
    await lines.assign_homes(LIFE)
    await alive(database, "south")
    await unheard(database, "north", timedelta(seconds=30))
    back_for = timedelta(seconds=10)
    assert await lines.is_anothers(line, "south", back_for)
    assert not await lines.is_anothers(line, "north", back_for)
    assert not await lines.is_anothers(line, "south", None)
    await database.rows("update collector set seen_at = now() where name = 'north'")
    assert not await lines.is_anothers(line, "south", back_for)


async def test_who_has_too_many_lines_gives_some_away(database: Database) -> None:
    lines, ours = Lines(database), await lines_of(database, 9)
    await alive(database, "north")
    await lines.assign_homes(LIFE)
    assert await lines.surplus("north") == set()
    await alive(database, "south", "west")
    given = await lines.surplus("north")
    assert given == set(ours[3:])
    await lines.release("south", given)
    assert await lines.homes("north") == set(ours), "only who has them gives them away"
    await lines.release("north", given)
    await lines.assign_homes(LIFE)
    assert Counter((await homes(database)).values()) == {"north": 3, "south": 3, "west": 3}
    assert [await lines.surplus(name) for name in ("north", "south", "west")] == [set(), set(), set()]


async def test_what_one_collector_alone_reaches_is_never_given_away(database: Database) -> None:
    registry, lines = Registry(database), Lines(database)
    for number in range(4):
        await registry.add_line(f"serial:/dev/ttyS{number}", f"/dev/ttyS{number}", "north")
    free = await registry.add_line("tcp://h:1", "h:1")
    await alive(database, "north")
    await lines.assign_homes(LIFE)
    await alive(database, "south")
    assert await lines.surplus("north") == {free}


async def test_one_line_more_is_no_reason_to_move(database: Database) -> None:
    lines, _ = Lines(database), await lines_of(database, 3)
    await alive(database, "north", "south")
    await lines.assign_homes(LIFE)
    assert not await lines.surplus("north") | await lines.surplus("south")
