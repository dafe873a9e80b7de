"""A whole poll of a VKT-7 whose measurement scheme changed this morning: nothing is lost by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from collector.gaps import ArchivePlan
from collector.line_settings import LineSettings
from collector.links.fake import Arrival, FakeLink
from collector.poll import Poll
from collector.polled_meter import PolledMeter
from collector.session import Session
from metering.calendar import ArchiveKind, MeterZone
from metering.polls import Outcome, PollReport
from protocols.vendor.vkt7.driver import Vkt7Driver
from simulators.vendor.vkt7.meter import Vkt7Meter
from tests.instant_loop import run_instantly
from tests.support.plant import NOW
from tests.unit.teplokom_memory import memory

ZONE = MeterZone("+05:00")
WANTED = {ArchiveKind.HOUR: 12, ArchiveKind.DAY: 3, ArchiveKind.MONTH: 1, ArchiveKind.TOTAL: 1}


async def polled(meter: Vkt7Meter) -> PollReport:
    def peer(data: bytes) -> Iterator[Arrival]:
        answer = meter.hear(data)
        if answer is not None:
            yield Arrival(answer)

    link = FakeLink(peer)
    await link.open()
    try:
        return await Poll(
            Session(link, settings=LineSettings(quiet=0.0), now=lambda: NOW),
            Vkt7Driver(),
            PolledMeter(1, meter.serial, meter.address, ZONE, archives=ArchivePlan(WANTED)),
            identifier=UUID(int=1),
            collector="test",
            now=lambda: NOW,
        ).run()
    finally:
        await link.close()


def test_a_poll_reads_the_records_of_both_schemes() -> None:
    meter = Vkt7Meter("teplokom-vkt-7", 7, "00123456", memory(), scheme_changed_at=datetime(2026, 2, 10, 5))
    report = run_instantly(polled(meter))
    assert (report.outcome, report.message) == (Outcome.OK, "")
    read = {(record.kind, ZONE.to_meter_time(record.slot.start)): record for record in report.archive}
    assert {kind: sum(each is kind for each, _ in read) for kind in WANTED} == WANTED
    for (kind, start), record in read.items():
        truths = meter.truth_archive(kind, start)
        assert truths is not None
        values = {(one.quantity.name, one.circuit): one.value for one in record.readings}
        assert values.keys() == truths.keys(), f"{kind} {start}"
        assert all(truths[key].admits(value) for key, value in values.items() if value is not None)
        assert (("pressure_supply", 1) in values) is (kind is ArchiveKind.HOUR and start.hour >= 5)
