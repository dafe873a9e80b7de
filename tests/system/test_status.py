"""`teplo status` as an engineer uses it: a process of its own beside a database."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from storage.pool import Database
from teplo.composition import clock
from tests.support.archive import known_model, state
from tests.support.commands import teplo
from tests.support.registry import place

LONG = timedelta(days=5)
WIDEST = 100


@pytest.fixture
async def environment(database: Database, database_url: str) -> dict[str, str]:
    """A silent meter in the north, and one that was read an hour ago."""
    await known_model(database)
    silent, good = await place(database), await place(database, 2)
    await database.rows("update site set district = 'North'")
    await database.rows("update meter set registered_at = $1", datetime(2025, 1, 1, tzinfo=UTC))
    now = clock()
    await state(
        database, silent.meter, "meter_silent", now, 9, read_at=now - LONG, ok_at=now - LONG, level_at=now
    )
    await state(database, good.meter, "ok", now, read_at=now, ok_at=now, level_at=now)
    return {"TEPLO_DATABASE_URL": database_url, "COLUMNS": "100"}


async def shown(environment: dict[str, str], *arguments: str) -> str:
    code, output, errors = await teplo("status", *arguments, **environment)
    assert code == 0, errors
    return output


async def test_problems_for_people_in_their_language(environment: dict[str, str]) -> None:
    english = await shown(environment)
    assert "meter_silent" in english
    assert "00000001" in english
    assert "00000002" not in english
    assert max(map(len, english.splitlines())) <= WIDEST


async def test_problems_for_programs(environment: dict[str, str]) -> None:
    (problem,) = json.loads(await shown(environment, "problems", "--json"))
    assert (problem["kind"], problem["outcome"], problem["district"]) == ("not_read", "meter_silent", "North")
    assert problem["next_step"]


async def test_completeness_lines_and_polls(environment: dict[str, str]) -> None:
    completeness = json.loads(await shown(environment, "completeness", "--json"))
    assert {(one["kind"], one["wanted"], one["missing"]) for one in completeness} >= {("hour", 48, 48)}
    lines = json.loads(await shown(environment, "lines", "--json"))
    assert [(one["state"], one["silent"]) for one in lines] == [("up", 1), ("up", 0)]
    polls = json.loads(await shown(environment, "polls", "--json", "--most", "2"))
    assert sorted((one["outcome"], one["serial"]) for one in polls) == [
        ("meter_silent", "00000001"),
        ("ok", "00000002"),
    ]


@pytest.mark.parametrize("part", ["completeness", "lines", "polls"])
async def test_every_part_fits_a_narrow_terminal(environment: dict[str, str], part: str) -> None:
    output = await shown(environment, part)
    assert output.strip()
    assert max(map(len, output.splitlines())) <= WIDEST


async def test_a_site_without_problems_is_told_so(database: Database, database_url: str) -> None:
    nothing = {"TEPLO_DATABASE_URL": database_url, "TEPLO_LANGUAGE": "en"}
    assert (await shown(nothing)).strip() == "Nothing to do."
    assert json.loads(await shown(nothing, "--json")) == []


async def test_a_line_is_recognised_in_a_narrow_terminal(
    environment: dict[str, str], database: Database
) -> None:
    url = "tcp://gateway-of-a-long-name.example:4001"
    await database.rows("update line set url = $1 where id = (select min(id) from line)", f"{url}?timeout=1")
    output = await shown(environment | {"COLUMNS": "80"}, "lines")
    first = "".join(row.split()[0] for row in output.splitlines() if row[1:2].strip() and "─" not in row)
    assert url in first
