"""The state of the network as Prometheus reads it: counted in the database, and kept for a while."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from api.services import Services
from metering.completeness import CountedPeriod
from metering.completeness_rows import Dimension, Row
from metering.polls import Outcome
from metering.problems import ProblemKind
from storage.outcome_counts import By, Days
from storage.problems import Problems
from storage.spools import CollectorState, Spools

OFTEN: Final = timedelta(seconds=15)
SELDOM: Final = timedelta(minutes=10)
MOST_DISTRICTS: Final = 200
"""Rows of districts and archive kinds that become label values."""
JUDGED_AFTER: Final = timedelta(hours=24)
"""Completeness is that of the day that ended so long ago: what is read in time is there."""

Families = list[Metric]


@dataclass(slots=True)
class _Part:
    """Metrics that are counted together, at most once in a `life`."""

    count: Callable[[Services, datetime], Awaitable[Families]]
    life: timedelta
    counted_at: datetime | None = None
    families: Families = field(default_factory=list)

    async def current(self, services: Services, now: datetime) -> Families:
        if self.counted_at is None or now - self.counted_at >= self.life:
            self.families = await self.count(services, now)
            self.counted_at = now
        return self.families


class Metrics:
    """No label names a meter or a line; its values are outcomes, states, kinds, districts and collectors."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._counting = asyncio.Lock()
        self._parts = [
            _Part(_polls, OFTEN),
            _Part(_lines, OFTEN),
            _Part(_collectors, OFTEN),
            _Part(_problems, OFTEN * 4),
            _Part(_completeness, SELDOM),
        ]

    async def text(self) -> bytes:
        """All metrics in Prometheus' text format; whoever asks at once waits for the same counting."""
        async with self._counting:
            now = self._services.now()
            families = [family for part in self._parts for family in await part.current(self._services, now)]
        registry = CollectorRegistry()
        registry.register(_Counted(families))
        return generate_latest(registry)


class _Counted(Collector):
    def __init__(self, families: Families) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


async def _polls(services: Services, now: datetime) -> Families:
    today = now.astimezone(UTC).date()
    counts = await services.outcome_counts.counts(By.DAY, Days(today, today + timedelta(days=1)))
    meters = await services.outcome_counts.last_outcomes()
    polls = Counter({one.outcome.value: one.polls for one in counts})
    words = [outcome.value for outcome in Outcome]
    return [
        _gauge(
            "polls_today", "Polls that began this UTC day.", "outcome", {word: polls[word] for word in words}
        ),
        _gauge(
            "meters",
            "Meters by how their last poll ended.",
            "outcome",
            {outcome.value: meters.get(outcome, 0) for outcome in Outcome},
        ),
    ]


async def _lines(services: Services, now: datetime) -> Families:
    counts = await services.line_states.counts()
    jobs: Counter[str] = Counter()
    for (_, status), count in (await services.jobs.depth()).items():
        jobs[status] += count
    return [
        _gauge("lines", "Lines by state.", "state", {state.value: count for state, count in counts.items()}),
        _gauge(
            "queue", "Lines in the job queue.", "state", {name: jobs[name] for name in ("queued", "picked")}
        ),
    ]


async def _collectors(services: Services, now: datetime) -> Families:
    states = await Spools(services.database).list()
    return [
        _of_collectors("collector_alive", "1 while it says that it lives.", states, lambda one: one.alive),
        _of_collectors("collector_lines", "Lines at home with it.", states, lambda one: one.lines),
        _of_collectors("spool_entries", "What waits on its disk.", states, lambda one: one.entries),
        _of_collectors("spool_bytes", "Bytes of what waits on its disk.", states, lambda one: one.size),
        _of_collectors(
            "spool_age_seconds", "Age of the oldest entry on its disk.", states, lambda one: _age(one, now)
        ),
    ]


async def _problems(services: Services, now: datetime) -> Families:
    found = await Problems(services.database, services.base_plan).list(now)
    counts = Counter(problem.kind for problem in found)
    values = {kind.value: counts[kind] for kind in ProblemKind}
    return [_gauge("problems", "Things that an engineer should do today.", "kind", values)]


async def _completeness(services: Services, now: datetime) -> Families:
    end = now - JUDGED_AFTER
    period = CountedPeriod(end - timedelta(days=1), end, now)
    rows = await services.completeness.rows({Dimension.DISTRICT}, period, limit=MOST_DISTRICTS)
    return list(_slots(rows))


def _slots(rows: Sequence[Row]) -> Iterator[Metric]:
    meaning = "Archive slots that began 24 to 48 hours ago: "
    for name in ("wanted", "stored", "held", "missing"):
        family = GaugeMetricFamily(f"teplo_slots_{name}", f"{meaning}{name}.", labels=("district", "kind"))
        for row in rows:
            family.add_metric((row.group.district, row.group.kind), getattr(row.tally, name))
        yield family


def _of_collectors(
    name: str, meaning: str, states: Iterable[CollectorState], value: Callable[[CollectorState], float]
) -> Metric:
    return _gauge(name, meaning, "collector", {one.name: value(one) for one in states})


def _age(state: CollectorState, now: datetime) -> float:
    return 0.0 if state.oldest_at is None else (now - state.oldest_at).total_seconds()


def _gauge(name: str, meaning: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"teplo_{name}", meaning, labels=(label,))
    for word, value in values.items():
        family.add_metric((word,), value)
    return family
