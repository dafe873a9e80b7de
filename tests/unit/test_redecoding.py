"""Every protocol's polls, through the faults of the field, decoded again from their frames alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from random import Random

import pytest

from collector.gaps import ArchivePlan
from collector.redecoding import PastPoll, redecode
from collector.replay import Renumbered
from metering.calendar import ArchiveKind, slot_at
from metering.errors import CalledOff
from metering.polls import Outcome, PollReport
from protocols import catalogue
from simulators.fleet import running_fleet
from tests.support.one_meter import Case, first_of_each
from tests.support.past_meter import NOW, ZONE, PastMeter, driver_of, ticking

pytestmark = pytest.mark.usefixtures("short_pauses")

WANTED = {ArchiveKind.HOUR: 6, ArchiveKind.DAY: 3, ArchiveKind.MONTH: 1, ArchiveKind.TOTAL: 2}
POLLS = 3
"""With the faults of this seed every meter brings something in one of them."""


def past(meter: PastMeter, report: PollReport) -> PastPoll:
    """What is kept of this poll."""
    return PastPoll(
        id=report.id,
        meter_id=report.meter_id,
        address=meter.line.meters[0].address,
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


def renumbered(meter: PastMeter) -> Renumbered:
    return catalogue.families()[meter.driver.info.protocol].renumbered


def brought(report: PollReport) -> tuple[object, ...]:
    """All but which late bytes had been heard when a record was complete."""
    archive, gaps = ([replace(one, frame=0) for one in each] for each in (report.archive, report.gaps))
    return archive, report.snapshots, gaps, report.identity, report.configuration


@pytest.mark.parametrize("case", [case.through("tcp", "field") for case in first_of_each()], ids=str)
async def test_the_same_driver_reads_the_same_from_the_frames(case: Case) -> None:
    """A new driver numbers its questions anew, the frames are numbered as they were."""
    now, wanted = ticking(), ArchivePlan(WANTED)
    async with running_fleet(case.fleet(), now=lambda: NOW, random=Random(3)) as fleet:
        meter = PastMeter(fleet.lines[0], driver_of(fleet.lines[0]))
        reports = [await meter.poll(now, wanted) for _ in range(POLLS)]
    assert any(report.snapshots for report in reports)
    for report in reports:
        again = await redecode(past(meter, report), driver_of(meter.line), renumbered(meter))
        assert brought(again.report) == brought(report)
        assert again.unasked is None
        assert (again.error is None) == (report.outcome is Outcome.OK)


MODBUS = next(case for case in first_of_each() if case.protocol == "modbus-rtu")


async def test_what_was_not_asked_then_is_named_and_what_came_before_it_is_kept() -> None:
    async with running_fleet(MODBUS.fleet(), now=lambda: NOW, random=Random(3)) as fleet:
        meter = PastMeter(fleet.lines[0], driver_of(fleet.lines[0]))
        report = await meter.poll(ticking(), ArchivePlan({ArchiveKind.HOUR: 2}))
    (hours,) = report.asked
    more = replace(hours, slots=(*hours.slots, slot_at(ArchiveKind.HOUR, datetime(2026, 1, 1))))
    kept = replace(past(meter, report), asked=(hours, more))
    again = await redecode(kept, meter.driver, renumbered(meter))
    assert isinstance(again.error, CalledOff)
    assert again.unasked is not None
    assert brought(again.report)[:2] == brought(report)[:2]


@pytest.mark.parametrize("left", [1, 3, 5])
async def test_a_poll_that_was_cut_ends_where_its_frames_do(left: int) -> None:
    async with running_fleet(MODBUS.fleet(), now=lambda: NOW, random=Random(3)) as fleet:
        meter = PastMeter(fleet.lines[0], driver_of(fleet.lines[0]))
        report = await meter.poll(ticking(), ArchivePlan({ArchiveKind.HOUR: 2}))
    kept = replace(past(meter, report), frames=report.frames[:left], outcome=Outcome.LINE_LOST)
    again = await redecode(kept, meter.driver, renumbered(meter))
    assert again.error is not None
    assert again.unasked is None
