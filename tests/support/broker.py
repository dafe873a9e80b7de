"""A broker for tests, and a client that publishes to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import pytest

from collector.mqtt.address import BrokerAddress
from collector.mqtt.connection import Connection, connected
from collector.supervisor import wait
from teplo.broker import embedded_broker

T = TypeVar("T")
PATIENCE = 30.0


@pytest.fixture
async def broker() -> AsyncIterator[BrokerAddress]:
    """An embedded broker of its own on a free port."""
    async with embedded_broker("secret") as address:
        yield address


@asynccontextmanager
async def gateway(address: BrokerAddress) -> AsyncIterator[Connection]:
    """Somebody who publishes."""
    async with connected(address, "gateway", lasting=False) as connection:
        yield connection


@asynccontextmanager
async def running(run: Callable[[asyncio.Event], Awaitable[None]]) -> AsyncIterator[None]:
    """A part that runs until it is told to stop, and whose errors are the test's."""
    stop = asyncio.Event()
    task = asyncio.ensure_future(run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, PATIENCE)


async def until(ask: Callable[[], Awaitable[T]], holds: Callable[[T], bool] = bool) -> T:
    """What is answered once it holds; asked again whenever the loop has had its turn."""
    async with asyncio.timeout(PATIENCE):
        while not holds(answer := await ask()):
            await wait(asyncio.Event(), 0.02)
        return answer
