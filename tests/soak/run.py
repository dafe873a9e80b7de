"""One soak run from its first poll to its verdict."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from simulators.fleet import running_fleet
from simulators.uplink import Uplink
from storage.pool import Database
from storage.usage_points import Registry
from teplo.demo.site import RegisteredMeter, register
from teplo.migrate import migrate
from teplo.postgres import EmbeddedPostgres
from tests.soak import engineer
from tests.soak.clock import Accelerated
from tests.soak.crew import Crew
from tests.soak.judge import Findings, Hung, judge
from tests.soak.town import Ordeal, town
from tests.soak.trials import Event, Trials

EPOCH = datetime(2026, 1, 10, 19, 0, tzinfo=UTC)
"""Midnight in Almaty, in the cold."""
FAILING, CUTTING = 0.1, 0.002
"""Shares of the calls that come to nothing, and of the questions at which one is cut."""
BEFORE = timedelta(seconds=10)
EACH_BEFORE = timedelta(seconds=0.4)
"""At the pace of life collectors come to life and read each meter's memory: that takes the time it takes."""
SETTINGS = {"max_connections": "200", "fsync": "off", "synchronous_commit": "off"}
QUIET = timedelta(hours=8)
"""At the end nothing more goes wrong: what can still be read is read."""


@dataclass(frozen=True)
class Soak:
    """How large, how long, how fast."""

    meters: int
    length: timedelta
    speed: float
    seed: int = 1
    collectors: int = 3

    @property
    def network_outage(self) -> timedelta:
        return min(timedelta(hours=13), self.length * 0.06)

    @property
    def database_outage(self) -> timedelta:
        return min(timedelta(hours=72), self.length * 0.12)


@dataclass
class Result:
    """What came of it."""

    plan: Soak
    findings: Findings
    meters: int
    lines: int
    kills: Counter[str]
    befallen: Counter[str]
    decisions: Counter[str]
    drained_in: float
    backlog: int
    lasted: float
    fallen: list[str]


async def soak(
    plan: Soak, tell: Callable[[str], None] = lambda line: None, keep: Path | None = None
) -> Result:
    """Runs in real time as long as `plan.length / plan.speed`; `keep`: where database and log stay."""
    with nullcontext(keep) if keep else tempfile.TemporaryDirectory(prefix="teplo-soak-") as name:
        folder = Path(name)
        server = EmbeddedPostgres(folder / "postgres", settings=SETTINGS)
        url = await asyncio.to_thread(server.start)
        try:
            await migrate(url)
            with (folder / "collectors.log").open("wb") as log:
                names = [f"collector-{n}" for n in range(plan.collectors)]
                crew = Crew(url, folder / "kept", _clock(plan), names, log)
                return await _run(plan, server, crew, tell)
        finally:
            _tell_log(folder / "collectors.log", tell)
            await asyncio.to_thread(server.stop)


def _clock(plan: Soak) -> Accelerated:
    before = BEFORE + plan.meters * EACH_BEFORE
    return Accelerated(EPOCH, time.time() + before.total_seconds(), plan.speed)


def _tell_log(path: Path, tell: Callable[[str], None]) -> None:
    lines = path.read_text(errors="replace").splitlines()
    troubles = Counter(line.split("[")[0][:160] for line in lines if "error" in line or "Traceback" in line)
    for line, times in troubles.most_common(8):
        tell(f"log, {times} times: {line}")
    for place in [number for number, line in enumerate(lines) if line.startswith("Traceback")][:3]:
        tell("\n".join(lines[place : place + 60]))


async def _run(plan: Soak, server: EmbeddedPostgres, crew: Crew, tell: Callable[[str], None]) -> Result:
    random, clock = Random(plan.seed), crew.clock
    uplink = Uplink(Random(plan.seed), FAILING, CUTTING)
    ordeal = Ordeal(plan.meters, plan.length, *_changes(plan))
    async with (
        Database(crew.url, timeout=5.0) as database,
        running_fleet(town(ordeal), now=clock, random=random, uplink=uplink) as fleet,
    ):
        meters = await register(fleet, database, EPOCH)
        await database.rows("update meter set registered_at = $1", EPOCH)
        trials = Trials(clock, server, uplink, crew, fleet, database, random)
        decisions: Counter[str] = Counter()
        await crew.start_all()
        deciding = asyncio.create_task(engineer.decide_daily(database, clock, decisions))
        try:
            events = [*_events(plan, trials, ordeal), *_looks(plan, trials, tell)]
            await _live_through(events, clock, plan.length, tell)
        finally:
            deciding.cancel()
            with suppress(asyncio.CancelledError):
                await deciding
            await crew.dismiss()
        ended = clock()
        await engineer.decide(database, clock(), decisions)
        findings = await judge(database, await _hung(meters, database, ended), EPOCH, ended)
        befallen = sum(
            (Counter({str(k): n for k, n in one.faults.items()}) for one in fleet.lines), Counter()
        )
        return Result(
            plan, findings, len(meters), len(fleet.lines), crew.counts, befallen + uplink.counts, decisions,
            trials.drained_in, trials.backlog, time.time() - clock.begun, crew.fallen,
        )  # fmt: skip


def _changes(plan: Soak) -> tuple[tuple[timedelta, ...], tuple[timedelta, ...]]:
    """When meters are replaced, in whole hours, and when schemes change."""
    hours = plan.length // timedelta(hours=1)
    replaced = tuple(timedelta(hours=round(hours * share)) for share in (0.15, 0.4, 0.7))
    return replaced, (plan.length * 0.3, plan.length * 0.75)


def _events(plan: Soak, trials: Trials, ordeal: Ordeal) -> Iterator[Event]:
    length = plan.length
    yield Event(length * 0.2, "the network goes", trials.network_goes)
    yield Event(length * 0.2 + plan.network_outage, "the network returns", trials.network_returns)
    yield Event(length * 0.5, "the database goes", trials.database_goes)
    yield Event(length * 0.5 + plan.database_outage, "the database returns", trials.database_returns)
    yield Event(length * 0.8, "all collectors restart in turn", trials.all_restart)
    for number, after in enumerate(ordeal.schemes):
        yield Event(after, "a scheme changes", lambda number=number: trials.scheme_changes(number))  # type: ignore[misc]
    kills = max(4, plan.length // timedelta(days=2))
    for _ in range(kills):
        yield Event(
            length * trials.random.uniform(0.05, 0.85), "a collector is killed", trials.somebody_is_killed
        )


def _looks(plan: Soak, trials: Trials, tell: Callable[[str], None]) -> Iterator[Event]:
    """Daily, how it stands."""
    for day in range(1, plan.length // timedelta(days=1) + 1):
        yield Event(timedelta(days=day), "how it stands", lambda: trials.tell_how_it_stands(tell))


async def _live_through(
    events: Sequence[Event], clock: Accelerated, length: timedelta, tell: Callable[[str], None]
) -> None:
    for event in sorted(events, key=lambda one: one.after):
        await _until(clock, EPOCH + event.after)
        tell(f"{event.after.total_seconds() / 86400:6.2f} d  {event.name}")
        await event.happen()
    await _until(clock, EPOCH + length + QUIET)


async def _until(clock: Accelerated, at: datetime) -> None:
    begins = max(0.0, clock.begun - time.time())
    await asyncio.sleep(begins + max(0.0, clock.real(at - max(clock(), clock.epoch))))


async def _hung(meters: Sequence[RegisteredMeter], database: Database, ended: datetime) -> list[Hung]:
    """Every meter for its time; those that came as replacements under the ids that they were given."""
    hung = []
    for one in meters:
        replaced_at = one.meter.replaced_at
        hung.append(Hung(one, EPOCH, replaced_at or ended, replaced=replaced_at is not None))
        if one.meter.successor is not None and replaced_at is not None:
            found = await Registry(database).meters_of_serial(one.meter.successor.serial)
            for heir in found:
                registered = RegisteredMeter(heir.id, one.usage_point_id, one.meter.successor, one.url)
                hung.append(Hung(registered, replaced_at, ended))
    return hung
