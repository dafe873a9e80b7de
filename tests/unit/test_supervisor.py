"""Tasks of the collector are kept alive through errors of our tree and stopped by others."""

from __future__ import annotations

import asyncio

import pytest

from collector import supervisor
from collector.supervisor import supervise
from metering.errors import ConfigurationError, StorageUnavailable


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.001)


async def test_a_task_that_fails_is_started_again() -> None:
    stop, starts = asyncio.Event(), []

    async def task(stopped: asyncio.Event) -> None:
        starts.append(1)
        if len(starts) < 3:
            raise StorageUnavailable
        stopped.set()

    await supervise({"task": task}, stop)
    assert len(starts) == 3


async def test_a_wrong_configuration_stops_everything() -> None:
    async def wrong(stop: asyncio.Event) -> None:
        raise ConfigurationError("the database URL is wrong")

    async def other(stop: asyncio.Event) -> None:
        await stop.wait()

    with pytest.raises(ConfigurationError, match="database URL"):
        await supervise({"wrong": wrong, "other": other}, asyncio.Event())


async def test_an_error_that_is_not_ours_is_not_hidden() -> None:
    async def broken(stop: asyncio.Event) -> None:
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as caught:
        await supervise({"broken": broken}, asyncio.Event())
    assert caught.group_contains(ZeroDivisionError)


async def test_stop_ends_the_pause() -> None:
    stop = asyncio.Event()
    stop.set()
    await supervisor.wait(stop, 3600)
