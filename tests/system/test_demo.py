"""The demo's result, and that its oracle sees what is missing, wrong or invented."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from simulators.push import SENDERS
from storage.pool import Database
from storage.readings import Readings
from teplo.composition import clock
from teplo.demo import oracle
from teplo.demo.pushed import HOURS, pushing
from teplo.settings import Settings
from tests.support.commands import teplo
from tests.system.house import HEAD, collector, line, running_house, until
from tests.system.test_collector import MODBUS, WINDOWS

KEYS = {
    "meters",
    "polls",
    "records_expected",
    "records_stored",
    "records_missing",
    "records_wrong",
    "billed_gcal",
    "true_gcal",
    "seconds_to_first_reading",
    "pushed_readings",
}


async def test_the_demo_agrees_with_the_plant(tmp_path: Path) -> None:
    fleet, result = tmp_path / "fleet.toml", tmp_path / "out.json"
    fleet.write_text(
        HEAD
        + line("m-bus", "landis-gyr-uh50 70444600 2", "minol-minocal 31425084 3", front="pty")
        + line("modbus-tcp", "vzlet-tsrv-024m 1100341 1")
    )
    code, output, errors = await teplo("demo", "--for", "2", "--json", str(result), "--fleet", str(fleet))
    assert (code, errors) == (0, ""), output
    figures = json.loads(result.read_text())
    assert figures.keys() >= KEYS
    assert (figures["meters"], figures["points_billed"]) == (3, 3)
    assert figures["records_missing"] == figures["records_wrong"] == 0
    assert figures["records_expected"] > 48 + 30 + 30
    assert (figures["pushed_meters"], figures["pushed_readings"]) == (len(SENDERS), len(SENDERS) * HOURS)
    assert figures["pushed_missing"] == figures["pushed_wrong"] == 0
    assert figures["seconds_to_first_reading"] > 0
    difference = Decimal(figures["billed_gcal"]) - Decimal(figures["true_gcal"])
    assert abs(difference) <= Decimal(figures["resolution_gcal"]) < Decimal("0.01")
    assert "http://127.0.0.1:" in output


@pytest.mark.parametrize(
    ("damage", "missing", "wrong"),
    [
        ("delete from archive_value where kind = 'day'", 3, 0),
        (
            "update archive_value set value = value + 1 where kind = 'day' and quantity = 'energy_heating'",
            0,
            3,
        ),
        (
            "update archive_value set slot_start = slot_start - interval '9 years' where kind = 'day'",
            3,
            3,
        ),
        ("update snapshot_value set value = value * 1.01 where quantity = 'mass_supply'", 0, 2),
    ],
    ids=["lost", "altered", "invented", "snapshot"],
)
async def test_the_oracle_sees_what_was_done_to_the_readings(
    database: Database, damage: str, missing: int, wrong: int
) -> None:
    async with running_house(database, MODBUS) as (fleet, meters):
        since = clock()
        for line_id in range(1, 1 + len(fleet.lines)):
            await collector(database).serve_line(line_id)
        before = await oracle.compare_stored(meters, Readings(database), since, clock(), WINDOWS)
        await database.value(damage)
        after = await oracle.compare_stored(meters, Readings(database), since, clock(), WINDOWS)
    assert (before.missing, before.wrong) == (0, 0)
    assert (after.missing, after.wrong >= wrong, after.wrong > 0) == (missing, True, wrong > 0)


@pytest.mark.parametrize(
    ("damage", "missing", "wrong"),
    [
        ("delete from snapshot_value where read_at = (select max(read_at) from snapshot_value)", 10, 0),
        ("update snapshot_value set value = value + 0.001 where quantity = 'energy_heating'", 0, 240),
    ],
    ids=["lost", "altered"],
)
async def test_what_is_pushed_is_compared_too(
    database: Database, damage: str, missing: int, wrong: int
) -> None:
    async with pushing(database, Settings(), clock(), Random(2)) as pushed:
        readings = Readings(database)

        async def arrived() -> bool:
            return await pushed.behind(readings) == 0

        await until(arrived)
        before = await pushed.compared(readings)
        await database.value(damage)
        after = await pushed.compared(readings)
    assert (before.published, before.missing, before.wrong) == (len(SENDERS) * HOURS, 0, 0)
    assert (after.missing, after.wrong) == (missing, wrong)
