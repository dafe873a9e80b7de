"""The job queue: one job = "serve this line". pgqueuer keeps it in the same database.

A line's key is unique while its job waits or runs, so a line is never served twice at once, and asking
again only raises the priority of a job that waits. What is due on a line lies in our own tables, never in
the job.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

import asyncpg
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver, AsyncpgPoolDriver
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.qm import QueueManager
from pgqueuer.core.tm import cancel_on_exit
from pgqueuer.domain.errors import FailingListenerError, PgqException
from pgqueuer.domain.models import Job

from metering.errors import StorageError, StorageUnavailable
from storage import sql
from storage.pool import Database, translated

_SQL = sql.statements("jobs")
_ENTRYPOINT: Final = "serve_line"
_HEARTBEAT: Final = timedelta(seconds=30)
_CONNECTIONS: Final = 4
_BATCH: Final = 10

OPERATORS_PRIORITY: Final = 100
"""Of a line on which a person waits: before every routine poll of the queue."""

ServeLine = Callable[[int], Awaitable[None]]
"""Serves the line with this id until nothing is due on it."""


def entrypoint(queue: str | None) -> str:
    """Where the jobs of such lines go: a collector's name, `pool:<name>`, or None for any collector."""
    return f"{_ENTRYPOINT}@{queue}" if queue else _ENTRYPOINT


class Jobs:
    """The asking side of the queue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def install(self) -> None:
        """Makes the queue's own tables, or brings older ones up to this version."""
        async with self._database.connection() as connection:
            await connection.execute(_SQL["lock"])
            try:
                await _install(Queries(AsyncpgDriver(connection)))
            finally:
                await connection.execute(_SQL["unlock"])

    async def request_line(self, line_id: int, queue: str | None = None, priority: int = 0) -> None:
        """Asks for the line to be served; while its job waits, only a higher priority counts."""
        await self.request_lines({line_id: queue}, priority)

    async def move_lines(self, lines: Mapping[int, str | None], dead_after: timedelta) -> set[int]:
        """Sends the lines' jobs to the queues given by line id; the lines whose jobs went there.

        A job that waits elsewhere goes at once; one that runs stays, unless its worker has given no sign of
        life for `dead_after`.
        """
        keys, names = [_key(line_id) for line_id in lines], [entrypoint(queue) for queue in lines.values()]
        rows = await self._database.rows(_SQL["move"], keys, names, dead_after)
        moved = {row["dedupe_key"] for row in rows}
        return {line_id for line_id in lines if _key(line_id) in moved}

    async def request_lines(self, lines: Mapping[int, str | None], priority: int = 0) -> None:
        """Asks for many lines at once: the queue of each by line id."""
        keys = [_key(line_id) for line_id in lines]
        present = {row["dedupe_key"] for row in await self._database.rows(_SQL["present"], keys, priority)}
        # Only what is missing is written: running jobs are renewed all the time, and would be waited for.
        # In order, as two who ask for the same lines would wait for each other crosswise.
        wanted = sorted((line_id, queue) for line_id, queue in lines.items() if _key(line_id) not in present)
        if not wanted:
            return
        async with self._database.connection() as connection:
            await Queries(AsyncpgDriver(connection)).enqueue(
                [entrypoint(queue) for _, queue in wanted],
                [str(line_id).encode() for line_id, _ in wanted],
                [priority] * len(wanted),
                dedupe_key=[_key(line_id) for line_id, _ in wanted],
                on_conflict="update_priority",
            )

    async def depth(self) -> dict[tuple[str, str], int]:
        """How many jobs there are by entrypoint and state (`queued`, `picked`)."""
        counts: Counter[tuple[str, str]] = Counter()
        async with self._database.connection() as connection:
            for size in await Queries(AsyncpgDriver(connection)).queue_size():
                counts[str(size.entrypoint), size.status] += size.count
        return dict(counts)


async def run_worker(
    url: str,
    entrypoints: Mapping[str, ServeLine],
    *,
    concurrency: int,
    stop: asyncio.Event,
    heartbeat: timedelta = _HEARTBEAT,
    limits: Mapping[str, int] = MappingProxyType({}),
) -> None:
    """Serves lines, at most `concurrency` (two or more) at once, until `stop` is set and the last one ends.

    `limits`: by entrypoint, how many of its lines all workers together may serve at once; each of them must
    be told the same. 0 or missing: as many as there are.

    Cancelling it cancels the running ones. Raises StorageUnavailable when the database goes away, after the
    running ones ended: start it again. A worker that died without a word loses its lines to the others after
    `heartbeat`.
    """
    with queue_translated():
        async with queue_connections(url) as pool:
            queries = Queries(AsyncpgPoolDriver(pool))
            if not await queries.schema_is_installed():
                raise StorageError("The database has no job queue: run `teplo migrate`.")
            manager = QueueManager(queries)
            running: set[asyncio.Task[Any]] = set()
            for name, serve in entrypoints.items():
                limit = limits.get(name, 0)
                manager.entrypoint(name, concurrency_limit=limit, accepts_context=False)(_job(serve, running))
            async with cancel_on_exit(asyncio.create_task(set_with(stop, manager.shutdown))):
                await _run(manager, running, concurrency, heartbeat)


@asynccontextmanager
async def queue_connections(url: str) -> AsyncIterator[Any]:
    """A pool for pgqueuer alone."""
    pool = await asyncpg.create_pool(url, min_size=0, max_size=_CONNECTIONS, timeout=10.0)
    try:
        yield pool
    finally:
        # Everything was said; a connection that was cut is never given back, so nobody may wait for it.
        pool.terminate()


async def _run(
    manager: QueueManager, running: set[asyncio.Task[Any]], concurrency: int, heartbeat: timedelta
) -> None:
    serving = asyncio.create_task(
        manager.run(
            dequeue_timeout=heartbeat,
            batch_size=min(max(concurrency // 2, 1), _BATCH),
            max_concurrent_tasks=max(concurrency, 2),
            shutdown_on_listener_failure=True,
            heartbeat_timeout=heartbeat,
        )
    )
    try:
        await asyncio.wait([serving])
    except asyncio.CancelledError:
        # The manager would wait for its jobs, and they for meters.
        for task in (serving, *running):
            task.cancel()
        await asyncio.wait([serving])
        raise
    await serving


def _key(line_id: int) -> str:
    return f"line:{line_id}"


async def _install(queries: Queries) -> None:
    if await queries.schema_is_installed():
        await queries.upgrade()
    else:
        await queries.install()


async def set_with(stop: asyncio.Event, shutdown: asyncio.Event) -> None:
    """Sets `shutdown` as soon as `stop` is."""
    await stop.wait()
    shutdown.set()


def _job(serve: ServeLine, running: set[asyncio.Task[Any]]) -> Callable[[Job], Awaitable[None]]:
    async def job(job: Job) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            await serve(int(job.payload or b""))
        finally:
            running.discard(task)

    return job


@contextmanager
def queue_translated() -> Iterator[None]:
    """Turns every error of the queue, and of the database under it, into one of our tree."""
    with translated():
        try:
            yield
        except FailingListenerError as error:
            raise StorageUnavailable(
                "The database does not tell of new jobs any more; connect again."
            ) from error
        except PgqException as error:
            raise StorageError(f"The job queue could not do what was asked. ({error})") from error
