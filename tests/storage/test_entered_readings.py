"""The report on entered readings (Almaty, appendix 8): every building counts once, by what is stored of it.

The bill of January closes at the midnight before the first of February; a register counts within 36 hours.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from billing.entries import district_entries
from metering.acts import ActKind, Contents
from metering.areas import Area
from metering.billing_scope import BillingScope
from metering.plans import Closing, PollPlan
from metering.readings import SnapshotReadings
from metering.report_rows import DistrictEntries
from metering.reported import Report, ReportSource
from reports.sheets.readings_entry import readings_entry
from storage.acts import Acts, Annulment, NewAct
from storage.polls import Polls
from storage.pool import Database
from storage.reported_readings import ReportedReadings
from storage.usage_points import Registry
from tests.api.network import energy, report

CLOSING = datetime(2026, 2, 1, tzinfo=UTC)
LONG_AGO, NOW = datetime(2025, 9, 1, tzinfo=UTC), datetime(2026, 2, 3, tzinfo=UTC)
JANUARY = date(2026, 1, 1)
PLAN = PollPlan(closing=Closing(day=1, hour=0))


class Town:
    """Buildings are added one by one, each with what is known of its readings."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.registry = Registry(database)
        self.count = 0

    async def building(self, centre: str, district: str, *points: str) -> None:
        """`points`: of each, how its reading comes, in the order of the building's usage points."""
        number = self.count = self.count + 1
        area = {"service_centre": centre, "district": district}
        site = await self.registry.add_site(f"S{number}", f"{number}", **area)
        for place, story in enumerate(points):
            code = f"UP-{number}-{place}"
            point = await self.registry.add_usage_point(code, code, site, "+00:00")
            endpoint = f"10.0.0.{number}:{place + 1}"
            line = await self.registry.add_line(f"tcp://{endpoint}", endpoint)
            meter = await self.registry.add_meter(code, "kamstrup-multical-403", "1", line, "+00:00")
            await self.registry.install(point, meter, 1, LONG_AGO)
            for part in story.split(" + "):
                await getattr(self, part.replace(" ", "_"))(point, meter)

    async def nothing(self, point: int, meter: int) -> None:
        """Neither a reading nor an act."""

    async def read_in_time(self, point: int, meter: int) -> None:
        await self._read(meter, CLOSING - timedelta(hours=35))

    async def read_too_early(self, point: int, meter: int) -> None:
        await self._read(meter, CLOSING - timedelta(hours=37))

    async def reported(self, point: int, meter: int) -> None:
        told = Report(CLOSING + timedelta(hours=10), energy("5").value or 0, ReportSource.PAPER)
        await ReportedReadings(self.database).enter(point, told, "A. Serikova", NOW)

    async def reported_in_vain(self, point: int, meter: int) -> None:
        await self.reported(point, meter)
        (entered,) = await ReportedReadings(self.database).page(point, LONG_AGO, NOW, limit=10)
        await ReportedReadings(self.database).withdraw(entered.id, "mistyped", "A. Serikova", NOW)

    async def withdrawn(self, point: int, meter: int) -> None:
        await self._act(ActKind.WITHDRAWAL, point, meter, CLOSING - timedelta(days=9))

    async def admitted_again(self, point: int, meter: int) -> None:
        await self._act(ActKind.ADMISSION, point, meter, CLOSING - timedelta(days=3))

    async def withdrawn_in_vain(self, point: int, meter: int) -> None:
        number = await self._act(ActKind.WITHDRAWAL, point, meter, CLOSING - timedelta(days=9))
        await Acts(self.database).annul(number, Annulment(NOW, "A. Serikova", "another meter was meant"))

    async def _read(self, meter: int, at: datetime) -> None:
        snapshot = SnapshotReadings(at, None, (energy("100000"),), 2)
        await Polls(self.database).save(report(uuid4(), meter, at, snapshots=[snapshot]))

    async def _act(self, kind: ActKind, point: int, meter: int, at: datetime) -> int:
        act = NewAct(kind, point, meter, at, Contents("1"), "A. Serikova", NOW)
        return (await Acts(self.database).register(act)).id


@pytest.fixture
async def town(database: Database) -> Town:
    """Ten buildings in three districts, two of which have the same name."""
    town = Town(database)
    await town.building("North", "Medeu", "read in time")
    await town.building("North", "Medeu", "read too early")
    await town.building("North", "Medeu", "reported", "read in time")
    await town.building("North", "Medeu", "reported", "nothing")
    await town.building("North", "Auezov", "withdrawn")
    await town.building("North", "Auezov", "withdrawn", "read in time")
    await town.building("North", "Auezov", "withdrawn + admitted again")
    await town.building("South", "Medeu", "reported in vain")
    await town.building("South", "Medeu", "withdrawn in vain")
    await town.building("", "", "read in time")
    return town


AUEZOV = DistrictEntries("North", "Auezov", entered=1, withdrawn=1, waiting=1)
MEDEU_OF_NORTH = DistrictEntries("North", "Medeu", entered=2, withdrawn=0, waiting=2)
MEDEU_OF_SOUTH = DistrictEntries("South", "Medeu", entered=0, withdrawn=0, waiting=2)
NOWHERE = DistrictEntries("", "", entered=1, withdrawn=0, waiting=0)


async def test_buildings_are_counted_by_what_is_stored(town: Town) -> None:
    counted = await district_entries(town.database, PLAN, BillingScope(), JANUARY)
    assert counted == [NOWHERE, AUEZOV, MEDEU_OF_NORTH, MEDEU_OF_SOUTH]
    north = BillingScope(Area.of("North", None))
    assert await district_entries(town.database, PLAN, north, JANUARY) == [AUEZOV, MEDEU_OF_NORTH]


def test_the_sheet_adds_them_up() -> None:
    """In all, entered, not entered, withdrawn, still to be entered."""
    entries = [NOWHERE, AUEZOV, MEDEU_OF_NORTH, MEDEU_OF_SOUTH]
    (section,) = readings_entry(entries, JANUARY, "en", NOW, lambda text: text).sections
    assert section.table is not None
    rows = [[cell.value for cell in row.cells] for row in section.table.rows()]
    assert [row[1:] for row in rows] == [
        [1, 1, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [3, 1, 2, 1, 1],
        [4, 2, 2, 0, 2],
        [7, 3, 4, 1, 3],
        [2, 0, 2, 0, 2],
        [2, 0, 2, 0, 2],
        [10, 4, 6, 1, 5],
    ]
    assert rows[-1][0] == "In all"
