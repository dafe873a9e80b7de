"""Tasks of the collector are kept alive through errors of our tree and stopped by others."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from collector import supervisor
from collector.supervisor import supervise
from metering.errors import ConfigurationError, StorageUnavailable
from tests.instant_loop import run_instantly


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


def test_a_task_that_ran_well_begins_anew_with_the_first_pause() -> None:
    starts: list[float] = []

    async def task(stop: asyncio.Event) -> None:
        starts.append(asyncio.get_running_loop().time())
        if len(starts) == 21:
            await supervisor.wait(stop, 3600)
        if len(starts) == 22:
            stop.set()
        raise StorageUnavailable

    async def supervised() -> None:
        await supervise({"task": task}, asyncio.Event())

    run_instantly(supervised())
    pauses = [later - sooner for sooner, later in pairwise(starts)]
    assert pauses[0] == pytest.approx(0.001)
    assert max(pauses[:20]) == pytest.approx(supervisor.LONGEST_PAUSE), "the database was away"
    assert pauses[20] == pytest.approx(3600.001, abs=1e-4)


def test_a_failure_that_lasts_is_told_ever_more_rarely() -> None:
    async def through() -> None:
        stop, starts = asyncio.Event(), []

        async def away(stopped: asyncio.Event) -> None:
            starts.append(1)
            if len(starts) == 40:
                stopped.set()
            raise StorageUnavailable("away" if len(starts) != 20 else "too many connections")

        await supervise({"away": away}, stop)

    with capture_logs() as told:
        run_instantly(through())
    times = [one["times"] for one in told]
    assert times == [1, 2, 4, 8, 16, 1, 1, 2, 4, 8, 16]
    assert told[5]["error"] == "too many connections"
