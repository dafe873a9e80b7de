"""A table of reported readings: a dry run tells of every bad row, and nothing is stored by halves."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from metering.errors import ConfigurationError
from metering.reported_rows import MOST_ROWS, BadRow, reported_rows
from storage.pool import Database
from storage.reported_imports import ReportedImports
from storage.reported_readings import ReportedReadings
from tests.support.registry import DAY, START, place

NOW = START + 40 * DAY
GOOD = """usage_point;at;value;unit;source;meter;note
point-1;2026-01-24T00:00:00;"1 234,5";;whatsapp;00000001;по фото

point-1;2026-01-25T00:00:00+05:00;100000;kWh;paper;;
"""
BAD = """usage_point,at,value,source,meter,circuit,quantity
point-1,2026-01-24T00:00:00Z,1234,whatsapp,,,
point-9,2026-01-24T00:00:00Z,1,whatsapp,,,
point-1,24.01.2026,1,whatsapp,,,
point-1,2026-01-24T00:00:00Z,-1,whatsapp,,,
point-1,2026-01-24T00:00:00Z,1,pigeon,,,
point-1,2026-01-24T00:00:00Z,,sms,,,
point-1,2026-01-24T00:00:00Z,1,sms,777,,
point-1,2027-01-24T00:00:00Z,1,sms,,,
point-1,2026-01-24T00:00:00Z,1235,whatsapp,,,
point-1,2026-01-24T00:00:00Z,1,sms,,0,
point-1,2026-01-24T00:00:00Z,1,sms,,,power
point-1,2026-01-24T00:00:00Z,1,sms,,,,,,
"""
WHY = {
    3: "No usage point has the code 'point-9'",
    4: "write it like 2026",
    5: "write a register",
    6: "source is 'pigeon'",
    7: "value is empty",
    8: "No meter 777",
    9: "in the future",
    10: "has entered 1234 Gcal",
    11: "circuit is '0'",
    12: "quantity is 'power'",
    13: "10 cells under 7 headings",
}


async def stored(database: Database) -> list[tuple[datetime, Decimal, str]]:
    rows = await database.rows("select at, value, note from reported_reading order by at")
    return [tuple(row) for row in rows]


async def test_a_table_is_taken_over_once(database: Database) -> None:
    spot = await place(database)
    rows, bad = reported_rows(GOOD)
    imports = ReportedImports(database)
    assert (bad, await imports.take_over(rows, "A. Serikova", NOW, dry_run=True)) == ([], [])
    assert await stored(database) == []
    for _ in range(2):
        assert await imports.take_over(rows, "A. Serikova", NOW, dry_run=False) == []
    local_midnight = datetime(2026, 1, 23, 19, tzinfo=UTC)
    # A kilowatt hour is 3600 kJ, a gigacalorie 4186800 kJ; twelve places are kept.
    exact = (Decimal(100000 * 3600) / Decimal(4186800)).quantize(Decimal("1e-12"))
    first, second = await stored(database)
    assert first == (local_midnight, Decimal("1234.5"), "по фото")
    assert second == (local_midnight + DAY, exact, "")
    page = await ReportedReadings(database).page(spot.usage_point, START, NOW)
    assert [one.entered_by for one in page] == ["A. Serikova"] * 2


async def test_every_bad_row_is_told_and_none_is_stored(database: Database) -> None:
    await place(database)
    rows, bad = reported_rows(BAD)
    bad += await ReportedImports(database).take_over(rows, "A. Serikova", NOW, dry_run=False)
    assert {one.number for one in bad} == set(WHY)
    assert all(re.search(re.escape(WHY[one.number]), one.why) for one in bad), bad
    assert await stored(database) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Missing: at, source, usage_point, value"),
        ("usage_point,at,value,source,colour\n", "not known: colour"),
        ("usage_point,at,value,source,at\n", "each once"),
        ("usage_point,at,value,source\n" + "x,x,x,x\n" * (MOST_ROWS + 1), "more than 5000 rows"),
        ("usage_point,at,value,source\n" + "x" * 200_000, "no table of text"),
    ],
)
def test_a_table_that_is_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        reported_rows(text)


def test_a_cell_may_not_be_a_book() -> None:
    rows, bad = reported_rows(f"usage_point,at,value,source,note\np,2026-01-24T00:00Z,1,sms,{'x' * 201}\n")
    assert (rows, bad) == ([], [BadRow(2, bad[0].why)])
    assert "longer than 200" in bad[0].why
