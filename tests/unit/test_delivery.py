"""Everything is handed on once and in order: the database away, back, refusing, the collector cut short."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from collector.delivery import Delivery
from collector.entries import Entry, EntryKind
from collector.sinks import MemorySink
from collector.spool import Spool
from metering.calls import Call, CallResult
from metering.errors import StorageUnavailable
from metering.polls import Outcome, PollReport
from metering.signals import SignalLevel, SignalReport, SignalSource
from storage.modem_rows import Contact

AT = datetime(2026, 3, 1, tzinfo=UTC)
LATER = AT + timedelta(hours=13)


def report(number: int, message: str = "") -> PollReport:
    return PollReport(UUID(int=number), 1, "almaty", AT, AT, Outcome.OK, message)


def call(number: int) -> Call:
    return Call(UUID(int=number), 1, "+77015550001", "almaty", AT, AT, CallResult.BUSY)


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[Spool]:
    async with Spool(tmp_path / "spool.sqlite", limit=100_000) as spool:
        yield spool


@pytest.fixture
def sink() -> MemorySink:
    return MemorySink()


@pytest.fixture
def delivery(sink: MemorySink, spool: Spool) -> Delivery:
    return Delivery(sink, spool, lambda: LATER)


async def drained(delivery: Delivery) -> None:
    stop = asyncio.Event()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(delivery.drain(stop))
        await delivery.drained(stop)
        stop.set()


def values(sink: MemorySink) -> list[object]:
    return [one.value for one in sink.entries]


async def test_while_the_database_is_there_nothing_touches_the_disk(
    delivery: Delivery, sink: MemorySink, spool: Spool
) -> None:
    await delivery.save(report(1))
    assert (values(sink), spool.state().entries) == ([report(1)], 0)


async def test_what_was_read_while_it_is_away_follows_in_order(
    delivery: Delivery, sink: MemorySink, spool: Spool
) -> None:
    level = SignalLevel(AT, SignalSource.CALL, SignalReport("CSQ 14,99"))
    sink.away = True
    await delivery.save(report(1))
    await delivery.save_call(call(2))
    await delivery.save_levels(7, [level])
    await delivery.save_contacts([Contact(7, AT, 10, 20)])
    assert delivery.state.spool.entries == 4
    assert delivery.state.age == timedelta(hours=13)
    sink.away = False
    await delivery.save(report(3))
    assert values(sink) == []
    await drained(delivery)
    assert [one.kind for one in sink.entries] == [
        EntryKind.REPORT,
        EntryKind.CALL,
        EntryKind.LEVELS,
        EntryKind.CONTACTS,
        EntryKind.REPORT,
    ]
    assert values(sink)[:2] == [report(1), call(2)]
    assert (spool.state().entries, delivery.state.age) == (0, timedelta())
    await delivery.save(report(4))
    assert values(sink)[-1] == report(4)


async def test_draining_takes_batches(sink: MemorySink, spool: Spool) -> None:
    delivery = Delivery(sink, spool, lambda: LATER)
    sink.away = True
    for number in range(120):
        await delivery.save(report(number))
    sink.away = False
    with capture_logs() as told:
        await drained(delivery)
    assert [(one["event"], one["entries"]) for one in told] == [("spool is empty again", 120)]
    assert values(sink) == [report(number) for number in range(120)]
    assert sink.batches == [120]
    assert delivery.state.rate > 0


async def test_a_batch_that_takes_too_long_is_tried_in_parts(
    sink: MemorySink, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collector.delivery.BATCH", 64)
    monkeypatch.setattr("collector.delivery.FIRST_PAUSE", 0.001)
    delivery, put = Delivery(sink, spool, lambda: LATER), sink.put
    sink.away = True
    for number in range(120):
        await delivery.save(report(number))

    async def slow(entries: Sequence[Entry]) -> None:
        if len(entries) > 20:
            raise StorageUnavailable
        await put(entries)

    monkeypatch.setattr(sink, "put", slow)
    sink.away = False
    await drained(delivery)
    assert values(sink) == [report(number) for number in range(120)]
    assert set(sink.batches[:-1]) == {16}, "64 and 32 are too many, and after each success more are tried"


async def test_draining_waits_for_the_database(
    delivery: Delivery, sink: MemorySink, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collector.delivery.FIRST_PAUSE", 0.01)
    sink.away = True
    await delivery.save(report(1))
    tried = asyncio.Event()
    put = sink.put

    async def watched(entries: Sequence[Entry]) -> None:
        tried.set()
        await put(entries)

    monkeypatch.setattr(sink, "put", watched)
    stop = asyncio.Event()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(delivery.drain(stop))
        await tried.wait()
        assert spool.state().entries == 1
        sink.away = False
        await delivery.drained(stop)
        stop.set()
    assert values(sink) == [report(1)]


async def test_what_is_refused_for_good_blocks_nobody_and_is_kept(
    delivery: Delivery, sink: MemorySink, spool: Spool
) -> None:
    sink.away = True
    for number in range(9):
        await delivery.save(report(number))
    sink.away, sink.refuses = False, lambda entry: entry.value in (report(0), report(5))
    await drained(delivery)
    assert values(sink) == [report(number) for number in (1, 2, 3, 4, 6, 7, 8)]
    await delivery.save(report(5, "refused at once"))
    assert len(values(sink)) == 8
    kept = await spool.damaged()
    assert [Entry.unpacked(kind, AT, data).value for kind, data, _ in kept] == [report(0), report(5)]
    assert spool.state().damaged == 2


async def test_what_is_refused_at_once_is_kept_as_well(
    delivery: Delivery, sink: MemorySink, spool: Spool
) -> None:
    sink.refuses = lambda entry: True
    await delivery.save(report(1))
    assert (values(sink), spool.state().entries, spool.state().damaged) == ([], 0, 1)


async def test_bytes_that_nobody_understands_are_set_aside(
    delivery: Delivery, sink: MemorySink, spool: Spool
) -> None:
    await spool.append("report", AT, b"\x07 of a later version")
    await spool.append("prophecy", AT, b"\x01")
    await spool.append("report", AT, Entry.of_report(report(1)).packed())
    await drained(Delivery(sink, spool, lambda: LATER))
    assert values(sink) == [report(1)]
    assert spool.state().damaged == 2


async def test_away_and_full_is_told_to_the_caller(sink: MemorySink, tmp_path: Path) -> None:
    async with Spool(tmp_path / "small.sqlite", limit=700) as spool:
        delivery = Delivery(sink, spool, lambda: LATER)
        sink.away = True
        kept = 0
        with pytest.raises(StorageUnavailable, match="is full"):
            for number in range(10):
                await delivery.save(report(number))
                kept += 1
        sink.away = False
        await drained(delivery)
        assert values(sink) == [report(number) for number in range(kept)]


async def test_a_report_whose_saving_is_called_off_lies_on_the_disk(spool: Spool) -> None:
    class Slow(MemorySink):
        asked = asyncio.Event()

        async def put(self, entries: Sequence[Entry]) -> None:
            self.asked.set()
            await asyncio.Event().wait()

    slow = Slow()
    saving = asyncio.create_task(Delivery(slow, spool, lambda: LATER).save(report(1)))
    await slow.asked.wait()
    saving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saving
    sink = MemorySink()
    await drained(Delivery(sink, spool, lambda: LATER))
    assert values(sink) == [report(1)]


async def test_a_crash_between_put_and_remove_stores_nothing_twice(sink: MemorySink, tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    async with Spool(path, limit=100_000) as spool:
        delivery, sink.away = Delivery(sink, spool, lambda: LATER), True
        await delivery.save(report(1))
        sink.away = False
        (spooled,) = await spool.first(1)
        await sink.put([Entry.unpacked(spooled.kind, spooled.at, spooled.payload)])
    async with Spool(path, limit=100_000) as spool:
        await drained(Delivery(sink, spool, lambda: LATER))
    assert values(sink) == [report(1)]
