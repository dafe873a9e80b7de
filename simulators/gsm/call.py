"""A connected call: bytes between a modem of ours and the meters behind the modem that answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from metering.errors import LineError
from simulators.gsm.call_log import Ending
from simulators.lines import Caller, FarEnd

AIR_SPEED: Final = 960.0
"""Bytes a second of a bearer of 9600 bit/s."""
BURST: Final = 30
"""Bytes of one RLP frame of 240 bits: a long answer comes in pieces."""
_MOST_UNDER_WAY: Final = 4096
"""Bursts in one direction; further ones are lost."""


class Air(Protocol):
    """What the network does to the bytes of a call."""

    def passage(self) -> float:
        """How long bytes are under way now, in seconds."""
        ...

    def airtime(self, size: int) -> float:
        """How long it takes to send so many bytes, in seconds."""
        ...

    def weather(self, data: bytes) -> bytes:
        """What arrives of these bytes."""
        ...


class Pipe:
    """One direction: bursts arrive late, in their order; `end` arrives behind all of them."""

    def __init__(self, air: Air, deliver: Callable[[bytes], Awaitable[None]]) -> None:
        self._air = air
        self._deliver = deliver
        self._under_way: asyncio.Queue[tuple[float, bytes | None]] = asyncio.Queue(_MOST_UNDER_WAY)
        self._last = 0.0

    def put(self, data: bytes) -> None:
        now = asyncio.get_running_loop().time()
        self._last = max(self._last, now + self._air.passage())
        for start in range(0, len(data), BURST):
            burst = data[start : start + BURST]
            self._last += self._air.airtime(len(burst))
            if not self._under_way.full():
                self._under_way.put_nowait((self._last, self._air.weather(burst)))

    def end(self) -> None:
        """Lets `run` finish once everything before has arrived."""
        if self._under_way.full():
            self._under_way.get_nowait()
        self._under_way.put_nowait((self._last, None))

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, burst = await self._under_way.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if burst is None:
                return
            await self._deliver(burst)


class Call:
    """To the modem it is the network, to the meters it is the caller. `ended` is told once how it ended.

    `mute`: nothing passes. `breaks_at`: the call breaks in the middle of that answer of the meters, from 1.
    """

    def __init__(
        self,
        air: Air,
        caller: Caller,
        far_end: FarEnd,
        ended: Callable[[Ending], None],
        *,
        mute: bool = False,
        breaks_at: int | None = None,
    ) -> None:
        self._caller = caller
        self._ended = ended
        self._mute = mute
        self._answers_left = breaks_at
        self._ending = Ending.HUNG_UP
        self._closing = False
        self._connection = far_end.connect(self)
        self._up = Pipe(air, self._tell_the_meters)
        self._down = Pipe(air, self._tell_our_modem)
        self._sending = asyncio.create_task(self._up.run())
        self._life = asyncio.create_task(self._live())

    def send(self, data: bytes) -> None:
        """Bytes of our modem for the meters."""
        if not self._mute:
            self._up.put(data)

    async def hang_up(self) -> None:
        """Our side ends the call; whatever is under way is lost."""
        if not self._closing:
            self._life.cancel()
        await asyncio.gather(self._life, return_exceptions=True)
        await self._close()

    def say(self, data: bytes) -> None:
        """The meters answer."""
        if self._ending is not Ending.HUNG_UP or self._mute:
            return
        if self._breaks_within(data):
            self._down.put(data[: len(data) // 2])
            self._end(Ending.CUT)
        else:
            self._down.put(data)

    def cut(self) -> None:
        """The meters' side hangs up."""
        if self._ending is Ending.HUNG_UP:
            self._end(Ending.HUNG_UP_REMOTELY)

    def _end(self, ending: Ending) -> None:
        self._ending = ending
        self._down.end()

    def _breaks_within(self, data: bytes) -> bool:
        """An answer of one byte has no middle and is not counted."""
        if self._answers_left is None or len(data) < 2:
            return False
        self._answers_left -= 1
        return self._answers_left == 0

    async def _live(self) -> None:
        await self._down.run()
        await self._close()
        self._caller.cut()

    async def _close(self) -> None:
        if self._closing:
            return
        self._closing = True
        self._sending.cancel()
        await asyncio.gather(self._sending, return_exceptions=True)
        await self._connection.close()
        self._ended(self._ending)

    async def _tell_the_meters(self, data: bytes) -> None:
        try:
            await self._connection.hear(data)
        except (OSError, LineError):  # what is behind the remote modem is away: it drops the call
            self.cut()

    async def _tell_our_modem(self, data: bytes) -> None:
        self._caller.say(data)
