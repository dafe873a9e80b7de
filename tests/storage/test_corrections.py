"""Corrections over stored readings: each says what befell the point since; sums are done here by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billing.answers import Answers
from billing.runs import Runner
from metering.billing_lines import BillingLine
from metering.billing_scope import BillingScope
from metering.calendar import ArchiveKind
from metering.plans import PollPlan
from metering.quantities import quantity
from metering.readings import ArchiveReadings, MeterValue
from metering.reported import Report, ReportSource
from storage.billing_rules import BillingRules
from storage.billing_runs import BillingRun, BillingRuns, RunRequest
from storage.polls import Polls
from storage.pool import Database
from storage.replacements import NewMeter, Replacement, Replacements
from storage.reported_readings import ReportedReadings
from tests.support.registry import DAY, HOUR, Place, place, reading, record, report

MONTH = date(2026, 1, 1)
OPENS, CLOSES = datetime(2025, 12, 23, 19, tzinfo=UTC), datetime(2026, 1, 23, 19, tzinfo=UTC)
"""The month at the point: from the midnight after the 23rd to that of the next, in the zone +05:00."""
NOW = datetime(2026, 2, 5, tzinfo=UTC)
BY = "A. Serikova"


class Bills:
    """One run of a point's month, and its corrections."""

    def __init__(self, database: Database, spot: Place) -> None:
        self.database, self.spot = database, spot
        self.now = NOW
        self.runs = BillingRuns(database)
        self.runner = Runner(database, Answers(database, lambda: self.now, PollPlan()), lambda: self.now)

    async def run(self, corrects: int | None = None) -> BillingRun:
        asked = await self.runs.create(RunRequest(MONTH, BillingScope(), BY, self.now, corrects))
        await self.runner.execute_waiting()
        run = await self.runs.get(asked.number)
        assert run is not None
        assert run.content_hash is not None, run.message
        return run

    async def corrected(self, run: BillingRun) -> list[tuple[list[str], str]]:
        """Of each line why, and by how much the value differs."""
        correction = await self.run(run.number)
        lines = await self.runs.lines(correction.number)
        return [(one.contents["because"], one.contents["difference"]["value"]) for one in lines]

    async def read(self, *archive: ArchiveReadings) -> None:
        await Polls(self.database).save(report(self.spot.meter, at=self.now, archive=archive))


def total(at: datetime, level: str) -> ArchiveReadings:
    return record(at, reading(level), kind=ArchiveKind.TOTAL)


@pytest.fixture
async def bills(database: Database) -> Bills:
    """A point without acts that is billed nevertheless, and its register at the month's beginning."""
    await BillingRules(database).put("", {"acts_required": "no"}, BY, NOW)
    bills = Bills(database, await place(database, installed_at=OPENS - 90 * DAY))
    await bills.read(total(OPENS, "100"))
    return bills


async def test_a_reported_reading_that_is_withdrawn(bills: Bills) -> None:
    readings = ReportedReadings(bills.database)
    told = Report(CLOSES, Decimal(390), ReportSource.PAPER)
    stored = await readings.enter(bills.spot.usage_point, told, BY, NOW)
    run = await bills.run()
    await readings.withdraw(stored.id, "another flat", BY, NOW)
    assert await bills.corrected(run) == [(["reported_reading"], "-290")]


async def test_a_late_archive(bills: Bills) -> None:
    await bills.read(total(CLOSES - DAY, "300"))
    run = await bills.run()
    await bills.read(total(CLOSES, "312.5"))
    assert await bills.corrected(run) == [(["late_reading"], "12.5")]


async def test_a_revised_reading(bills: Bills) -> None:
    await bills.read(total(CLOSES, "300"))
    run = await bills.run()
    bills.now += HOUR
    await bills.read(total(CLOSES, "301"))
    assert await bills.corrected(run) == [(["revised_reading"], "1")]


async def test_a_replacement_that_is_recorded_after_the_bill(bills: Bills) -> None:
    await bills.read(total(CLOSES, "300"))
    run = await bills.run()
    at = OPENS + 10 * DAY
    closing = MeterValue(quantity("energy_heating"), "Gcal", Decimal(150))
    opening = MeterValue(quantity("energy_heating"), "Gcal", Decimal(0))
    act = Replacement(bills.spot.meter, NewMeter("90000001"), at, BY, NOW, (closing,), (opening,))
    new = await Replacements(bills.database).replace(act)
    await Polls(bills.database).save(report(new.meter_id, at=NOW, archive=[total(CLOSES, "120")]))
    # 50 of the old meter and 120 of the new one, in place of 200.
    [(because, difference)] = await bills.corrected(run)
    assert (because[0], difference) == ("replacement", "-30")


async def test_time_alone_corrects_nothing(bills: Bills) -> None:
    bills.now = CLOSES - HOUR
    await bills.read(total(CLOSES - DAY, "300"))
    run = await bills.run()
    assert "not_over" in str((await bills.runs.lines(run.number))[0].contents)
    bills.now = NOW
    assert await bills.corrected(run) == []
    assert (await bills.run()).content_hash == run.content_hash


async def test_a_run_is_of_one_instant(bills: Bills, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is stored while its first page is answered is not in the second one."""
    second = await place(bills.database, 2, installed_at=OPENS - 90 * DAY)
    await bills.read(total(CLOSES, "300"))
    answers = Answers(bills.database, lambda: NOW, PollPlan())

    class Meanwhile:
        async def lines(
            self, scope: BillingScope, month: date, after: int, limit: int
        ) -> Sequence[BillingLine]:
            return await answers.lines(scope, month, after, 1)

    class Storing(BillingRuns):
        async def progress(self, *particulars: object) -> datetime:
            archive = [total(OPENS, "1"), total(CLOSES, "2")]
            await Polls(bills.database).save(report(second.meter, at=NOW, archive=archive))
            return await super().progress(*particulars)  # type: ignore[arg-type]

    monkeypatch.setattr("billing.runs.BillingRuns", Storing)
    bills.runner = Runner(bills.database, Meanwhile(), lambda: NOW)
    run = await bills.run()
    values = [one.contents["value"] for one in await bills.runs.lines(run.number)]
    assert values == ["200", None]


async def test_the_hash_depends_neither_on_the_pages_nor_on_the_order_of_arrival(
    bills: Bills, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five more points, read in two orders; their lines are made 1, 2 and 250 at a time."""
    spots = [await place(bills.database, number, installed_at=OPENS - 90 * DAY) for number in range(2, 7)]
    for number, spot in enumerate(spots):
        days = [total(OPENS + 10 * DAY, "150"), total(OPENS, "100"), total(CLOSES - DAY, f"{200 + number}")]
        for archive in days if number % 2 else reversed(days):
            await Polls(bills.database).save(report(spot.meter, at=NOW, archive=[archive]))
    hashes = set()
    for chunk in (1, 2, 250):
        monkeypatch.setattr("billing.runs.CHUNK", chunk)
        run = await bills.run()
        assert run.lines == 6
        hashes.add(run.content_hash)
    assert len(hashes) == 1
    alike = [one.contents for one in await bills.runs.lines(run.number)][1::2]
    assert [one["value"] for one in alike] == ["100", "102", "104"]
