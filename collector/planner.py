"""Which lines have meters that are due, put into the queue where somebody can serve them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import structlog

from collector.dueness import is_due, line_rests
from collector.poll import Clock
from collector.urgency import Urgency, urgency
from metering.plans import PollPlan
from storage.books import Books, Outline
from storage.clock_settings import ClockSettings
from storage.jobs import Jobs
from storage.pool import Database
from storage.registered import Line
from storage.surveys import Surveys
from storage.usage_points import Registry

log = structlog.get_logger()

ROUTINE: Final = 10
PRIORITIES: Final[Mapping[Urgency, int]] = {
    Urgency.REQUEST: 100,
    Urgency.CLOSING: 50,
    Urgency.FALLING_OUT: 30,
    Urgency.ROUTINE: ROUTINE,
}
"""How much sooner than others a line is served for the sake of its most urgent meter."""


class Planner:
    """Asks what is known of all meters; several planners on one database ask for the same.

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
        self._books = Books(database, _settings_left_out)
        self._jobs = Jobs(database)
        self._surveys = Surveys(database)
        self._clocks = ClockSettings(database)

    async def request_due_lines(self) -> None:
        """Put every line with a due meter, survey or clock into the queue; there it stands once."""
        lines = await self._registry.lines(self._collector)
        queues = {line.id: line.queue for line in lines if not self._awaited(line)}
        due = await self._due()
        for line in await self._surveys.lines() | await self._clocks.lines():
            due.setdefault(line, ROUTINE)
        wanted = {line: queues[line] for line in sorted(due.keys() & queues.keys())}
        await self._jobs.move_lines(wanted, self._heartbeat)
        for priority in sorted(set(due.values()), reverse=True):
            same = {line: queue for line, queue in wanted.items() if due[line] == priority}
            await self._jobs.request_lines(same, priority)

    async def _due(self) -> dict[int, int]:
        """By line with a due meter, the priority of its most urgent one."""
        lines: dict[int, list[Outline]] = defaultdict(list)
        for outline in await self._books.outlines(self._plan, self._now()):
            lines[outline.line_id].append(outline)
        priorities = {line: self._priority(line, meters) for line, meters in lines.items()}
        return {line: priority for line, priority in priorities.items() if priority}

    def _priority(self, line_id: int, meters: Sequence[Outline]) -> int:
        now = self._now()
        asked = [meter for meter in meters if meter.waiting_requests]
        routine = [] if line_rests(line_id, meters, now) else [one for one in meters if is_due(one, now)]
        return max((PRIORITIES[urgency(meter, now)] for meter in (*asked, *routine)), default=0)

    def _awaited(self, line: Line) -> bool:
        """Whether its modem may still be about to connect to us."""
        nobodys = line.queue is None and line.url.startswith("inbound:")
        return nobodys and self._now() < self._patient_until


def _settings_left_out(text: str) -> None:
    log.error("poll plan settings are not understood and left out", settings=text)
