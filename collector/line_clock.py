"""Setting meters' clocks, because somebody asked for this one by name: the only write to a meter there is.

It happens where the maker's document gives the command, where the collector was told that it may, and after
the meter has said the serial number that was asked for. Everything is journalled with its bytes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from collector.clock_visit import ClockVisit, ClockWish
from collector.endings import outcome_of
from collector.links.url import LineUrl
from collector.serving import Tools
from metering.calendar import MeterZone
from metering.errors import NotSupported, StorageUnavailable, TeploError
from metering.polls import Outcome, PollReport
from storage.clock_settings import ClockResult, ClockSetting, ClockSettings, ClockState
from storage.polls import Polls
from storage.pool import Database
from storage.registered import Line, Meter
from storage.usage_points import Registry

FORBIDDEN: Final = (
    "This collector may not set clocks. Where that is wanted, start it with TEPLO_SET_CLOCKS=true and ask "
    "again."
)
INTERRUPTED: Final = (
    "The collector ended while it was at it: the command may have been sent or not. Compare the meter's "
    "clock, then ask again."
)


class LineClocks:
    """Carries out what was asked for the meters of a line, as a part of its job: the line has one talker."""

    def __init__(self, database: Database, collector: str, tools: Tools, *, allowed: bool) -> None:
        self._clocks = ClockSettings(database)
        self._registry = Registry(database)
        self._polls = Polls(database)
        self._collector = collector
        self._tools = tools
        self._allowed = allowed

    async def take(self, line: Line) -> None:
        """Every request of the line ends as set, refused or failed, with the reason."""
        for setting in await self._clocks.of_line(line.id):
            result = await self._carried_out(line, setting)
            await self._clocks.finish(setting.id, self._tools.now(), result)

    async def _carried_out(self, line: Line, setting: ClockSetting) -> ClockResult:
        if not self._allowed:
            return ClockResult(ClockState.REFUSED, FORBIDDEN)
        if not await self._clocks.start(setting.id):
            return ClockResult(ClockState.FAILED, INTERRUPTED)
        meter = await self._registry.meter(setting.meter_id)
        if meter is None:
            return ClockResult(ClockState.REFUSED, "The meter is not registered any more.")
        try:
            return await self._over_line(LineUrl.parse(line.url), meter, setting)
        except StorageUnavailable:
            raise
        except TeploError as error:
            return ClockResult(ClockState.REFUSED, str(error))

    async def _over_line(self, url: LineUrl, meter: Meter, setting: ClockSetting) -> ClockResult:
        driver = self._tools.driver_for(meter.model, url)
        if not driver.info.sets_clock:
            raise NotSupported(f"No document of the maker says how the clock of a {meter.model} is set.")
        wish = ClockWish(setting.serial, meter.address, MeterZone(meter.zone), setting.across_hour)
        started_at = self._tools.now()
        link = await self._tools.open_link(url, driver)
        try:
            session = self._tools.make_session(link, url, driver)
            visit = ClockVisit(session, driver, wish, self._tools.now)
            result = await visit.run()
        finally:
            await link.close()
        report = PollReport(
            self._tools.new_id(),
            meter.id,
            self._collector,
            started_at,
            self._tools.now(),
            Outcome.OK if visit.error is None else outcome_of(visit.error),
            f"Setting the clock, asked for by {setting.operator}: {result.state}. {result.message}",
            findings=frozenset(session.findings),
            frames=tuple(session.frames),
        )
        await self._polls.save(report)
        return replace(result, poll_id=report.id)
