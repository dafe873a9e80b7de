"""The demo's result: everything stored and billed against the plant's truth, as figures."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from metering.calendar import ArchiveKind, MeterZone, slot_start
from metering.exact import decimal_text
from storage.polls import Polls, PollSummary
from storage.readings import Readings
from teplo.composition import clock
from teplo.demo.billing import Bill, BillingClient, compare_billed
from teplo.demo.oracle import Verdict, compare_stored
from teplo.demo.pushed import PushedVerdict
from teplo.demo.run import RunningDemo

ZONE = MeterZone("Asia/Almaty")


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the demo found; `findings` are examples in words of what is missing or wrong."""

    meters: int
    polls: int
    records_expected: int
    records_stored: int
    records_missing: int
    records_wrong: int
    snapshots_stored: int
    points_billed: int
    points_absent: int
    points_billed_wrong: int
    billed_gcal: str
    true_gcal: str
    resolution_gcal: str
    seconds_to_first_reading: float | None
    pushed_meters: int
    pushed_readings: int
    pushed_missing: int
    pushed_wrong: int
    findings: tuple[str, ...]

    @property
    def well(self) -> bool:
        """Whether nothing is missing and nothing wrong, and there was something to bill."""
        faults = self.records_missing + self.records_wrong + self.points_billed_wrong
        faults += self.pushed_missing + self.pushed_wrong
        return faults == 0 and self.points_billed > 0 and self.records_stored > 0

    def as_json(self) -> str:
        """The figures as one JSON object; heat is a decimal in text."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False)


async def judge(demo: RunningDemo) -> DemoResult:
    """Compare what is stored, and what the API bills for this month until now, with the plant."""
    readings = Readings(demo.database)
    now = clock()
    verdict = await compare_stored(demo.meters, readings, demo.started_at, now)
    by_point = {one.usage_point_id: one for one in demo.meters}
    lines = await BillingClient(demo.address, demo.key).consumption(_start_of_month(now), now)
    bill = await compare_billed(by_point, readings, lines)
    pushed = await demo.pushed.compared(readings)
    return _result(demo, verdict, bill, pushed, await Polls(demo.database).summary())


def _start_of_month(now: datetime) -> datetime:
    return ZONE.to_utc(slot_start(ArchiveKind.MONTH, ZONE.to_meter_time(now)))


def _result(
    demo: RunningDemo, verdict: Verdict, bill: Bill, pushed: PushedVerdict, polls: PollSummary
) -> DemoResult:
    return DemoResult(
        meters=len(demo.meters),
        polls=polls.polls,
        records_expected=verdict.expected,
        records_stored=verdict.stored,
        records_missing=verdict.missing,
        records_wrong=verdict.wrong,
        snapshots_stored=verdict.snapshots,
        points_billed=bill.points,
        points_absent=bill.absent,
        points_billed_wrong=len(bill.wrong),
        billed_gcal=decimal_text(bill.billed),
        true_gcal=decimal_text(round(bill.true, 12)),
        resolution_gcal=decimal_text(round(bill.resolution, 12)),
        seconds_to_first_reading=_seconds_until(polls.first_read_at, demo.started_at),
        pushed_meters=pushed.meters,
        pushed_readings=pushed.published,
        pushed_missing=pushed.missing,
        pushed_wrong=pushed.wrong,
        findings=(*verdict.findings, *bill.wrong),
    )


def _seconds_until(at: datetime | None, start: datetime) -> float | None:
    return None if at is None else (at - start).total_seconds()
