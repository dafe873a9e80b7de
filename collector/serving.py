"""The body of a job: everything that is due on one line, asked and stored."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from collector.gaps import WantedSlots, is_settled
from collector.line_service import DueMeter, LineService, Others
from collector.links import Link
from collector.links.url import LineUrl
from collector.planner import Planner
from collector.poll import Clock, PolledMeter, outcome_of, without_readings
from collector.session import Session
from metering.calendar import ArchiveKind, MeterZone
from metering.errors import ConfigurationError, StorageError, StorageUnavailable
from metering.polls import Direction, Outcome, PollHistory, PollReport
from protocols.driver import Driver
from storage.modems import Modems
from storage.polls import Polls
from storage.pool import Database
from storage.readings import Readings
from storage.usage_points import Line, Meter, Registry

EXACT: Final = "exact"
LEVELS_SINCE: Final = timedelta(days=40)
"""Longer than a billing period: a register that is lower than then was reset or replaced."""
SILENT: Final = (Outcome.METER_SILENT, Outcome.GATEWAY_WEDGED)
GATEWAYS: Final = ("tcp", "rfc2217", "modbus-tcp")
"""Lines with a gateway between us and the meters, which may hang."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What the composition root lends the collector: everything that touches the world or chance."""

    now: Clock
    new_id: Callable[[], UUID]
    driver_for: Callable[[str, LineUrl], Driver]
    open_link: Callable[[LineUrl, Driver], Awaitable[Link]]
    make_session: Callable[[Link, LineUrl, Driver], Session]


class Serving:
    """Serves lines one job at a time; the queue sees to it that a line has one talker."""

    def __init__(
        self, database: Database, collector: str, archives: WantedSlots, tools: Tools, planner: Planner
    ) -> None:
        self._collector = collector
        self._archives = archives
        self._tools = tools
        self._planner = planner
        self._registry = Registry(database)
        self._polls = Polls(database)
        self._modems = Modems(database)
        self._readings = Readings(database)

    async def serve(self, line: Line, *, returned: bool = False) -> None:
        """Ask the due meters of this line. `returned`: its modem has just come back to us."""
        histories = await self._planner.histories(line.id)
        meters = await self._registry.meters_on_line(line.id)
        due = [one for one in meters if self._planner.due(one, histories, returned=returned)]
        for meter in set(meters) - set(due):
            await self._refuse_to_spare(meter, histories.get(meter.id, PollHistory()))
        if due:
            await self._serve(line, due, _others(set(meters) - set(due), histories))

    async def _refuse_to_spare(self, meter: Meter, history: PollHistory) -> None:
        """An operator who asked for a meter whose budget is spent is told when it will be polled."""
        if not (meter.polled and history.asked and history.spared_until):
            return
        at = self._tools.now()
        message = (
            f"Meter {meter.serial} ({meter.model}) was not asked: the polls that its battery allows in 24 "
            f"hours are spent. The next poll is due at {history.spared_until:%Y-%m-%d %H:%M} UTC."
        )
        report = PollReport(
            self._tools.new_id(), meter.id, self._collector, at, at, Outcome.BATTERY_SPARED, message
        )
        await self._save(report)

    async def _serve(self, line: Line, meters: Sequence[Meter], others: Others) -> None:
        """A meter, or a whole line, that is registered wrongly gets a report that says so."""
        try:
            url = LineUrl.parse(line.url)
        except ConfigurationError as error:
            for meter in meters:
                await self._save(self._unasked(meter, error))
            return
        if due := [one async for one in self._askable(meters, url)]:
            reports = list[PollReport]()
            await self._line_service(url, due[0].driver, reports).serve(due, others)
            if url.scheme in GATEWAYS:
                await self._count_traffic(line, reports)

    async def _count_traffic(self, line: Line, reports: Sequence[PollReport]) -> None:
        """What a gateway's SIM carried; calls and connections to us are counted where they are held."""
        sent, received = (
            sum(len(frame.data) for report in reports for frame in report.frames if frame.direction is way)
            for way in (Direction.SENT, Direction.RECEIVED)
        )
        if received:
            await self._modems.line_heard(line.id, self._tools.now(), sent, received)

    async def _askable(self, meters: Sequence[Meter], url: LineUrl) -> AsyncIterator[DueMeter]:
        for meter in meters:
            try:
                yield await self._due_meter(meter, url)
            except ConfigurationError as error:
                await self._save(self._unasked(meter, error))

    def _line_service(self, url: LineUrl, first: Driver, reports: list[PollReport]) -> LineService:
        async def save(report: PollReport) -> None:
            reports.append(report)
            await self._save(report)

        return LineService(
            collector=self._collector,
            open_link=partial(self._tools.open_link, url, first),
            make_session=lambda link, driver: self._tools.make_session(link, url, driver),
            save=save,
            now=self._tools.now,
            new_id=self._tools.new_id,
            gateway=url.scheme in GATEWAYS,
        )

    def _unasked(self, meter: Meter, error: ConfigurationError) -> PollReport:
        at, identifier = self._tools.now(), self._tools.new_id()
        return PollReport(identifier, meter.id, self._collector, at, at, outcome_of(error), str(error))

    async def _save(self, report: PollReport) -> None:
        """A report that the database refuses is stored as refused, so that its neighbours get their turn."""
        try:
            await self._polls.save(report)
        except StorageUnavailable:
            raise
        except StorageError as error:
            await self._polls.save(without_readings(report, error))

    async def _due_meter(self, meter: Meter, url: LineUrl) -> DueMeter:
        polled = PolledMeter(
            id=meter.id,
            serial=meter.serial,
            address=meter.address,
            zone=MeterZone(meter.zone),
            factor_sets=await self._factor_sets(meter),
            archives=self._archives,
            levels=await self._readings.last_levels(meter.id, self._tools.now() - LEVELS_SINCE),
        )
        return DueMeter(polled, self._tools.driver_for(meter.model, url), partial(self._known, meter.id))

    async def _factor_sets(self, meter: Meter) -> Mapping[int, str]:
        """The factor set of each circuit is the contract setting of the usage point it serves."""
        sets: dict[int, str] = {}
        for installation in await self._registry.installations_of_meter(meter.id):
            if installation.removed_at is None:
                point = await self._registry.usage_point(installation.usage_point_id)
                sets[installation.circuit] = point.factor_set if point else EXACT
        return sets

    async def _known(
        self, meter_id: int, kind: ArchiveKind, start: datetime, end: datetime
    ) -> Collection[datetime]:
        known = await self._readings.known_slots(meter_id, kind, start, end)
        return [slot for slot, one in known.items() if is_settled(one.reason, one.heard_after)]


def _others(meters: Collection[Meter], histories: Mapping[int, PollHistory]) -> Others:
    """What is known of the meters that are not asked now."""
    ends = [histories[meter.id].outcome for meter in meters if meter.id in histories]
    return Others(answer=Outcome.OK in ends, silent=sum(end in SILENT for end in ends))
