"""One suite over every simulated protocol: on a line where answers come late, nothing is taken for another.

A line over a mobile network keeps the order, but may hold answers back for longer than anybody waits, and
lose some. Whatever is read then is true; what cannot be told apart is not read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from uuid import UUID

import pytest

from collector.gaps import ArchivePlan
from collector.line_settings import LineSettings
from collector.links.fake import Arrival, FakeLink
from collector.poll import Poll
from collector.polled_meter import PolledMeter
from collector.session import Session
from metering.calendar import ArchiveKind, MeterZone
from metering.polls import Finding, PollReport
from metering.readings import Reading
from protocols import catalogue
from simulators import mbus
from simulators.families import DevicePlan, SimulatedMeter, simulated_families
from simulators.lines import Split
from simulators.mbus import MbusMeter
from simulators.mbus_models import layout
from simulators.truth import Truths
from tests.instant_loop import run_instantly
from tests.support import plant
from tests.support.one_meter import Case, first_of_each

LINE = LineSettings(timeout=1.0, gap=0.1)
LATEST = (LINE.latest + 0.5) * LINE.timeout
"""Seconds: later than this no answer comes."""
ZONE = MeterZone("+05:00")
WANTED = {ArchiveKind.HOUR: 10, ArchiveKind.DAY: 4, ArchiveKind.MONTH: 2, ArchiveKind.TOTAL: 4}
RUNS = 40
MOODS: tuple[Callable[[Random], float], ...] = (
    lambda chance: 0.05,
    lambda chance: 0.05,
    lambda chance: 0.05,
    lambda chance: chance.uniform(0, 3),
    lambda chance: chance.uniform(2, 4),
    lambda chance: chance.choice([0.05, chance.uniform(0, 5)]),
)
"""Seconds for which a line holds an answer back, as long as it is in such a mood."""


@dataclass
class SlowPeer:
    """What a meter says, held back by a line that keeps the order."""

    device: SimulatedMeter | MbusMeter
    split: Split
    chance: Random
    heard: bytes = b""
    last_at: float = 0.0
    lost: int = 0

    def __post_init__(self) -> None:
        self.mood = self.chance.choice(MOODS)

    def __call__(self, data: bytes) -> Iterator[Arrival]:
        self.heard += data
        while (found := self.split(self.heard)) is not None:
            frame, end = found
            self.heard = self.heard[end:]
            answer = self.device.hear(frame)
            if answer:
                yield from self._held_back(answer)

    def _held_back(self, answer: bytes) -> Iterator[Arrival]:
        if self.chance.random() < 0.05:
            self.mood = self.chance.choice(MOODS)
        now = asyncio.get_running_loop().time()
        at = max(self.last_at + 0.001, now + self.mood(self.chance))
        if at - now > LATEST or (self.mood is not MOODS[0] and self.chance.random() < 0.05):
            self.lost += 1
            return
        self.last_at = at
        yield Arrival(answer, at - now)


def peer_of(case: Case, chance: Random) -> SlowPeer:
    address, serial = case.place
    if case.protocol == "m-bus":
        return SlowPeer(
            MbusMeter(layout(case.model), int(address), serial, plant.memory()), mbus.split, chance
        )
    family = simulated_families()[case.protocol]
    elapsed = asyncio.get_running_loop().time
    plan = DevicePlan(case.model, address, serial, plant.memory(), elapsed, case.choices)
    return SlowPeer(family.build(plan), family.split, chance)


async def polled(case: Case, chance: Random) -> tuple[SlowPeer, PollReport]:
    peer = peer_of(case, chance)
    link = FakeLink(peer)
    await link.open()
    address, serial = case.place
    try:
        report = await Poll(
            Session(link, settings=LINE, now=lambda: plant.NOW),
            catalogue.driver(case.model, choices=case.choices),
            PolledMeter(1, serial, address, ZONE, archives=ArchivePlan(WANTED)),
            identifier=UUID(int=1),
            collector="test",
            now=lambda: plant.NOW,
        ).run()
    finally:
        await link.close()
    return peer, report


def untrue(readings: tuple[Reading, ...], truths: Truths | None) -> list[str]:
    if truths is None:
        return ["the meter has no such record"]
    values = {(one.quantity.name, one.circuit): one.value for one in readings}
    return [
        f"{key} is {values[key]}, the plant has {truth}"
        for key, truth in truths.items()
        if (value := values.get(key)) is not None and not truth.admits(value)
    ]


def invented(peer: SlowPeer, report: PollReport) -> list[str]:
    """What was read though it is not so."""
    device = peer.device
    found = []
    for record in report.archive:
        start = ZONE.to_meter_time(record.slot.start)
        found += [
            f"{record.kind} {start}: {one}"
            for one in untrue(record.readings, device.truth_archive(record.kind, start))
        ]
    for snapshot in report.snapshots:
        at = snapshot.meter_time or ZONE.to_meter_time(plant.NOW)
        found += [f"{at}: {one}" for one in untrue(snapshot.readings, device.truth_snapshot(at))]
    for gap in report.gaps:
        start = ZONE.to_meter_time(gap.slot.start)
        if device.truth_archive(gap.kind, start) is not None:
            found.append(f"{gap.kind} {start}: said to be absent ({gap.reason})")
    return found


@pytest.mark.parametrize(
    "case", [case for case in first_of_each() if case.protocol != "modbus-rtu"], ids=lambda case: case.model
)
def test_what_comes_late_is_taken_for_nothing_else(case: Case) -> None:
    runs = [run_instantly(polled(case, Random(seed))) for seed in range(RUNS)]
    assert [fault for peer, report in runs for fault in invented(peer, report)] == []
    assert not any(Finding.SECOND_ANSWER in report.findings for _, report in runs), "it is one meter"
    assert sum(peer.lost for peer, _ in runs), "answers were lost"
    assert any(Finding.LATE_ANSWER in report.findings for _, report in runs), "answers were late"
    assert any(report.snapshots for _, report in runs), "some polls came through"
