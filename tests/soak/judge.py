"""What is stored after a soak run against what the plant produced, and how soon each record was read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from collector.links.url import LineUrl
from metering.calendar import ArchiveKind, MeterZone, slots
from metering.quantities import REGISTERS
from simulators.fleet import FleetMeter
from simulators.truth import Truths
from storage.pool import Database
from storage.readings import Readings
from teplo.composition import driver_for
from teplo.demo import oracle
from teplo.demo.site import RegisteredMeter

CLOCKS = timedelta(minutes=10)
"""No meter's clock is further off here."""
MOST_TOLD = 20
DAY, THREE_DAYS = timedelta(hours=24), timedelta(hours=72)
Key = tuple[int, str, datetime]
"""Meter, archive kind, UTC start of the slot."""


@dataclass(frozen=True)
class Hung:
    """A meter for as long as it hung there: [since, until) of right time."""

    registered: RegisteredMeter
    since: datetime
    until: datetime
    replaced: bool = False


@dataclass
class Findings:
    """Counts of archive records.

    `late`: those that were read later than a day after their slot was closed, or never, with that instant by
    right time: a meter's clock may be wrong, and the slots are the clock's.
    """

    expected: int = 0
    within_day: int = 0
    of_day: int = 0
    within_three_days: int = 0
    of_three_days: int = 0
    lost: list[Key] = field(default_factory=list)
    gone_with_the_meter: int = 0
    late: dict[Key, datetime] = field(default_factory=dict)
    unexplained: list[Key] = field(default_factory=list)
    wrong: int = 0
    doubled: int = 0
    stored: int = 0
    snapshots: int = 0
    words: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    lost_as: list[str] = field(default_factory=list)
    late_as: list[str] = field(default_factory=list)
    """What is known of the first of the lost, and of the first of the unexplained."""

    @property
    def share_of_day(self) -> float:
        return self.within_day / self.of_day if self.of_day else 1.0

    @property
    def share_of_three_days(self) -> float:
        return self.within_three_days / self.of_three_days if self.of_three_days else 1.0


async def judge(database: Database, hung: Sequence[Hung], since: datetime, now: datetime) -> Findings:
    """`since`: from when on records count; `now`: when the run ended."""
    findings = Findings()
    read = await _read_at(database)
    for one in hung:
        _compare(one, read, since, now, findings)
    await _judge_values(database, hung, now, findings)
    await explain(database, findings)
    findings.lost_as = [await _known_of(database, *key) for key in findings.lost[:MOST_TOLD]]
    findings.late_as = [await _known_of(database, *key) for key in findings.unexplained[:MOST_TOLD]]
    findings.doubled = await database.value("select count(*) from revision")
    rows = await database.rows("select outcome, count(*) as polls from poll group by outcome")
    findings.words = Counter({row["outcome"]: row["polls"] for row in rows})
    return findings


async def _read_at(database: Database) -> Mapping[Key, datetime]:
    rows = await database.rows(
        "select value.meter_id, value.kind, value.slot_start, min(poll.finished_at) as read_at "
        "from archive_value value join poll on poll.id = value.poll_id group by 1, 2, 3"
    )
    return {(row["meter_id"], row["kind"], row["slot_start"]): row["read_at"] for row in rows}


def _compare(
    one: Hung, read: Mapping[Key, datetime], since: datetime, now: datetime, findings: Findings
) -> None:
    for key, closed_at in _expected(one, since, now):
        findings.expected += 1
        read_at = read.get(key)
        age = None if read_at is None else read_at - closed_at
        if one.replaced and read_at is None and one.until - closed_at < DAY:
            findings.gone_with_the_meter += 1
            continue
        if closed_at < now - DAY:
            findings.of_day += 1
            findings.within_day += age is not None and age <= DAY
            if age is None or age > DAY:
                findings.late[key] = closed_at
        if closed_at < now - THREE_DAYS:
            findings.of_three_days += 1
            findings.within_three_days += age is not None and age <= THREE_DAYS
        if read_at is None and closed_at < now - DAY:
            findings.lost.append(key)


def _expected(one: Hung, since: datetime, now: datetime) -> Iterator[tuple[Key, datetime]]:
    """Every record that the meter had while it hung there, and when by right time its slot was closed."""
    meter, zone = one.registered.meter, MeterZone(one.registered.meter.zone)
    info = driver_for(meter.model, LineUrl.parse(one.registered.url)).info
    wrong_by = _clock_error(meter)
    for kind in info.depths:
        first, last = zone.to_meter_time(max(one.since, since)), zone.to_meter_time(min(one.until, now))
        for slot in slots(kind, first - timedelta(days=31), last):
            if kind is ArchiveKind.TOTAL and info.totals_every is ArchiveKind.MONTH and slot.start.day != 1:
                continue
            stamp = slot.start if kind is ArchiveKind.TOTAL else slot.end
            closed_at = zone.to_utc(stamp) - wrong_by
            if not max(one.since, since) < closed_at < min(one.until, now) - timedelta(minutes=30):
                continue
            if meter.truth_archive(kind, slot.start) is not None:
                yield (one.registered.meter_id, kind.value, zone.to_utc(slot.start)), closed_at


def _clock_error(meter: FleetMeter) -> timedelta:
    """By how much its clock is wrong at the end; it gains so little that the day's share is nothing."""
    memory = getattr(meter.device, "memory", None)
    return memory.drift if memory is not None else timedelta(0)


async def _judge_values(database: Database, hung: Sequence[Hung], now: datetime, findings: Findings) -> None:
    nothing_expected = dict.fromkeys(oracle.WINDOWS, timedelta(0))
    meters = [one.registered for one in hung]
    verdict = await oracle.compare_stored(
        meters, Readings(database), now, now, nothing_expected, snapshots=False
    )
    findings.stored, findings.wrong, findings.examples = verdict.stored, verdict.wrong, verdict.findings[:20]
    for one in hung:
        await _judge_levels(database, one, findings)


async def _judge_levels(database: Database, one: Hung, findings: Findings) -> None:
    """Current values are read while time runs: a register stood there at some moment of its poll."""
    zone, meter = MeterZone(one.registered.meter.zone), one.registered.meter
    rows = await database.rows(
        "select read_at, circuit, quantity, value, poll.started_at, poll.finished_at "
        "from snapshot_value snapshot join poll on poll.id = snapshot.poll_id "
        "where snapshot.meter_id = $1 and value is not null and quantity = any($2) order by read_at",
        one.registered.meter_id,
        list(REGISTERS),
    )
    for (started_at, finished_at), values in groupby(
        rows, lambda row: (row["started_at"], row["finished_at"])
    ):
        findings.snapshots += 1
        least = meter.truth_snapshot(zone.to_meter_time(started_at - CLOCKS))
        most = meter.truth_snapshot(zone.to_meter_time(finished_at + CLOCKS))
        for row in values:
            _judge_level(f"{meter.model} {meter.serial} {row['read_at']}", row, least, most, findings)


def _judge_level(subject: str, row: Any, least: Truths, most: Truths, findings: Findings) -> None:
    key = row["quantity"], row["circuit"]
    if key not in least:
        return
    low, high, value = least[key], most[key], row["value"]
    if not (low.value <= value <= high.value or low.admits(value) or high.admits(value)):
        findings.wrong += 1
        findings.examples.append(f"{subject}: {key} is {value}, the plant had {low.value} to {high.value}")


async def _known_of(database: Database, meter_id: int, kind: str, slot_start: datetime) -> str:
    meter = await database.row("select model, serial from meter where id = $1", meter_id)
    gap = await database.row(
        "select reason, recorded_at from gap where meter_id = $1 and kind = $2 and slot_start = $3",
        meter_id,
        kind,
        slot_start,
    )
    return f"{meter['model']} {meter['serial']} {kind} {slot_start}: {dict(gap) if gap else 'no gap'}"


async def explain(database: Database, findings: Findings) -> None:
    """A record that came late has a poll, within its first day, that did not end ok, or a gap."""
    failed = await database.rows("select meter_id, started_at from poll where outcome <> 'ok'")
    gaps = await database.rows("select meter_id, kind, slot_start from gap")
    polls: dict[int, list[datetime]] = {}
    for row in failed:
        polls.setdefault(row["meter_id"], []).append(row["started_at"])
    known = {(row["meter_id"], row["kind"], row["slot_start"]) for row in gaps}
    for key, closed_at in findings.late.items():
        near = any(closed_at - DAY <= at <= closed_at + DAY for at in polls.get(key[0], ()))
        if not near and key not in known:
            findings.unexplained.append(key)
