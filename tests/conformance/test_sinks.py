"""One suite for everything that takes entries: stored once, whatever order errors and repetitions come in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Protocol
from uuid import UUID

import pytest

from collector.entries import Entry, Sink, Value
from collector.sinks import DatabaseSink, MemorySink
from metering.calls import Call, CallResult
from metering.errors import StorageError, StorageUnavailable
from metering.polls import Outcome, PollReport
from metering.signals import SignalLevel, SignalReport, SignalSource
from storage.calls import Calls
from storage.heard import HeardContacts
from storage.modem_rows import Contact
from storage.modems import Modems
from storage.polls import Polls
from storage.pool import Database
from storage.signals import Signals
from storage.usage_points import Registry

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEVEL = SignalLevel(AT, SignalSource.CALL, SignalReport("CSQ 14,99"))
NOBODY = 10**9


class House(Protocol):
    """A sink, and ids that it knows."""

    sink: Sink
    meter: int
    modem: int

    async def reports(self) -> list[UUID]: ...

    async def carried(self) -> int:
        """Bytes to the modem on the day of these tests."""
        ...

    def go_away(self) -> None: ...


class MemoryHouse:
    """Knows meter 1 and modem 2."""

    def __init__(self) -> None:
        self.sink = MemorySink()
        self.meter, self.modem = 1, 2
        self.sink.refuses = lambda entry: (
            isinstance(entry.value, PollReport) and entry.value.meter_id == NOBODY
        )

    async def reports(self) -> list[UUID]:
        return [one.value.id for one in self.sink.entries if isinstance(one.value, PollReport)]

    async def carried(self) -> int:
        values: Sequence[Value] = [one.value for one in self.sink.entries]
        calls = sum(one.sent for one in values if isinstance(one, Call))
        return calls + sum(
            contact.sent for one in values if isinstance(one, HeardContacts) for contact in one.contacts
        )

    def go_away(self) -> None:
        self.sink.away = True


class DatabaseHouse:
    """A meter on a line, and a modem of a pool."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.sink = DatabaseSink(database)

    async def settle(self) -> DatabaseHouse:
        registry, modems = Registry(self.database), Modems(self.database)
        await modems.add_pool("main")
        line = await registry.add_line("csd:+77015550001?pool=main", "+77015550001", pool="main")
        self.meter = await registry.add_meter("77", "tem-104", "1", line, "+05:00")
        self.modem = await modems.add_own("main", "serial:/dev/ttyUSB0")
        return self

    async def reports(self) -> list[UUID]:
        return sorted(one.id for one in await Polls(self.database).list())

    async def carried(self) -> int:
        days = await Modems(self.database).traffic(self.modem, date(2026, 3, 1), date(2026, 3, 2))
        return sum(day.sent for day in days)

    def go_away(self) -> None:
        self.database.pool.terminate()


@pytest.fixture(params=["memory", "database"])
async def house(request: pytest.FixtureRequest, database: Database) -> House:
    return MemoryHouse() if request.param == "memory" else await DatabaseHouse(database).settle()


def report(number: int, meter: int) -> Entry:
    return Entry.of_report(PollReport(UUID(int=number), meter, "almaty", AT, AT, Outcome.METER_SILENT, "."))


def everything(house: House) -> list[Entry]:
    call = Call(UUID(int=9), house.modem, "+77015550001", "almaty", AT, AT, CallResult.BUSY, sent=5)
    return [
        report(1, house.meter),
        Entry.of_call(call),
        Entry.of_levels(house.modem, [LEVEL]),
        Entry.of_contacts([Contact(house.modem, AT, 10, 20)]),
        report(2, house.meter),
    ]


async def test_everything_is_taken(house: House) -> None:
    await house.sink.put(everything(house))
    assert await house.reports() == [UUID(int=1), UUID(int=2)]
    assert await house.carried() == 15


async def test_what_is_put_again_changes_nothing(house: House) -> None:
    """As after a crash between the putting and the forgetting: from bytes, and in other batches."""
    await house.sink.put(everything(house))
    for one in everything(house):
        await house.sink.put([Entry.unpacked(one.kind, one.at, one.packed())])
    await house.sink.put(everything(house)[2:])
    assert await house.reports() == [UUID(int=1), UUID(int=2)]
    assert await house.carried() == 15


async def test_one_that_is_refused_is_told_and_the_others_are_taken_alone(house: House) -> None:
    entries = [report(1, house.meter), report(2, NOBODY), report(3, house.meter)]
    with pytest.raises(StorageError) as refused:
        await house.sink.put(entries)
    assert not isinstance(refused.value, StorageUnavailable)
    for one in (entries[0], entries[2]):
        await house.sink.put([one])
    assert await house.reports() == [UUID(int=1), UUID(int=3)]


async def test_away_is_told_as_away(house: House) -> None:
    house.go_away()
    with pytest.raises(StorageUnavailable):
        await house.sink.put(everything(house))


async def test_calls_and_levels_stand_in_their_tables(database: Database) -> None:
    house = await DatabaseHouse(database).settle()
    await house.sink.put(everything(house))
    assert [one.call.id for one in await Calls(database).list()] == [UUID(int=9)]
    assert await Signals(database).latest(house.modem) == LEVEL
