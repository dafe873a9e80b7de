"""Serving one line: open it, ask its due meters one after another, keep each one's result."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from collector.links import Link
from collector.poll import Clock, KnownSlots, Poll, PolledMeter, outcome_of
from collector.session import Session
from metering.errors import LineError, LineLost, TeploError
from metering.polls import PollReport
from protocols.driver import Driver

log = structlog.get_logger()

MOST_REOPENINGS = 3


@dataclass(frozen=True, slots=True)
class DueMeter:
    """A meter to be asked now, with the driver that speaks to it and what is already stored of it."""

    meter: PolledMeter
    driver: Driver
    known: KnownSlots


@dataclass(frozen=True, slots=True)
class LineService:
    """Asks the due meters of one line. `save` takes each report as soon as it is complete.

    A meter that fails costs its own poll only. A line that was cut is opened again a few times; when it
    cannot be opened, the rest of its meters get a report that says so.
    """

    collector: str
    open_link: Callable[[], Awaitable[Link]]
    make_session: Callable[[Link, Driver], Session]
    save: Callable[[PollReport], Awaitable[None]]
    now: Clock
    new_id: Callable[[], UUID]

    async def serve(self, due: Sequence[DueMeter]) -> None:
        """Ask all of them; raises nothing of the line's, each failure is in a saved report."""
        waiting = list(due)
        lost: LineError | None = None
        for _ in range(1 + MOST_REOPENINGS):
            lost = await self._ask_until_lost(waiting)
            if not waiting or not isinstance(lost, LineLost):
                break
        for one in waiting:
            await self.save(self._no_link(one, lost or LineLost()))

    async def _ask_until_lost(self, waiting: list[DueMeter]) -> LineError | None:
        try:
            link = await self.open_link()
        except LineError as error:
            return error
        try:
            return await self._ask_in_turn(link, waiting)
        finally:
            await link.close()

    async def _ask_in_turn(self, link: Link, waiting: list[DueMeter]) -> LineError | None:
        while waiting:
            poll = self._poll(link, waiting[0])
            report = await poll.run()
            await self.save(report)
            self._tell(report)
            waiting.pop(0)
            if isinstance(poll.error, LineError):
                return poll.error
        return None

    def _poll(self, link: Link, due: DueMeter) -> Poll:
        return Poll(
            self.make_session(link, due.driver),
            due.driver,
            due.meter,
            identifier=self.new_id(),
            collector=self.collector,
            now=self.now,
            known=due.known,
        )

    def _no_link(self, due: DueMeter, error: TeploError) -> PollReport:
        at: datetime = self.now()
        return PollReport(self.new_id(), due.meter.id, self.collector, at, at, outcome_of(error), str(error))

    def _tell(self, report: PollReport) -> None:
        log.info(
            "poll",
            poll=str(report.id),
            meter=report.meter_id,
            outcome=report.outcome.value,
            message=report.message,
        )
