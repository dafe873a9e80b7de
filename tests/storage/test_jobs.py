"""Lines are served through the queue: all of them, by several workers, and none twice at once."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from types import MappingProxyType

import pytest

from metering.errors import StorageError, StorageUnavailable
from storage.jobs import Jobs, ServeLine, entrypoint, run_worker
from storage.pool import Database

ANY = entrypoint(None)
SOON = timedelta(seconds=1)
LONG = timedelta(minutes=1)

HANGING_WORKER = """
import asyncio, sys
from datetime import timedelta
from storage.jobs import run_worker

async def hang(line_id):
    print("serving", line_id, flush=True)
    await asyncio.Event().wait()

url, entrypoint, limit = sys.argv[1:]
asyncio.run(run_worker(url, {entrypoint: hang}, concurrency=2, stop=asyncio.Event(),
                       heartbeat=timedelta(seconds=1), limits={entrypoint: int(limit)}))
"""


@asynccontextmanager
async def worker(
    database: Database,
    entrypoints: Mapping[str, ServeLine],
    *,
    concurrency: int = 20,
    limits: Mapping[str, int] = MappingProxyType({}),
) -> AsyncIterator[asyncio.Task[None]]:
    """A worker that is stopped, and must end, when the block ends."""
    stop = asyncio.Event()
    task = asyncio.create_task(
        run_worker(
            database.url, entrypoints, concurrency=concurrency, stop=stop, heartbeat=SOON, limits=limits
        )
    )
    try:
        yield task
    finally:
        stop.set()
        async with asyncio.timeout(30):
            await asyncio.wait([task])


async def die_while_serving(database: Database, name: str, limit: int = 0) -> None:
    """A worker takes line 7 from this entrypoint and dies without a word."""
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HANGING_WORKER, database.url, name, str(limit), stdout=asyncio.subprocess.PIPE
    )
    assert killed.stdout is not None
    assert await killed.stdout.readline() == b"serving 7\n"
    killed.kill()
    await killed.communicate()


async def test_two_workers_serve_all_lines_and_none_twice_at_once(database: Database) -> None:
    jobs, lines = Jobs(database), range(1, 201)
    everything_served = asyncio.Event()
    serving: set[int] = set()
    served: Counter[int] = Counter()
    most = 0

    async def serve(line_id: int) -> None:
        nonlocal most
        assert line_id not in serving
        serving.add(line_id)
        most = max(most, len(serving))
        await jobs.request_line(line_id, priority=1)  # an operator asks while it is being served
        serving.remove(line_id)
        served[line_id] += 1
        if len(served) == len(lines):
            everything_served.set()

    await jobs.request_lines(dict.fromkeys(lines))
    async with worker(database, {ANY: serve}), worker(database, {ANY: serve}), asyncio.timeout(60):
        await everything_served.wait()
    assert set(served.values()) == {1}
    assert most > 1
    assert await jobs.depth() == {}


async def test_no_worker_serves_more_lines_at_once_than_it_may(database: Database) -> None:
    jobs, lines = Jobs(database), range(1, 31)
    serving = most = 0
    left = len(lines)
    all_served = asyncio.Event()

    async def serve(line_id: int) -> None:
        nonlocal serving, most, left
        serving += 1
        most = max(most, serving)
        await database.value("select 1")
        serving -= 1
        left -= 1
        if not left:
            all_served.set()

    await jobs.request_lines(dict.fromkeys(lines))
    async with worker(database, {ANY: serve}, concurrency=4), asyncio.timeout(60):
        await all_served.wait()
    assert 1 < most <= 4


async def test_lines_of_a_collector_are_served_there_alone(database: Database) -> None:
    jobs = Jobs(database)
    served: dict[str, list[int]] = {"north": [], "south": []}
    both_served = asyncio.Event()

    def at(name: str) -> ServeLine:
        async def serve(line_id: int) -> None:
            served[name].append(line_id)
            if all(served.values()):
                both_served.set()

        return serve

    await jobs.request_line(1, "north")
    await jobs.request_line(2, "south")
    async with (
        worker(database, {entrypoint("north"): at("north")}),
        worker(database, {entrypoint("south"): at("south")}),
        asyncio.timeout(30),
    ):
        await both_served.wait()
    assert served == {"north": [1], "south": [2]}


async def test_the_more_urgent_line_comes_first(database: Database) -> None:
    jobs = Jobs(database)
    served: list[int] = []
    all_served = asyncio.Event()

    async def serve(line_id: int) -> None:
        served.append(line_id)
        if len(served) == 3:
            all_served.set()

    for line, priority in ((1, 0), (2, 9), (3, 5)):
        await jobs.request_line(line, priority=priority)
    async with worker(database, {ANY: serve}, concurrency=2), asyncio.timeout(30):
        await all_served.wait()
    assert served == [2, 3, 1]


async def test_a_line_that_failed_leaves_the_queue_and_the_worker_goes_on(database: Database) -> None:
    jobs = Jobs(database)
    all_served = asyncio.Event()

    async def serve(line_id: int) -> None:
        if line_id == 1:
            raise ValueError("a mistake of the collector")
        all_served.set()

    await jobs.request_line(1, priority=1)
    await jobs.request_line(2)
    async with worker(database, {ANY: serve}), asyncio.timeout(30):
        await all_served.wait()
    assert await jobs.depth() == {}


async def test_stopping_lets_running_lines_end(database: Database) -> None:
    jobs = Jobs(database)
    begun, may_end, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def serve(line_id: int) -> None:
        begun.set()
        await may_end.wait()
        ended.set()

    await jobs.request_line(1)
    async with worker(database, {ANY: serve}), asyncio.timeout(30):
        await begun.wait()
        asyncio.get_running_loop().call_soon(may_end.set)
    assert ended.is_set()


async def test_a_cancelled_worker_gives_its_line_back_at_the_next_request(database: Database) -> None:
    jobs = Jobs(database)
    begun, cut, again = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def hang(line_id: int) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cut.set()
            raise

    async def serve(line_id: int) -> None:
        again.set()

    await jobs.request_line(1)
    async with worker(database, {ANY: hang}) as task, asyncio.timeout(30):
        await begun.wait()
        task.cancel()
        await cut.wait()
    await jobs.request_line(1)
    async with worker(database, {ANY: serve}), asyncio.timeout(30):
        await again.wait()


async def test_the_line_of_a_killed_worker_is_served_by_another(database: Database) -> None:
    jobs, served = Jobs(database), asyncio.Event()

    async def serve(line_id: int) -> None:
        assert line_id == 7
        served.set()

    await jobs.request_line(7)
    await die_while_serving(database, ANY)
    async with worker(database, {ANY: serve}), asyncio.timeout(30):
        await served.wait()


async def test_a_worker_ends_when_its_database_is_cut_off(database: Database) -> None:
    jobs, begun = Jobs(database), asyncio.Event()

    async def serve(line_id: int) -> None:
        begun.set()

    await jobs.request_line(1)
    async with worker(database, {ANY: serve}) as task, asyncio.timeout(60):
        await begun.wait()
        await database.value(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )
        with pytest.raises(StorageUnavailable):
            await task


async def test_a_worker_wants_a_migrated_database(empty_database_url: str) -> None:
    with pytest.raises(StorageError, match="teplo migrate"):
        await run_worker(empty_database_url, {}, concurrency=2, stop=asyncio.Event())


async def test_a_worker_wants_a_database() -> None:
    with pytest.raises(StorageUnavailable):
        await run_worker("postgresql://teplo@/x?host=/nowhere", {}, concurrency=2, stop=asyncio.Event())


async def test_a_limit_of_an_entrypoint_is_one_over_all_workers(database: Database) -> None:
    jobs, lines, calls = Jobs(database), range(1, 11), entrypoint("pool:main")
    serving = most = 0
    served: Counter[int] = Counter()
    all_served = asyncio.Event()

    async def serve(line_id: int) -> None:
        nonlocal serving, most
        serving += 1
        most = max(most, serving)
        for _ in range(10):  # long enough for the other worker to look for jobs
            await database.value("select 1")
        serving -= 1
        served[line_id] += 1
        if len(served) == len(lines):
            all_served.set()

    await jobs.request_lines(dict.fromkeys(lines, "pool:main"))
    limits = {calls: 2}
    async with (
        worker(database, {calls: serve}, limits=limits),
        worker(database, {calls: serve}, limits=limits),
        asyncio.timeout(60),
    ):
        await all_served.wait()
    assert most == 2
    assert set(served.values()) == {1}


async def test_asking_for_a_line_that_is_served_never_waits_for_its_worker(database: Database) -> None:
    """The worker renews its jobs in batches, in no order: whoever waited for one could wait crosswise."""
    jobs, begun, may_end = Jobs(database), asyncio.Event(), asyncio.Event()

    async def serve(line_id: int) -> None:
        begun.set()
        await may_end.wait()

    await jobs.request_line(7)
    async with worker(database, {ANY: serve}), asyncio.timeout(30):
        await begun.wait()
        async with database.transaction() as renewing:
            await renewing.execute("update pgqueuer set heartbeat = now()")
            async with asyncio.timeout(5):
                await jobs.request_line(7, priority=10)
        may_end.set()
    assert await jobs.depth() == {}


async def test_two_who_ask_for_the_same_lines_do_not_lock_each_other_out(database: Database) -> None:
    jobs, lines = Jobs(database), range(1, 2001)
    for urgency in range(5):
        await asyncio.gather(
            jobs.request_lines(dict.fromkeys(lines), urgency),
            jobs.request_lines(dict.fromkeys(reversed(lines)), urgency),
        )
    assert await jobs.depth() == {(ANY, "queued"): len(lines)}


async def test_a_waiting_line_is_moved_to_the_collector_that_can_open_it_now(database: Database) -> None:
    jobs, served = Jobs(database), asyncio.Event()

    async def serve(line_id: int) -> None:
        assert line_id == 7
        served.set()

    await jobs.request_line(7, "north", priority=3)
    assert await jobs.move_lines({7: "south"}, LONG) == {7}
    assert await jobs.move_lines({7: "south"}, LONG) == set()
    assert await jobs.move_lines({8: "south"}, LONG) == set()
    assert await jobs.depth() == {(entrypoint("south"), "queued"): 1}
    async with worker(database, {entrypoint("south"): serve}), asyncio.timeout(30):
        await served.wait()


async def test_many_lines_are_moved_at_once_each_to_its_own_queue(database: Database) -> None:
    jobs = Jobs(database)
    await jobs.request_lines({1: None, 2: None, 3: "north"})
    assert await jobs.move_lines({1: "north", 2: "pool:main", 3: "north", 4: "north"}, LONG) == {1, 2}
    assert await jobs.depth() == {(entrypoint("north"), "queued"): 2, (entrypoint("pool:main"), "queued"): 1}
    assert await jobs.move_lines({}, LONG) == set()


async def test_a_line_that_is_being_served_is_not_moved(database: Database) -> None:
    jobs, begun, may_end = Jobs(database), asyncio.Event(), asyncio.Event()

    async def serve(line_id: int) -> None:
        begun.set()
        await may_end.wait()

    await jobs.request_line(7)
    async with worker(database, {ANY: serve}), asyncio.timeout(30):
        await begun.wait()
        assert await jobs.move_lines({7: "south"}, LONG) == set()
        may_end.set()
    assert await jobs.depth() == {}


@pytest.mark.parametrize("limit", [0, 1], ids=["without a limit", "with a limit"])
async def test_the_line_of_a_dead_worker_is_moved_and_served_elsewhere(
    database: Database, limit: int
) -> None:
    jobs, served = Jobs(database), asyncio.Event()

    async def serve(line_id: int) -> None:
        assert line_id == 7
        served.set()

    north, south = entrypoint("north"), entrypoint("south")
    await jobs.request_line(7, "north")
    await die_while_serving(database, north, limit)
    assert await jobs.move_lines({7: "south"}, LONG) == set()
    # As if the silence had lasted.
    await database.value("update pgqueuer set heartbeat = heartbeat - $1::interval", 2 * LONG)
    assert await jobs.depth() == {(north, "picked"): 1}
    assert await jobs.move_lines({7: "south"}, LONG) == {7}
    async with worker(database, {south: serve}, limits={south: limit}), asyncio.timeout(30):
        await served.wait()
    assert await jobs.depth() == {}
