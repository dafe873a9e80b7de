"""A winter of 300 usage points: what is billed reconciles with the plant, whatever befell its meters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from billing.answers import Answers
from billing.runs import Runner
from metering.billing_content import FrozenLine
from metering.billing_lines import Status
from metering.billing_scope import BillingScope
from metering.exact import exact_sum
from metering.plans import PollPlan
from metering.reported import Report, ReportSource
from storage.billing_runs import BillingRun, BillingRuns, RunRequest, RunState, StoredLine
from storage.polls import Polls
from storage.pool import Database
from storage.reported_readings import ReportedReadings
from tests.season.history import (
    FIRST,
    LAST,
    Historian,
    batches,
    hour_records,
    late_registers,
    live,
    registers,
)
from tests.season.judge import billable, findings, truth
from tests.season.registry import Registered, register, replace_meter, withdraw
from tests.season.town import INSTALLED_AT, MONTHS, REPLACED_AT, WITHDRAWN_AT, Fate, points

NOW = datetime(2026, 4, 2, tzinfo=UTC)
JANUARY = MONTHS[2]
EVERYBODY = BillingScope()
MIDNIGHT_AFTER = datetime(2026, 1, 8, 19, tzinfo=UTC)
DAY = timedelta(days=1)
EXPECTED = {
    Fate.NOTHING: {Status.MEASURED},
    Fate.REPLACED: {Status.REPORTED},
    Fate.WITHDRAWN: {Status.MEASURED, Status.NOT_ADMISSIBLE},
    Fate.UNVERIFIED: {Status.NOT_ADMISSIBLE},
    Fate.NEVER_ADMITTED: {Status.NOT_ADMISSIBLE},
    Fate.RECORDS: {Status.CALCULATED},
    Fate.REPORTED: {Status.REPORTED},
}
"""Of January; the registers of a replaced meter were read off by a person."""
WITH_HOURS = frozenset({Fate.LATE, Fate.RECORDS, Fate.LOST})


@dataclass
class Season:
    """The town, its bills, and the meters that hang there since when, where they were replaced."""

    database: Database
    town: dict[int, Registered]
    historian: Historian
    runs: dict[date, BillingRun] = field(default_factory=dict)
    now_there: dict[int, tuple[int, datetime]] = field(default_factory=dict)

    async def bill(self, month: date) -> BillingRun:
        """A billing run of everybody; the first one of a month is the one that counts."""
        run = await self._executed(month)
        lines = await BillingRuns(self.database).newest(run.number, 0, None)
        assert run.totals is not None and run.lines == len(lines)
        assert Decimal(run.totals["total"][0]["billed"]) == _billed(lines)
        self.runs.setdefault(month, run)
        return run

    async def correct(self, run: BillingRun) -> list[StoredLine]:
        """A correction run; its items."""
        correction = await self._executed(run.month, run.number)
        return await BillingRuns(self.database).lines(correction.number, limit=1000)

    async def newest(self, month: date) -> list[FrozenLine]:
        """The lines of a month with everything that corrected them."""
        return await BillingRuns(self.database).newest(self.runs[month].number, 0, None)

    async def store(self, one: Registered, start: datetime, end: datetime) -> None:
        """What its meter's registers were from one midnight to another, as far as they come through."""
        meter_id, since = self.now_there.get(one.id, (one.meter_id, INSTALLED_AT))
        told = self.historian.report(meter_id, end, registers(one.point, start, end, since))
        await Polls(self.database).save(told)

    async def store_late(self) -> None:
        """What could not be read before."""
        for one in self.town.values():
            if one.point.fate is Fate.LATE:
                late = self.historian.report(one.meter_id, NOW, late_registers(one.point))
                await Polls(self.database).save(late)

    async def _executed(self, month: date, corrects: int | None = None) -> BillingRun:
        runs = BillingRuns(self.database)
        made = await runs.create(RunRequest(month, EVERYBODY, "Season", NOW, corrects))
        answers = Answers(self.database, lambda: NOW, PollPlan())
        await Runner(self.database, answers, lambda: NOW).execute_waiting()
        run = await runs.get(made.number)
        assert run is not None and run.state is RunState.READY, run and run.message
        return run


async def autumn(database: Database) -> Season:
    """The town, and what its meters told until the first of them was replaced."""
    town = await register(points(), database)
    season = Season(database, {one.id: one for one in town}, Historian())
    reports = [
        season.historian.report(one.meter_id, REPLACED_AT, registers(one.point, FIRST, REPLACED_AT))
        for one in town
    ]
    for batch in batches(reports):
        await Polls(database).save_many(batch)
    return season


async def january(season: Season) -> None:
    """What happens to the points until January has closed everywhere; some are out of reach then."""
    for one in season.town.values():
        database, point = season.database, one.point
        if point.fate is Fate.REPLACED:
            season.now_there[one.id] = await replace_meter(one, database), REPLACED_AT
        if point.fate is Fate.WITHDRAWN:
            shown = season.historian.report(one.meter_id, WITHDRAWN_AT, snapshots=[live(point, WITHDRAWN_AT)])
            await Polls(database).save(shown)
            await withdraw(one, database)
        if point.fate in WITH_HOURS:
            await Polls(database).save(season.historian.report(one.meter_id, NOW, hour_records(point)))
        if point.fate is Fate.REPORTED:
            report = Report(point.closing, point.level(point.closing), ReportSource.CALL_CENTRE)
            await ReportedReadings(database).enter(one.id, report, "Season", NOW)
        await season.store(one, MIDNIGHT_AFTER, point.closing + DAY)


async def spring(season: Season) -> None:
    """The rest of the winter."""
    for one in season.town.values():
        await season.store(one, one.point.closing + 2 * DAY, LAST)


@pytest.mark.timeout(400)
async def test_a_winter_is_billed_as_the_plant_gave_heat(database: Database) -> None:
    season = await autumn(database)
    await january(season)
    for month in MONTHS[:3]:
        await season.bill(month)
    _check_statuses(await season.newest(JANUARY), season, {Status.ESTIMATED})
    await spring(season)
    for month in MONTHS[3:]:
        await season.bill(month)
    await _check_corrections(season, {Fate.LATE, Fate.LOST})
    _check_statuses(await season.newest(JANUARY), season, {Status.SUBSTITUTED})
    await season.store_late()
    await _check_corrections(season, {Fate.LATE})
    again = [await season.bill(JANUARY) for _ in range(2)]
    assert again[0].content_hash == again[1].content_hash != season.runs[JANUARY].content_hash
    assert await season.correct(season.runs[JANUARY]) == [], "what was corrected stays so"


async def _check_corrections(season: Season, fates: set[Fate]) -> None:
    """What became known changes no run; it comes as corrections: the difference to the last digit."""
    concerned = {one.id for one in season.town.values() if one.point.fate in fates}
    before = {month: await season.newest(month) for month in MONTHS}
    for month in MONTHS[1:4]:
        items = [one.contents for one in await season.correct(season.runs[month])]
        changed = {(one["after"] or one["before"])["usage_point_id"] for one in items}
        assert changed <= concerned and (month is not JANUARY or changed == concerned)
        difference = exact_sum(Decimal(one["difference"]["billed"]) for one in items)
        assert difference == _billed(await season.newest(month)) - _billed(before[month])
    await _check_against_the_plant(season)


async def _check_against_the_plant(season: Season) -> None:
    """Line by line, and of every point all months together: they are its winter."""
    winter = [line for month in MONTHS for line in await season.newest(month)]
    assert not list(findings(winter, season.town))
    sums: dict[int, list[Decimal]] = {}
    for line in winter:
        assert line.billable == billable(line, season.town[line.usage_point_id].point), line.content
        sums.setdefault(line.usage_point_id, []).append(line.value or Decimal(0))
    for usage_point_id, values in sums.items():
        point = season.town[usage_point_id].point
        assert exact_sum(values) == truth(point, point.closings[0], point.closings[-1]), point.code


def _check_statuses(lines: list[FrozenLine], season: Season, unread: set[Status]) -> None:
    """Each fate has its word; `unread`: that of points whose registers did not come through."""
    assert not list(findings(lines, season.town))
    words: dict[Fate, set[Status]] = {fate: set() for fate in Fate}
    for line in lines:
        words[season.town[line.usage_point_id].point.fate].add(line.status)
    assert words == EXPECTED | {Fate.LATE: unread, Fate.LOST: unread}


def _billed(lines: Iterable[FrozenLine]) -> Decimal:
    return exact_sum(line.billed for line in lines)
