"""A month billed: our runs, the least that SQL could say, and the reading of the rows alone, in one run.

    python -m bench.billing [--points 300] [--only-energy]

Every usage point has its register at each midnight and all its hours, with masses and temperatures unless
`--only-energy` is given. The least is one statement that subtracts registers, without checks, reasons or
origins; reading every row of the month into Python is the physical limit of whoever checks hours.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from billing.answers import Answers
from billing.runs import Runner
from metering.billing_lines import Status
from metering.billing_scope import BillingScope
from metering.plans import PollPlan
from storage.billing_runs import BillingRuns, RunRequest
from storage.pool import Database
from teplo.migrate import migrate
from teplo.postgres import EmbeddedPostgres

SETTINGS: Final = {"fsync": "off", "synchronous_commit": "off"}
MONTH: Final = date(2026, 1, 1)
NOW: Final = datetime(2026, 2, 2, tzinfo=UTC)
START, END = datetime(2025, 12, 31, 19, tzinfo=UTC), datetime(2026, 1, 31, 19, tzinfo=UTC)
PAGE: Final = 100
AN_HOUR: Final = Decimal("0.042")
"""Gcal that each point takes."""
EVERYBODY: Final = BillingScope()
ENERGY: Final = "energy_heating"
OF_HOURS: Final = {
    ENERGY: (AN_HOUR, "Gcal"),
    "mass_supply": (Decimal("2.1"), "t"),
    "mass_return": (Decimal("2.1"), "t"),
    "temperature_supply": (Decimal(70), "degC"),
    "temperature_return": (Decimal(50), "degC"),
}
"""2.1 tonnes that cool by 20 K bring 0.042 Gcal."""

_REGISTRY: Final = (
    "insert into site (code, name) select 'site-' || n, 'House ' || n from generate_series(1, $1::integer) n",
    "insert into usage_point (code, name, site_id, zone, factor_set, billed_quantity) "
    "select code, name, id, '+05:00', 'exact', 'energy_heating' from site where $1 > 0",
    "insert into billing_period (usage_point_id, month, starts_at, ends_at) "
    "select id, date '2026-01-01', timestamptz '2026-01-01 00:00+05', timestamptz '2026-02-01 00:00+05' "
    "from usage_point where $1 > 0",
    "insert into line (url, endpoint) select 'tcp://10.0.0.1:' || n, '10.0.0.1:' || n "
    "from generate_series(1, $1::integer) n",
    "insert into meter (serial, model, address, line_id, zone) "
    "select id::text, 'kamstrup-multical-601', '1', id, '+05:00' from line where $1 > 0",
    "insert into installation (usage_point_id, meter_id, circuit, installed_at) "
    "select id, id, 1, timestamptz '2025-09-01' from meter where $1 > 0",
    "insert into component (meter_id, kind, type, serial, since, verification_due) "
    "select id, 'calculator', 'calculator', serial, date '2025-09-01', date '2029-09-01' "
    "from meter where $1 > 0",
    "insert into act (number, kind, usage_point_id, meter_id, at, contents, entered_by, entered_at) "
    "select 'A-' || id, 'admission', id, id, timestamptz '2025-09-01', '{}', 'bench', now() "
    "from meter where $1 > 0",
    "insert into poll (id, meter_id, collector, started_at, finished_at, outcome, message) "
    "select gen_random_uuid(), id, 'bench', timestamptz '2026-02-01', timestamptz '2026-02-01', 'ok', '' "
    "from meter where $1 > 0",
)
_VALUES: Final = """
insert into archive_value (meter_id, kind, slot_start, circuit, quantity, slot_end, meter_time,
    value, raw_value, raw_unit, factor, factor_set, flags, poll_id, frame)
select poll.meter_id, $1, at, 1, $2, at + $3::interval, at at time zone '+05:00',
    reading, reading, $4, 1, 'exact', '{}', poll.id, 1
from poll
cross join generate_series($5::timestamptz, $6::timestamptz, $3::interval) at
cross join lateral (select $7::numeric + $8::numeric * extract(epoch from at - $5) / 3600) as told (reading)
"""
_LEAST: Final = """
select installation.usage_point_id, last.value - first.value
from installation
join archive_value first on first.meter_id = installation.meter_id and first.kind = 'total'
    and first.slot_start = $1 and first.quantity = 'energy_heating'
join archive_value last on last.meter_id = installation.meter_id and last.kind = 'total'
    and last.slot_start = $2 and last.quantity = 'energy_heating'
"""
_ROWS: Final = """
select meter_id, kind, slot_start, slot_end, quantity, value from archive_value
where slot_start >= $1 and slot_start <= $2
"""


async def fill(database: Database, points: int, quantities: dict[str, tuple[Decimal, str]]) -> None:
    """A month of usage points that all take the same."""
    for statement in _REGISTRY:
        await database.rows(statement, points)
    hour, day = timedelta(hours=1), timedelta(days=1)
    await database.rows(_VALUES, "total", ENERGY, day, "Gcal", START, END, Decimal(0), AN_HOUR)
    for name, (value, unit) in quantities.items():
        await database.rows(_VALUES, "hour", name, hour, unit, START, END - hour, value, Decimal(0))
    await database.rows("analyze")


async def run(database: Database, points: int) -> None:
    """A run with everything that it looks at, frozen and hashed."""
    made = await BillingRuns(database).create(RunRequest(MONTH, EVERYBODY, "bench", NOW))
    await Runner(database, answers(database), lambda: NOW).execute_waiting()
    done = await BillingRuns(database).get(made.number)
    assert done is not None and done.totals is not None and done.lines == points, done
    assert Decimal(done.totals["total"][0]["billed"]) == points * AN_HOUR * 24 * 31, done.totals


async def pages(database: Database, points: int) -> None:
    """The same lines as a client of the API asks for them."""
    after, count = 0, 0
    while page := await answers(database).lines(EVERYBODY, MONTH, after, PAGE):
        assert {line.status for line in page} == {Status.MEASURED}, page[0]
        after, count = page[-1].usage_point_id, count + len(page)
    assert count == points


async def least(database: Database, points: int) -> None:
    rows = await database.rows(_LEAST, START, END)
    assert sum(row[1] for row in rows) == points * AN_HOUR * 24 * 31


async def read(database: Database, points: int) -> None:
    assert len(await database.rows(_ROWS, START, END)) >= points * 32


def answers(database: Database) -> Answers:
    return Answers(database, lambda: NOW, PollPlan())


@asynccontextmanager
async def filled(points: int, quantities: dict[str, tuple[Decimal, str]]) -> AsyncIterator[Database]:
    with tempfile.TemporaryDirectory(prefix="teplo-bench-") as folder:
        server = EmbeddedPostgres(Path(folder), settings=SETTINGS)
        url = await asyncio.to_thread(server.start)
        try:
            await migrate(url)
            async with Database(url, timeout=600.0) as database:
                await fill(database, points, quantities)
                yield database
        finally:
            await asyncio.to_thread(server.stop)


async def seconds(work: Awaitable[None]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def measure(points: int, quantities: dict[str, tuple[Decimal, str]]) -> None:
    async with filled(points, quantities) as database:
        ways = {"billing run": run, f"pages of {PAGE}": pages, "one statement": least, "rows read": read}
        took = {name: await seconds(way(database, points)) for name, way in ways.items()}
    for name, lasted in took.items():
        print(f"{name:<16}{lasted:>9.2f} s{points / lasted:>12.0f} points/s")
    print(f"billing run : rows read       {took['billing run'] / took['rows read']:.1f}")
    print(f"billing run : one statement   {took['billing run'] / took['one statement']:.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description="A month billed.")
    parser.add_argument("--points", type=int, default=300)
    parser.add_argument("--only-energy", action="store_true", help="hours without masses and temperatures")
    given = parser.parse_args()
    quantities = {ENERGY: OF_HOURS[ENERGY]} if given.only_energy else OF_HOURS
    asyncio.run(measure(given.points, quantities))


if __name__ == "__main__":
    main()
