"""Leases of modems where collectors really fight for them: many connections, one transaction each."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

from storage.modem_rows import Contact
from storage.modems import Modems
from storage.pool import Database
from storage.usage_points import Registry
from tests.support.registry import START

COLLECTORS = [f"collector-{number}" for number in range(8)]
CALLS = 25
LONG = timedelta(hours=1)


async def test_eight_collectors_fight_for_three_modems_and_no_modem_has_two_holders(
    database_url: str,
) -> None:
    holders: dict[int, str] = {}
    calls: Counter[str] = Counter()
    refused = 0

    async def work(modems: Modems, collector: str) -> None:
        nonlocal refused
        while calls[collector] < CALLS:
            leased = await modems.lease("main", collector, START, START + LONG)
            if leased is None:
                refused += 1
                continue
            assert leased.id not in holders, f"{collector} and {holders[leased.id]} hold one modem"
            holders[leased.id] = collector
            assert await modems.renew(leased.id, collector, START + LONG)
            del holders[leased.id]
            calls[collector] += 1
            await modems.release(leased.id, collector)

    async with Database(database_url, size=2 * len(COLLECTORS)) as database:
        modems = Modems(database)
        await modems.add_pool("main")
        for number in range(3):
            await modems.add_own("main", f"tcp://10.0.0.{number}:4001")
        async with asyncio.timeout(60), asyncio.TaskGroup() as fight:
            for collector in COLLECTORS:
                fight.create_task(work(modems, collector))
    assert calls == dict.fromkeys(COLLECTORS, CALLS)
    assert refused > 0


async def test_a_lease_that_ran_out_is_taken_over_by_one_of_many(database_url: str) -> None:
    async with Database(database_url, size=len(COLLECTORS)) as database:
        modems = Modems(database)
        await modems.add_pool("main")
        modem = await modems.add_own("main", "tcp://10.0.0.1:4001")
        for turn in range(10):
            now = START + turn * LONG
            leases = await asyncio.gather(
                *(modems.lease("main", collector, now, now + LONG) for collector in COLLECTORS)
            )
            winners = [name for name, lease in zip(COLLECTORS, leases, strict=True) if lease]
            assert len(winners) == 1
            renewed = [await modems.renew(modem, name, now + LONG) for name in COLLECTORS]
            assert renewed == [name in winners for name in COLLECTORS]


async def test_collectors_that_heard_the_same_modems_do_not_lock_each_other_out(database_url: str) -> None:
    async with Database(database_url, size=len(COLLECTORS)) as database:
        registry, modems = Registry(database), Modems(database)
        for number in range(200):
            await registry.add_line(f"inbound:meter-{number}", f"meter-{number}")
        ids = [line.modem_id for line in await modems.inbound_lines()]
        batches = [
            [Contact(one, START, 1, 2) for one in ids],
            [Contact(one, START, 1, 2) for one in ids[::-1]],
        ]
        async with asyncio.timeout(60), asyncio.TaskGroup() as together:
            for turn in range(40):
                together.create_task(modems.heard(batches[turn % 2]))
                name = COLLECTORS[turn % 2]
                together.create_task(modems.hold([(one, "10.1.1.1:1") for one in ids[::-1]], name, START))
                together.create_task(modems.let_go(ids, name))
                together.create_task(modems.let_go_all(name))
        day = START.date()
        for one in (ids[0], ids[-1]):
            (traffic,) = await modems.traffic(one, day, day + timedelta(days=1))
            assert (traffic.sent, traffic.received) == (40, 80)
