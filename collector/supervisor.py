"""Keeps the collector's tasks alive: a task that fails is told about and started again after a pause."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager

import structlog

from metering.errors import ConfigurationError, TeploError, only_ours

log = structlog.get_logger()

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 60.0

Task = Callable[[asyncio.Event], Awaitable[None]]
"""Runs until the event is set; an error of our tree starts it anew."""


async def supervise(tasks: Mapping[str, Task], stop: asyncio.Event) -> None:
    """Run all of these until `stop` is set and each has come to its end.

    A ConfigurationError, and every error that is not of our tree, stops all of them and is raised: starting
    again would not mend it.
    """
    try:
        async with asyncio.TaskGroup() as group:
            for name, task in tasks.items():
                group.create_task(_keep_alive(name, task, stop), name=name)
    except BaseExceptionGroup as group:
        error = only_ours(group)
        if error is None:
            raise
        raise error from group


async def _keep_alive(name: str, task: Task, stop: asyncio.Event) -> None:
    pause = FIRST_PAUSE
    while not stop.is_set():
        try:
            await task(stop)
            return
        except ConfigurationError:
            raise
        except TeploError as error:
            log.warning("task failed", task=name, error=str(error), again_in=pause)
        await wait(stop, pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def wait(stop: asyncio.Event, seconds: float) -> None:
    """Wait so long, or shorter when `stop` is set."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return


async def first_of(*events: asyncio.Event, timeout: float | None = None) -> None:
    """Wait until one of these is set, or so many seconds."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()


@asynccontextmanager
async def alongside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Does this beside the block, and no longer; its errors are raised when the block has ended well."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled():
        task.result()
