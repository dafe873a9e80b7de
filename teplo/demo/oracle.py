"""Compares what was stored and billed with what the simulated plant really produced."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from collector.links.url import LineUrl
from metering.calendar import ArchiveKind, MeterSlot, MeterZone, slots
from protocols.driver import DriverInfo
from simulators.truth import Truths
from storage.readings import ArchiveValue, Readings, SnapshotValue
from teplo.composition import driver_for
from teplo.demo.site import RegisteredMeter

Windows = Mapping[ArchiveKind, timedelta]

WINDOWS: Windows = {
    ArchiveKind.HOUR: timedelta(hours=48),
    ArchiveKind.DAY: timedelta(days=32),
    ArchiveKind.MONTH: timedelta(days=62),
    ArchiveKind.TOTAL: timedelta(days=31),
}
"""How far back every record that the plant has must be stored."""

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
PAGE = 5000
MOST_FINDINGS = 100

Key = tuple[str, int]
RecordKey = tuple[ArchiveKind, datetime]


@dataclass(slots=True)
class Verdict:
    """Counts of archive records (one meter, kind and slot each) and of snapshots; findings in words."""

    expected: int = 0
    stored: int = 0
    missing: int = 0
    wrong: int = 0
    snapshots: int = 0
    findings: list[str] = field(default_factory=list)

    def miss(self, subject: str) -> None:
        """A record that the plant has is not stored."""
        self.missing += 1
        self._note(f"{subject} is missing")

    def refute(self, subject: str, problem: str) -> None:
        """A record is stored that the plant did not produce so."""
        self.wrong += 1
        self._note(f"{subject}: {problem}")

    def _note(self, finding: str) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)


async def compare_stored(
    meters: Iterable[RegisteredMeter],
    readings: Readings,
    since: datetime,
    now: datetime,
    windows: Windows = WINDOWS,
    *,
    snapshots: bool = True,
) -> Verdict:
    """Every record the plant had at `since` must be stored, and everything stored must be true.

    Current values are judged where time stands still while they are read, or nearly: `snapshots`.
    """
    verdict = Verdict()
    for registered in meters:
        records = await _stored_records(registered, readings, now)
        _compare_records(registered, records, since, windows, verdict)
        if snapshots:
            await _compare_snapshots(registered, readings, now, verdict)
    return verdict


async def _stored_records(
    registered: RegisteredMeter, readings: Readings, now: datetime
) -> dict[RecordKey, dict[Key, ArchiveValue]]:
    records: dict[RecordKey, dict[Key, ArchiveValue]] = {}
    async for value in _archive_values(registered, readings, now):
        record = records.setdefault((value.kind, value.slot.start), {})
        record[value.quantity, value.circuit] = value
    return records


async def _archive_values(
    registered: RegisteredMeter, readings: Readings, now: datetime
) -> AsyncIterator[ArchiveValue]:
    for kind in ArchiveKind:
        after = None
        while page := await readings.archive(
            registered.meter_id, kind, BEGINNING, now + timedelta(days=3650), after=after, limit=PAGE
        ):
            for value in page:
                yield value
            last = page[-1]
            after = (last.slot.start, last.circuit, last.quantity)


def _compare_records(
    registered: RegisteredMeter,
    records: Mapping[RecordKey, Mapping[Key, ArchiveValue]],
    since: datetime,
    windows: Windows,
    verdict: Verdict,
) -> None:
    zone = MeterZone(registered.meter.zone)
    expected = {(kind, zone.to_utc(start)) for kind, start in _expected(registered, zone, since, windows)}
    verdict.expected += len(expected)
    verdict.stored += len(records)
    for kind, start in sorted(expected - records.keys()):
        verdict.miss(f"{_name(registered)}: {kind.value} {start}")
    for (kind, start), values in records.items():
        truths = registered.meter.truth_archive(kind, zone.to_meter_time(start))
        _judge(f"{_name(registered)}: {kind.value} {start}", values, truths, verdict)


def _expected(
    registered: RegisteredMeter, zone: MeterZone, since: datetime, windows: Windows
) -> Iterator[tuple[ArchiveKind, datetime]]:
    """What the meter has, within the windows, of slots that were closed when the demo began.

    Of its archives those count that its model declares.
    """
    then, info = zone.to_meter_time(since), _info(registered)
    for kind, window in windows.items():
        for slot in slots(kind, then - window, then) if info.depths.get(kind) else ():
            closed = slot.start if kind is ArchiveKind.TOTAL else slot.end
            if closed > then or not _is_declared(info, kind, slot):
                continue
            if registered.meter.truth_archive(kind, slot.start) is not None:
                yield kind, slot.start


def _info(registered: RegisteredMeter) -> DriverInfo:
    """What the model declares on its line."""
    return driver_for(registered.meter.model, LineUrl.parse(registered.url)).info


def _is_declared(info: DriverInfo, kind: ArchiveKind, slot: MeterSlot) -> bool:
    """Totals of a model stand at the starts of days, or of months alone."""
    months_alone = kind is ArchiveKind.TOTAL and info.totals_every is ArchiveKind.MONTH
    return not months_alone or slot.start.day == 1


def _judge(
    subject: str,
    values: Mapping[Key, ArchiveValue | SnapshotValue],
    truths: Truths | None,
    verdict: Verdict,
) -> None:
    problem = _problem(values, truths)
    if problem:
        verdict.refute(subject, problem)


def _problem(values: Mapping[Key, ArchiveValue | SnapshotValue], truths: Truths | None) -> str:
    if truths is None:
        return "the meter has no such record"
    for key, truth in truths.items():
        value = values[key].value if key in values else None
        if value is None:
            return f"{key[0]} is absent, the plant has {truth.value}"
        if not truth.admits(value):
            return f"{key[0]} is {value}, the plant has {truth.value}"
    return ""


async def _compare_snapshots(
    registered: RegisteredMeter, readings: Readings, now: datetime, verdict: Verdict
) -> None:
    values = await readings.snapshots(registered.meter_id, BEGINNING, now + timedelta(days=1), limit=PAGE)
    by_instant: dict[datetime, dict[Key, SnapshotValue]] = {}
    for value in values:
        by_instant.setdefault(value.read_at, {})[value.quantity, value.circuit] = value
    zone = MeterZone(registered.meter.zone)
    for read_at, snapshot in by_instant.items():
        verdict.snapshots += 1
        meter_time = next(iter(snapshot.values())).meter_time or zone.to_meter_time(read_at)
        truths = registered.meter.truth_snapshot(meter_time)
        _judge(f"{_name(registered)}: snapshot {read_at}", snapshot, truths, verdict)


def _name(registered: RegisteredMeter) -> str:
    return f"{registered.meter.model} {registered.meter.serial}"
