"""What the book of a pool promises to whoever calls through it, in the database and in memory."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

import pytest

from collector.dialling.fake import FakeBook
from collector.dialling.pool import ModemBook, PoolBook
from metering.calls import Call, CallResult, HungUpBy
from metering.modems import ModemIdentity
from metering.signals import SignalLevel, SignalReport, SignalSource
from storage.calls import Calls
from storage.modem_rows import RestingModem
from storage.modems import Modems
from storage.pool import Database
from storage.signals import Signals
from tests.support.registry import START

MINUTE = timedelta(minutes=1)
URLS = ("serial:/dev/ttyUSB0", "tcp://10.0.0.9:4001")


class Entries(ModemBook, Protocol):
    """The book together with the way in which modems come into it."""

    async def add_pool(self, name: str, collector: str | None = None) -> None: ...

    async def add_own(self, pool: str, url: str, *, pin: str = "") -> int: ...


@pytest.fixture(params=["memory", "database"])
def book(request: pytest.FixtureRequest) -> PoolBook:
    if request.param == "memory":
        memory = FakeBook(lambda: datetime.now(UTC))
        return PoolBook(memory, memory, memory)
    database: Database = request.getfixturevalue("database")
    return PoolBook(Modems(database), Calls(database), Signals(database))


@pytest.fixture
async def modems(book: PoolBook) -> Entries:
    """The pool `main` with two modems, which any collector reaches."""
    entries: Entries = book.modems  # type: ignore[assignment]
    await entries.add_pool("main")
    for url in URLS:
        await entries.add_own("main", url, pin="1234")
    return entries


async def test_its_time_is_what_leases_are_measured_with(modems: Entries) -> None:
    before = await modems.time()
    assert before.utcoffset() == timedelta()
    assert await modems.time() >= before


async def test_a_modem_has_one_holder(modems: Entries) -> None:
    first = await modems.lease("main", "north", START, START + MINUTE)
    second = await modems.lease("main", "south", START, START + MINUTE)
    assert first is not None
    assert second is not None
    assert {first.url, second.url} == set(URLS)
    assert await modems.lease("main", "north", START, START + MINUTE) is None


async def test_many_at_once_get_two_modems_in_all(modems: Entries) -> None:
    leases = (modems.lease("main", f"collector-{n}", START, START + MINUTE) for n in range(10))
    held = [lease for lease in await asyncio.gather(*leases) if lease is not None]
    assert sorted(lease.url for lease in held) == sorted(URLS)


async def test_a_pin_that_was_refused_is_lent_to_nobody(modems: Entries) -> None:
    for number, refused in enumerate([False, False, True, False]):
        now = START + number * MINUTE
        lease = await modems.lease("main", "north", now, now + MINUTE)
        assert lease is not None
        assert lease.pin == "1234"
        await modems.release(lease.id, "north", pin_refused=refused)
    pins = []
    for collector in ("north", "south"):
        lease = await modems.lease("main", collector, START + 4 * MINUTE, START + 9 * MINUTE)
        assert lease is not None
        pins.append(lease.pin)
    assert pins == ["", "1234"]


async def test_the_longest_unused_comes_first(modems: Entries) -> None:
    used = []
    for minute in range(4):
        now = START + minute * MINUTE
        lease = await modems.lease("main", "north", now, now + MINUTE)
        assert lease is not None
        await modems.release(lease.id, "north")
        used.append(lease.url)
    assert used == [*URLS, *URLS]


async def test_a_lease_that_ran_out_is_lost_to_the_next_holder(modems: Entries) -> None:
    first = await modems.lease("main", "north", START, START + MINUTE)
    assert first is not None
    assert await modems.renew(first.id, "north", START + 2 * MINUTE)
    await modems.lease("main", "east", START, START + 9 * MINUTE)
    assert await modems.lease("main", "south", START + MINUTE, START + 9 * MINUTE) is None
    taken = await modems.lease("main", "south", START + 2 * MINUTE, START + 9 * MINUTE)
    assert taken == first
    assert not await modems.renew(first.id, "north", START + 9 * MINUTE)
    await modems.release(first.id, "north", fault="not its business any more", failures=7)
    assert await modems.renew(first.id, "south", START + 9 * MINUTE)


async def test_a_modem_that_failed_rests_and_is_lent_with_its_failures(modems: Entries) -> None:
    first = await modems.lease("main", "north", START, START + MINUTE)
    other = await modems.lease("main", "north", START, START + 9 * MINUTE)
    assert first is not None
    assert other is not None
    rest = START + 2 * MINUTE
    await modems.release(first.id, "north", rest_until=rest, failures=2, fault="no SIM card")
    assert list(await modems.resting("main")) == [RestingModem(first.url, "no SIM card", rest)]
    assert await modems.lease("main", "north", START + MINUTE, START + 9 * MINUTE) is None
    again = await modems.lease("main", "north", rest, START + 9 * MINUTE)
    assert again is not None
    assert (again.id, again.pin, again.failures) == (first.id, "1234", 2)
    assert list(await modems.resting("main")) == []
    await modems.release(again.id, "north", identity=ModemIdentity(imei="356938035643809"))
    free = await modems.lease("main", "north", rest, START + 9 * MINUTE)
    assert free is not None
    assert free.failures == 0


async def test_an_owned_pool_is_its_collectors_alone(modems: Entries) -> None:
    await modems.add_pool("yard", "north")
    await modems.add_own("yard", "serial:/dev/ttyUSB7")
    assert await modems.lease("yard", "south", START, START + MINUTE) is None
    assert await modems.lease("yard", "north", START, START + MINUTE) is not None


async def test_a_pool_that_nobody_knows_lends_nothing(modems: Entries) -> None:
    assert await modems.lease("other", "north", START, START + MINUTE) is None
    assert list(await modems.resting("other")) == []


async def test_calls_and_levels_are_written_down(book: PoolBook, modems: Entries) -> None:
    lease = await modems.lease("main", "north", START, START + MINUTE)
    assert lease is not None
    report = SignalReport("CSQ 17,99")
    call = Call(
        UUID(int=1),
        lease.id,
        "+77015550001",
        "north",
        START,
        START + MINUTE,
        CallResult.CONNECTED,
        START + MINUTE / 2,
        HungUpBy.US,
        sent=5,
        received=300,
        signal=report,
    )
    await book.calls.save(call)
    await book.calls.save(call)
    await book.signals.add(lease.id, [SignalLevel(START, SignalSource.CALL, report)])
