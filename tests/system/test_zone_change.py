"""A meter polled across a change of its zone: every record in its UTC slot, none doubled, none lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import pytest

from collector.known_models import model_rows
from collector.line_settings import LineSettings
from collector.links.opening import open_link
from collector.links.url import LineUrl
from collector.poll import Poll
from collector.polled_meter import PolledMeter
from collector.serving import BookedArchives
from collector.session import Session
from metering.books import BookedMeter
from metering.calendar import ArchiveKind, MeterZone
from metering.completeness import CountedPeriod
from metering.plans import KindPlan, PollPlan
from metering.polls import HoldReason, Outcome
from simulators import fleet_file
from simulators.fleet import running_fleet
from storage.books import Books
from storage.completeness import Completeness
from storage.decisions import Act, Decisions
from storage.models import Models
from storage.polls import Polls
from storage.pool import Database
from storage.readings import Readings
from storage.redecoding import Wanted
from storage.usage_points import Registry
from storage.zones import Change, Zones
from teplo.composition import driver_for, random_source
from teplo.demo import oracle
from teplo.demo.site import RegisteredMeter
from teplo.redecoding import compare, write
from tests.system.house import line

BACK = "+06:00;2024-02-29T18:00:00Z=+05:00"
"""Kazakhstan on 1 March 2024: the last hour of 29 February came twice."""
FORWARD = "+05:00;2024-02-29T21:00:00Z=+06:00"
"""As summer time began: the third hour of 1 March never was."""
MIDNIGHT = datetime(2024, 2, 29, 18, tzinfo=UTC)
POLLED_AT = [MIDNIGHT + timedelta(hours=hours, minutes=30) for hours in (-30, -2, -1, 0, 1, 2, 3, 13, 31)]
PLAN = PollPlan(
    every=timedelta(minutes=20),
    archives={ArchiveKind.HOUR: KindPlan(48), ArchiveKind.DAY: KindPlan(3), ArchiveKind.TOTAL: KindPlan(4)},
)
WINDOWS = {ArchiveKind.HOUR: timedelta(hours=48), ArchiveKind.DAY: timedelta(days=3)}
METERS = {
    "modbus-rtu": ("termotronic-tv7 520117 3", "quiet=0&modbus.systems=1"),
    "vkt7": ("teplokom-vkt-7 12345 1", "quiet=0"),
}


@dataclass
class Present:
    """A clock that is set by hand."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass
class House:
    """One registered meter of a simulated line, polled for what is missing."""

    database: Database
    registered: RegisteredMeter
    present: Present
    allowed_drift: timedelta = PLAN.allowed_drift

    async def booked(self) -> BookedMeter:
        meter = await Registry(self.database).meter(self.registered.meter_id)
        assert meter is not None
        book = await Books(self.database).line(meter.line_id, PLAN, self.present())
        assert book is not None
        (booked,) = book.meters
        return booked

    async def poll(self, at: datetime) -> Outcome:
        self.present.now = at
        booked, url = await self.booked(), LineUrl.parse(self.registered.url)
        driver = driver_for(booked.model, url)
        asked = PolledMeter(
            booked.id,
            "",
            booked.address,
            MeterZone(booked.zone),
            archives=BookedArchives(booked, self.present),
            allowed_drift=self.allowed_drift,
        )
        link = await open_link(url, driver.info.line)
        try:
            session = Session(link, settings=LineSettings.of(url, driver.info.line), now=self.present)
            poll = Poll(session, driver, asked, identifier=uuid4(), collector="main", now=self.present)
            report = await poll.run()
        finally:
            await link.close()
        await Polls(self.database).save(report)
        return report.outcome


@asynccontextmanager
async def house(database: Database, protocol: str, zone: str) -> AsyncIterator[House]:
    """The meter is registered in the zone before the change; its clock is set over when the law says so."""
    meter, options = METERS[protocol]
    text = f'zone = "{zone}"\ninstalled_days_ago = 30\n' + line(protocol, meter).replace("quiet=0", options)
    present, registry = Present(POLLED_AT[0]), Registry(database)
    fleet = fleet_file.read(text, Path("test.toml"))
    async with running_fleet(fleet, now=present, random=random_source(1)) as running:
        (one,) = running.lines
        (simulated,) = one.meters
        line_id = await registry.add_line(one.url, one.endpoint)
        before, _, _ = zone.partition(";")
        site, name = await registry.add_site("S", "House"), simulated.model
        meter_id = await registry.add_meter(simulated.serial, name, simulated.address, line_id, before)
        point = await registry.add_usage_point("P", "Heat", site, zone)
        await registry.install(point, meter_id, 1, POLLED_AT[0] - timedelta(days=20))
        await database.rows("update meter set registered_at = $1", POLLED_AT[0])
        await Models(database).tell(model_rows())
        yield House(database, RegisteredMeter(meter_id, point, simulated, one.url), present)


async def decree(database: Database, zone: str) -> None:
    before, _, change = zone.partition(";")
    since, _, after = change.partition("=")
    law = Change(datetime.fromisoformat(since), after, "law")
    assert await Zones(database).change_by_law(before, law, POLLED_AT[0])


@pytest.mark.parametrize("protocol", METERS)
@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        (BACK, {date(2024, 2, 28): 24, date(2024, 2, 29): 24, date(2024, 3, 1): 24}),
        (FORWARD, {date(2024, 2, 28): 24, date(2024, 2, 29): 24, date(2024, 3, 1): 23}),
    ],
    ids=["put back", "put forward"],
)
async def test_every_record_lies_in_its_slot(
    database: Database, protocol: str, zone: str, hours: dict[date, int]
) -> None:
    """The meter has one stamp for both of a repeated hour: that day too has 24 records."""
    async with house(database, protocol, zone) as there:
        await decree(database, zone)
        assert {await there.poll(at) for at in POLLED_AT} == {Outcome.OK}
        await is_true(there)
        await is_without_overlap(there)
        assert await counted(there, hours) == {day: (wanted, wanted) for day, wanted in hours.items()}


async def test_until_the_law_is_entered_readings_are_held(database: Database) -> None:
    """Rejected then, they are read again into the right slots."""
    async with house(database, "modbus-rtu", BACK) as there:
        outcomes = [await there.poll(at) for at in POLLED_AT]
        assert [outcome is Outcome.OK for outcome in outcomes] == [at < MIDNIGHT for at in POLLED_AT]
        await decree(database, BACK)
        act = Act(there.registered.meter_id, HoldReason.CLOCK_WRONG, "A. Serikova", there.present())
        await Decisions(database).reject(act)
        assert await there.poll(POLLED_AT[-1] + timedelta(hours=1)) is Outcome.OK
        await is_true(there)
        await is_without_overlap(there)


async def test_a_law_that_is_entered_too_late_is_made_good(database: Database) -> None:
    """Where so much drift is allowed, records an hour off were stored: decoded again, they move."""
    async with house(database, "modbus-rtu", BACK) as there:
        there.allowed_drift = timedelta(hours=2)
        for at in POLLED_AT:
            await there.poll(at)
        await decree(database, BACK)
        wanted = Wanted(there.registered.meter.model, POLLED_AT[0], POLLED_AT[-1] + timedelta(days=1))
        for _ in range(2):
            findings = await compare(database, wanted, lambda done: None)
            assert findings.values
            await write(database, wanted, findings.changed, lambda done: None)
            if not (await compare(database, wanted, lambda done: None)).values:
                break
        await there.poll(POLLED_AT[-1] + timedelta(hours=1))
        await is_true(there)


async def is_true(there: House) -> None:
    now = there.present()
    readings = Readings(there.database)
    verdict = await oracle.compare_stored([there.registered], readings, now, now, WINDOWS, snapshots=False)
    assert (verdict.missing, verdict.wrong) == (0, 0), "\n".join(verdict.findings)
    assert verdict.expected >= 48


async def is_without_overlap(there: House) -> None:
    rows = await there.database.rows(
        "select distinct slot_start, slot_end from archive_value where kind = 'hour' order by 1"
    )
    lengths = [row["slot_end"] - row["slot_start"] for row in rows]
    assert all(earlier["slot_end"] == later["slot_start"] for earlier, later in pairwise(rows))
    repeated = [length for length in lengths if length != timedelta(hours=1)]
    assert repeated == ([timedelta(hours=2)] if there.registered.meter.zone == BACK else [])


async def counted(there: House, days: dict[date, int]) -> dict[date, tuple[int, int]]:
    zone = MeterZone(there.registered.meter.zone)
    midnights = [zone.to_utc(datetime(day.year, day.month, day.day)) for day in days]
    completeness, now = Completeness(there.database, PLAN), there.present()
    period = CountedPeriod(midnights[0], midnights[-1] + timedelta(hours=24), now)
    found = await completeness.counted(await completeness.watched(), period, {ArchiveKind.HOUR})
    return {one.wanted.day: (one.tally.wanted, one.tally.stored) for one in found if one.wanted.day in days}
