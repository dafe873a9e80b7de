"""Which lines have meters that are due, put into the queue where somebody can serve them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Final

from collector.poll import Clock
from collector.schedule import PollPlan, is_due
from metering.polls import Outcome, PollHistory
from storage.clock_settings import ClockSettings
from storage.jobs import Jobs
from storage.polls import Polls
from storage.pool import Database
from storage.surveys import Surveys
from storage.usage_points import Line, Meter, Registry

ROUTINE: Final = 10
MISSED: Final = (Outcome.MODEM_AWAY, Outcome.NO_LINK, Outcome.LINE_LOST, Outcome.PARTLY_READ)
"""Ends of polls that a modem which came back may have caused."""
PAGE: Final = 1000


class Planner:
    """Asks the registry and the history of polls; several planners on one database ask for the same.

    A job that waits for a collector which has not been heard of for `heartbeat` goes to who can serve it.
    For `patience` after the start no modem is reported away: it must find the way to us first.
    """

    def __init__(
        self,
        database: Database,
        collector: str,
        plan: PollPlan,
        now: Clock,
        *,
        heartbeat: timedelta,
        patience: timedelta,
    ) -> None:
        self._collector = collector
        self._heartbeat = heartbeat
        self._patient_until = now() + patience
        self._plan = plan
        self._now = now
        self._registry = Registry(database)
        self._polls = Polls(database)
        self._jobs = Jobs(database)
        self._surveys = Surveys(database)
        self._clocks = ClockSettings(database)

    async def request_due_lines(self) -> None:
        """Put every line with a due meter, survey or clock into the queue; there it stands once."""
        histories = await self.histories()
        lines = await self._registry.lines(self._collector)
        queues = {line.id: line.queue for line in lines if not self._awaited(line)}
        due = {meter.line_id async for meter in self._meters() if self.due(meter, histories)}
        due |= await self._surveys.lines() | await self._clocks.lines()
        wanted = {line: queues[line] for line in sorted(due & queues.keys())}
        await self._jobs.move_lines(wanted, self._heartbeat)
        await self._jobs.request_lines(wanted, ROUTINE)

    def due(self, meter: Meter, histories: Mapping[int, PollHistory], *, returned: bool = False) -> bool:
        """Whether this meter is to be polled now.

        `returned`: its modem has just come back to us, so that what failed while it was away is due at once.
        """
        history = histories.get(meter.id, PollHistory())
        waited_for = returned and history.outcome in MISSED
        if history.spared_until and history.spared_until > self._now():
            return False
        return meter.polled and (waited_for or is_due(meter.id, self._plan, history, self._now()))

    async def histories(self, line_id: int | None = None) -> dict[int, PollHistory]:
        """By meter, of one line or of all; the budgets of the plan counted."""
        return await self._polls.histories(line_id, self._plan.budgets)

    def _awaited(self, line: Line) -> bool:
        """Whether its modem may still be about to connect to us."""
        nobodys = line.queue is None and line.url.startswith("inbound:")
        return nobodys and self._now() < self._patient_until

    async def _meters(self) -> AsyncIterator[Meter]:
        last = 0
        while page := await self._registry.meters(last, PAGE):
            for meter in page:
                yield meter
            last = page[-1].id
