"""Keeps the collector's tasks alive: a task that fails is told about and started again after a pause."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager

import structlog

from metering.errors import ConfigurationError, TeploError, only_ours

log = structlog.get_logger()

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0
"""Shorter than a collector's life without a word."""
HEALTHY = 60.0
"""A task that ran so long begins anew with the first pause."""

Task = Callable[[asyncio.Event], Awaitable[None]]
"""Runs until the event is set; an error of our tree starts it anew."""


async def supervise(tasks: Mapping[str, Task], stop: asyncio.Event) -> None:
    """Run all of these until `stop` is set and each has come to its end.

    A ConfigurationError, and every error that is not of our tree, stops all of them and is raised: starting
    again would not mend it.
    """
    with ungrouped():
        async with asyncio.TaskGroup() as group:
            for name, task in tasks.items():
                group.create_task(_keep_alive(name, task, stop), name=name)


@contextmanager
def ungrouped() -> Iterator[None]:
    """Raises the error of our tree that a group of errors is about; a group with others as it is."""
    try:
        yield
    except BaseExceptionGroup as group:
        error = only_ours(group)
        if error is None:
            raise
        raise error from group


async def _keep_alive(name: str, task: Task, stop: asyncio.Event) -> None:
    pause, loop, telling = FIRST_PAUSE, asyncio.get_running_loop(), _Telling(name)
    while not stop.is_set():
        begun = loop.time()
        try:
            await task(stop)
            return
        except ConfigurationError:
            raise
        except TeploError as error:
            pause = FIRST_PAUSE if loop.time() - begun >= HEALTHY else pause
            telling.failed(str(error), pause)
        await wait(stop, pause)
        pause = min(pause * 2, LONGEST_PAUSE)


class _Telling:
    """What fails for days in the same way is told ever more rarely: at its 1st, 2nd, 4th, 8th time."""

    def __init__(self, task: str) -> None:
        self._task = task
        self._error = ""
        self._times = 0

    def failed(self, error: str, pause: float) -> None:
        anew = error != self._error or pause == FIRST_PAUSE
        self._error, self._times = error, 1 if anew else self._times + 1
        if self._times & (self._times - 1) == 0:
            log.warning("task failed", task=self._task, error=error, times=self._times, again_in=pause)


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
