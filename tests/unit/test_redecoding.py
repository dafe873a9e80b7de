"""Every protocol's polls, through the faults of the field, decoded again from their frames alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from uuid import UUID

import pytest

from collector.gaps import ArchivePlan
from collector.line_settings import LineSettings
from collector.links.opening import open_link
from collector.links.url import LineUrl
from collector.poll import Poll, PolledMeter
from collector.redecoding import PastPoll, redecode
from collector.session import Session
from metering.calendar import ArchiveKind, MeterZone
from metering.errors import CalledOff
from metering.polls import Outcome, PollReport
from protocols import catalogue
from protocols.driver import Driver
from simulators.fleet import FleetLine, running_fleet
from tests.support.one_meter import Case, first_of_each

NOW = datetime(2026, 2, 10, 9, 17, 30, tzinfo=UTC)
ZONE = "+05:00"
WANTED = {ArchiveKind.HOUR: 6, ArchiveKind.DAY: 3, ArchiveKind.MONTH: 1, ArchiveKind.TOTAL: 2}
POLLS = 3


def ticking() -> Callable[[], datetime]:
    """Every look at the clock is a millisecond later than the one before."""
    ticks = count()
    return lambda: NOW + next(ticks) * timedelta(milliseconds=1)


@dataclass
class House:
    """One meter on a line of its own."""

    line: FleetLine
    driver: Driver

    async def poll(self, now: Callable[[], datetime], wanted: ArchivePlan) -> PollReport:
        url, (meter,) = LineUrl.parse(self.line.url), self.line.meters
        link = await open_link(url, self.driver.info.line)
        try:
            session = Session(link, settings=LineSettings.of(url, self.driver.info.line), now=now)
            asked = PolledMeter(1, "", meter.address, MeterZone(ZONE), archives=wanted)
            poll = Poll(session, self.driver, asked, identifier=UUID(int=1), collector="test", now=now)
            return await poll.run()
        finally:
            await link.close()

    def past(self, report: PollReport) -> PastPoll:
        """What is kept of this poll."""
        return PastPoll(
            id=report.id,
            meter_id=report.meter_id,
            address=self.line.meters[0].address,
            zone=ZONE,
            collector=report.collector,
            started_at=report.started_at,
            finished_at=report.finished_at,
            outcome=report.outcome,
            findings=report.findings,
            frames=report.frames,
            asked=report.asked,
            factor_sets={},
            read_at={one.frame: one.read_at for one in report.snapshots},
        )

    def renew(self, case: Case) -> None:
        """The driver as another process would make it: it numbers its questions anew."""
        url = LineUrl.parse(self.line.url)
        self.driver = catalogue.driver(case.model, framing=url.framing, choices=url.choices)

    def renumbered(self, frame: bytes, like: bytes) -> bytes:
        return catalogue.families()[self.driver.info.protocol].renumbered(frame, like)


def brought(report: PollReport) -> tuple[object, ...]:
    """All but which late bytes had been heard when a record was complete."""
    archive, gaps = ([replace(one, frame=0) for one in each] for each in (report.archive, report.gaps))
    return archive, report.snapshots, gaps, report.identity, report.configuration


@pytest.mark.parametrize("case", [case.through("tcp", "field") for case in first_of_each()], ids=str)
async def test_the_same_driver_reads_the_same_from_the_frames(case: Case) -> None:
    now, wanted = ticking(), ArchivePlan(WANTED)
    async with running_fleet(case.fleet(), now=lambda: NOW, random=Random(3)) as fleet:
        (line,) = fleet.lines
        url = LineUrl.parse(line.url)
        house = House(line, catalogue.driver(case.model, framing=url.framing, choices=url.choices))
        reports = [await house.poll(now, wanted) for _ in range(POLLS)]
    assert any(report.snapshots for report in reports)
    for report in reports:
        house.renew(case)
        again = await redecode(house.past(report), house.driver, house.renumbered)
        assert brought(again.report) == brought(report)
        assert again.unasked is None
        assert (again.error is None) == (report.outcome is Outcome.OK)
