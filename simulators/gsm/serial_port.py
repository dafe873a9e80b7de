"""A pseudo terminal that tells its far end when somebody opens it and closes it, as DTR tells a modem."""

from __future__ import annotations

import asyncio
import os
import select
import tty
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Final

from metering.errors import LineError
from simulators.lines import LARGEST_READ, FarEnd

_LOOK: Final = 0.01
"""Seconds between two looks whether somebody opened the port."""
_MOST_UNHEARD: Final = 64
"""Reads that may wait while the far end is busy."""


@asynccontextmanager
async def serial_port(far_end: FarEnd) -> AsyncIterator[str]:
    """A serial port in raw mode; gives the path of its device."""
    ours, theirs = os.openpty()
    try:
        tty.setraw(theirs)
        path = os.ttyname(theirs)
        os.close(theirs)
        os.set_blocking(ours, False)
        serving = asyncio.create_task(_serve(ours, far_end))
        try:
            yield path
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
    finally:
        os.close(ours)


class _Caller:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def say(self, data: bytes) -> None:
        with suppress(OSError):  # nobody reads, or the port was closed just now
            os.write(self._descriptor, data)

    def cut(self) -> None:
        return


async def _serve(descriptor: int, far_end: FarEnd) -> None:
    while True:
        await _opened(descriptor)
        connection = far_end.connect(_Caller(descriptor))
        try:
            async with aclosing(_heard(descriptor)) as heard:
                async for data in heard:
                    with suppress(OSError, LineError):
                        await connection.hear(data)
        finally:
            await connection.close()


async def _opened(descriptor: int) -> None:
    looking = select.poll()
    looking.register(descriptor, 0)
    while looking.poll(0):  # noqa: ASYNC110 - a terminal announces its being closed, not its being opened
        await asyncio.sleep(_LOOK)


async def _heard(descriptor: int) -> AsyncGenerator[bytes, None]:
    """What the caller says until the port is closed."""
    loop = asyncio.get_running_loop()
    unheard: asyncio.Queue[bytes] = asyncio.Queue(_MOST_UNHEARD)

    def take() -> None:
        if unheard.full():
            return
        try:
            unheard.put_nowait(os.read(descriptor, LARGEST_READ))
        except BlockingIOError:
            return
        except OSError:  # the last one who had it open closed it
            loop.remove_reader(descriptor)
            unheard.put_nowait(b"")

    loop.add_reader(descriptor, take)
    try:
        while data := await unheard.get():
            yield data
    finally:
        loop.remove_reader(descriptor)
