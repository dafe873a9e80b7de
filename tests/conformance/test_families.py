"""One suite over every simulated model: polled through the faults of the field, it says what the plant did.

Every model is read over TCP, the first model of each protocol over a pseudo terminal as well; the first ones
through the faults of the field, since their conversation is that of the whole family. The clock stands
still, so that what is read can be judged to the last digit that the wire carries.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from uuid import uuid4

import pytest

from collector.gaps import ArchivePlan, ArchiveRequest
from collector.line_settings import LineSettings
from collector.links.opening import open_link
from collector.links.url import LineUrl
from collector.poll import Poll
from collector.polled_meter import PolledMeter
from collector.session import Session
from metering.calendar import ArchiveKind, MeterSlot, MeterZone
from metering.polls import PollReport
from metering.readings import ArchiveReadings, Reading
from protocols import catalogue
from protocols.driver import Driver, DriverInfo
from simulators.families import SimulatedFamily, simulated_families
from simulators.fleet import FleetLine, FleetMeter, running_fleet
from simulators.truth import Truths
from tests.support.one_meter import Case, first_of_each, simulated

NOW = datetime(2026, 2, 10, 9, 17, 30, tzinfo=UTC)
ZONE = "+05:00"
WANTED = {ArchiveKind.HOUR: 10, ArchiveKind.DAY: 4, ArchiveKind.MONTH: 2, ArchiveKind.TOTAL: 4}
MOST_POLLS = 25
"""Under the faults of the field a poll of a hundred questions seldom comes through whole."""

CURRENT_VALUES_ONLY = frozenset({"tem05", "sku02"})
"""Protocols whose references carry no archive."""


def cases() -> list[Case]:
    """Every simulated model over TCP; the first of each protocol through faults, and over a pty, too."""
    first = first_of_each()
    through_faults = [case.through(front, "field") for case in first for front in ("tcp", "pty")]
    return through_faults + [case for case in simulated() if case not in first]


@dataclass(slots=True)
class Reader:
    """Polls one meter again and again, and keeps what it brought."""

    line: FleetLine
    driver: Driver
    zone: MeterZone = field(default_factory=lambda: MeterZone(ZONE))
    reports: list[PollReport] = field(default_factory=list)

    @property
    def meter(self) -> FleetMeter:
        return self.line.meters[0]

    async def poll(self) -> PollReport:
        url = LineUrl.parse(self.line.url)
        link = await open_link(url, self.driver.info.line)
        try:
            session = Session(link, settings=LineSettings.of(url, self.driver.info.line), now=lambda: NOW)
            asked = Poll(
                session,
                self.driver,
                PolledMeter(0, self.meter.serial, self.meter.address, self.zone, archives=self),
                identifier=uuid4(),
                collector="test",
                now=lambda: NOW,
            )
            self.reports.append(await asked.run())
        finally:
            await link.close()
        return self.reports[-1]

    def requests(self, info: DriverInfo, meter_time: datetime) -> list[ArchiveRequest]:
        """What no report has brought yet."""
        wanted = ArchivePlan(WANTED).requests(info, meter_time)
        return [ArchiveRequest(one.kind, self.missing(one)) for one in wanted]

    def missing(self, wanted: ArchiveRequest) -> list[MeterSlot]:
        known = self.known(wanted.kind)
        return [slot for slot in wanted.slots if self.zone.to_utc(slot.start) not in known]

    def known(self, kind: ArchiveKind) -> set[datetime]:
        records = {record.slot.start for record in self.records() if record.kind is kind}
        return records | {one.slot.start for each in self.reports for one in each.gaps if one.kind is kind}

    def records(self) -> list[ArchiveReadings]:
        return [record for report in self.reports for record in report.archive]

    def is_whole(self) -> bool:
        """Whether a poll came through with everything read."""
        return bool(self.reports) and not self.reports[-1].message and bool(self.reports[-1].snapshots)


async def read_through(reader: Reader) -> None:
    for _ in range(MOST_POLLS):
        await reader.poll()
        if reader.is_whole():
            return
    pytest.fail("\n".join(f"{report.outcome}: {report.message}" for report in reader.reports))


def judge(subject: str, readings: Collection[Reading], truths: Truths | None) -> None:
    """What is read is true, and all that the plant has is read."""
    assert truths is not None, f"{subject}: the meter has no such record"
    values = {(one.quantity.name, one.circuit): one.value for one in readings}
    for key, truth in truths.items():
        value = values.get(key)
        assert value is not None, f"{subject}: {key} is absent, the plant has {truth.value}"
        assert truth.admits(value), f"{subject}: {key} is {value}, the plant has {truth}"
    invented = {key for key, value in values.items() if key not in truths and value is not None}
    assert not {key for key in invented if values[key] and key[0] != "flags"}, f"{subject}: {invented}"


@pytest.mark.parametrize("case", cases(), ids=str)
async def test_a_simulated_model_is_read_to_the_plants_truth(case: Case) -> None:
    fleet = case.fleet("drift = -40", 'power_failures = ["-8h..-5h"]')
    async with running_fleet(fleet, now=lambda: NOW, random=Random(case.model)) as running:
        reader = Reader(running.lines[0], catalogue.driver(case.model, choices=case.choices))
        await read_through(reader)
        zone = reader.zone
        for snapshot in (one for report in reader.reports for one in report.snapshots):
            at = snapshot.meter_time or zone.to_meter_time(NOW)
            judge("snapshot", snapshot.readings, reader.meter.truth_snapshot(at))
        for record in reader.records():
            start = zone.to_meter_time(record.slot.start)
            truths = reader.meter.truth_archive(record.kind, start)
            judge(f"{record.kind} {start}", record.readings, truths)
        read_slots = {(one.kind, zone.to_meter_time(one.slot.start)) for one in reader.records()}
        assert read_slots >= expected(reader)


def expected(reader: Reader) -> set[tuple[ArchiveKind, datetime]]:
    """What the meter has of the slots that were asked for."""
    info, now = reader.driver.info, reader.zone.to_meter_time(NOW)
    asked = ((one.kind, slot.start) for one in ArchivePlan(WANTED).requests(info, now) for slot in one.slots)
    return {(kind, start) for kind, start in asked if reader.meter.truth_archive(kind, start) is not None}


@pytest.mark.parametrize("family", simulated_families().values(), ids=lambda family: family.protocol)
def test_what_is_simulated_is_what_the_catalogue_knows(family: SimulatedFamily) -> None:
    known = catalogue.families()[family.protocol].models
    assert set(family.models) == set(known)
    if family.protocol not in CURRENT_VALUES_ONLY:
        cases = [Case(family.protocol, model) for model in known]
        drivers = [catalogue.driver(case.model, choices=case.choices) for case in cases]
        assert any(any(driver.info.depths.values()) for driver in drivers)


def test_every_makers_protocol_can_be_simulated() -> None:
    assert simulated_families().keys() == catalogue.families().keys() - {"m-bus", "modbus"}
