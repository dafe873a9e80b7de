"""One line: its meters one after another, a failure costs its own meter only, a dead line is told to all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from uuid import UUID

from collector.gaps import ArchivePlan
from collector.line_service import CUTS, MOST_REOPENINGS, DueMeter, LineService, Others
from collector.line_settings import LineSettings
from collector.links import Link
from collector.links.fake import Arrival, FakeLink
from collector.polled_meter import PolledMeter
from collector.session import Session
from metering.calendar import MeterZone
from metering.errors import LineUnavailable
from metering.polls import Outcome, PollReport
from protocols.driver import Driver
from tests.unit.scripted import ScriptedDriver

NOW = datetime(2026, 1, 10, 7, 30, tzinfo=UTC)
Peer = Callable[[bytes], Iterable[Arrival]]


def now() -> datetime:
    return NOW


def due(number: int) -> DueMeter:
    meter = PolledMeter(number, "100", str(number), MeterZone("+05:00"), archives=ArchivePlan({}))
    return DueMeter(meter, ScriptedDriver())


def session(link: Link, driver: Driver) -> Session:
    return Session(link, settings=LineSettings(timeout=0.02, gap=0.005, attempts=1, quiet=0.0), now=now)


class Line:
    """A line in memory; counts how often it was opened and keeps the reports."""

    def __init__(self, peer: Peer, *, broken: bool = False) -> None:
        self.opened = 0
        self.reports: list[PollReport] = []
        self._peer = peer
        self.broken = broken

    async def open_link(self) -> Link:
        self.opened += 1
        if self.broken:
            raise LineUnavailable("the gateway is off")
        link = FakeLink(self._peer)
        await link.open()
        return link

    async def fresh(self, seen: Collection[UUID]) -> Sequence[DueMeter]:
        return ()

    async def save(self, report: PollReport) -> None:
        self.reports.append(report)

    async def serve(
        self, *meters: DueMeter, gateway: bool = False, others: Others = Others()
    ) -> list[Outcome]:
        identifiers = count(1)
        service = LineService(
            collector="test",
            open_link=self.open_link,
            make_session=session,
            save=self.save,
            now=now,
            new_id=lambda: UUID(int=next(identifiers)),
            fresh=self.fresh,
            watch=lambda request, call_off: nullcontext(lambda done, wanted: None),
            gateway=gateway,
        )
        await service.serve(meters, others)
        return [report.outcome for report in self.reports]


def answering(*silent: int) -> Peer:
    def peer(request: bytes) -> Iterable[Arrival]:
        return [] if any(request == b"who %d\n" % number for number in silent) else [Arrival(b"ok\n")]

    return peer


async def test_a_silent_meter_does_not_void_its_neighbours() -> None:
    line = Line(answering(2))
    assert await line.serve(due(1), due(2), due(3)) == [Outcome.OK, Outcome.METER_SILENT, Outcome.OK]
    assert line.opened == 1, "one open link is shared by all meters of the line"


async def test_a_line_that_cannot_be_opened_is_told_to_every_meter_and_not_hammered() -> None:
    line = Line(answering(), broken=True)
    assert await line.serve(due(1), due(2)) == [Outcome.NO_LINK, Outcome.NO_LINK]
    assert line.opened == 1
    assert "gateway is off" in line.reports[0].message


async def test_a_cut_line_is_opened_again_for_the_next_meter() -> None:
    def cut_at_the_first(request: bytes) -> Iterable[Arrival]:
        return [Arrival(None)] if request == b"who 1\n" else [Arrival(b"ok\n")]

    line = Line(cut_at_the_first)
    assert await line.serve(due(1), due(2)) == [Outcome.LINE_LOST, Outcome.OK]
    assert line.opened == 2


async def test_a_line_that_is_cut_again_and_again_is_given_up() -> None:
    line = Line(lambda request: [Arrival(None)])
    meters = [due(number) for number in range(1, 8)]
    assert await line.serve(*meters) == [Outcome.LINE_LOST] * len(meters)
    assert line.opened == 1 + MOST_REOPENINGS


async def test_a_wrong_meter_costs_its_own_poll_only() -> None:
    line = Line(answering())
    stranger = due(1)
    stranger = replace(stranger, meter=replace(stranger.meter, serial="registered"))
    assert await line.serve(stranger, due(2)) == [Outcome.WRONG_METER, Outcome.OK]


def silent_until(opening: int, line: Line) -> Peer:
    """A gateway that passes nothing on before it was opened so many times."""
    return lambda request: [Arrival(b"ok\n")] if line.opened >= opening else []


def through(make_peer: Callable[[Line], Peer]) -> Line:
    line = Line(answering())
    line._peer = make_peer(line)
    return line


async def test_a_gateway_that_passes_nothing_on_is_named_and_its_meters_are_not_all_waited_for() -> None:
    asked: list[bytes] = []

    def deaf(request: bytes) -> Iterable[Arrival]:
        asked.append(request)
        return ()

    line = Line(deaf)
    meters = [due(number) for number in range(1, 6)]
    assert set(await line.serve(*meters, gateway=True)) == {Outcome.GATEWAY_WEDGED}
    assert {report.meter_id for report in line.reports} == {1, 2, 3, 4, 5}
    assert line.opened == 2, "it was opened anew once before it was blamed"
    assert asked == [b"who 1\n", b"who 2\n", b"who 3\n"]
    assert all("Restart the gateway" in report.message for report in line.reports)


async def test_a_gateway_that_comes_to_when_it_is_opened_anew_is_not_blamed() -> None:
    line = through(lambda line: silent_until(2, line))
    outcomes = await line.serve(due(1), due(2), gateway=True)
    assert outcomes == [Outcome.METER_SILENT, Outcome.METER_SILENT, Outcome.OK, Outcome.OK]
    assert [report.meter_id for report in line.reports] == [1, 2, 1, 2]


async def test_a_gateway_that_cannot_be_opened_anew_leaves_each_meter_one_report() -> None:
    line = Line(lambda request: [])
    open_link = line.open_link

    async def open_once() -> Link:
        line.broken = line.opened == 1
        return await open_link()

    line.open_link = open_once  # type: ignore[method-assign]
    outcomes = await line.serve(due(1), due(2), due(3), gateway=True)
    assert outcomes == [Outcome.METER_SILENT, Outcome.METER_SILENT, Outcome.NO_LINK]
    assert [report.meter_id for report in line.reports] == [1, 2, 3]


async def test_two_silent_meters_beside_ones_that_answer_are_the_meters_fault() -> None:
    line = Line(answering(1, 2))
    await line.serve(due(1), due(2), due(3), gateway=True)
    assert {report.meter_id: report.outcome for report in line.reports} == {
        1: Outcome.METER_SILENT,
        2: Outcome.METER_SILENT,
        3: Outcome.OK,
    }


async def test_meters_that_were_read_lately_acquit_the_gateway() -> None:
    line = Line(answering(1, 2, 3))
    outcomes = await line.serve(due(1), due(2), due(3), gateway=True, others=Others(answer=True))
    assert outcomes == [Outcome.METER_SILENT] * 3
    assert line.opened == 1


async def test_a_gateways_only_meter_that_is_silent_may_be_dead_itself() -> None:
    line = Line(answering(1))
    assert await line.serve(due(1), gateway=True) == [Outcome.METER_SILENT]


async def test_a_gateway_that_hangs_up_at_once_every_time_is_named() -> None:
    line = Line(lambda request: [Arrival(None)])
    assert set(await line.serve(due(1), gateway=True)) == {Outcome.GATEWAY_WEDGED}
    assert line.opened == 3


async def test_a_meter_alone_is_enough_where_its_neighbours_were_silent_before() -> None:
    """Meters fail at different times and are repeated at different times: seldom two are due together."""
    line = Line(answering(1))
    outcomes = await line.serve(due(1), gateway=True, others=Others(silent=1))
    assert set(outcomes) == {Outcome.GATEWAY_WEDGED}
    assert line.opened == 2


async def test_a_meter_behind_a_wedged_gateway_failed_once_however_often_it_was_asked() -> None:
    line = Line(lambda request: [Arrival(None)])
    assert await line.serve(due(1), gateway=True) == [Outcome.GATEWAY_WEDGED]
    (report,) = line.reports
    assert line.opened == CUTS, "a line that is cut each time is opened so often before the gateway is blamed"
    assert [frame.number for frame in report.frames] == list(range(1, len(report.frames) + 1))
    assert len(report.frames) == CUTS, "every question is kept"
