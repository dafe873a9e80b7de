"""The link of a meter that is reached by a data call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager

from collector.dialling.call_stream import CallStream
from collector.dialling.carrier_watch import SILENCE
from collector.dialling.completion import completed
from collector.dialling.modem_call import ModemCall
from collector.links.turn import Turn
from metering.errors import CallFailed, LineBusy, LineLost, NotSupported


class CallLink:
    """Opening it calls the meter's modem, closing it hangs up; see the interface in `collector.links`.

    `dial` brings a connected call or raises CallFailed, `hang_up` takes it back.
    """

    def __init__(
        self,
        line: str,
        dial: Callable[[], Awaitable[ModemCall]],
        hang_up: Callable[[ModemCall], Awaitable[None]],
    ) -> None:
        self._line = line
        self._dial = dial
        self._hang_up = hang_up
        self._stream: CallStream | None = None
        self._ending: asyncio.Task[None] | None = None
        self._lost = ""
        self._talk = Turn()

    @property
    def description(self) -> str:
        stream = self._stream
        return self._line if stream is None else f"{self._line} via {stream.call.modem.url}"

    async def open(self) -> None:
        with self._turn():
            if self._stream is not None:
                raise LineBusy(f"{self.description} is open already; one line has one talker at a time.")
            await self._ended()
            try:
                call = await self._dial()
            except CallFailed as error:
                said = f"{self.description} cannot be opened: {error}"
                raise CallFailed(said, error.result, error.cause) from error
            self._stream = CallStream(f"{self._line} via {call.modem.url}", call)
            self._lost = ""
            call.lease.on_loss = self._lease_lost

    async def close(self) -> None:
        self._abandon()
        self._lost = ""
        await self._ended()

    async def send(self, data: bytes) -> None:
        with self._turn():
            await self._open_stream().send(data)

    async def receive(self, timeout: float) -> bytes:
        with self._turn():
            until = _time() + timeout
            while True:
                left = max(until - _time(), 0.0)
                data = await self._open_stream().listen(min(left, SILENCE))
                if data or _time() >= until:
                    return data

    def drain(self) -> bytes:
        with self._turn():
            return b"" if self._stream is None or self._stream.lost else self._stream.drain()

    async def retune(self, baud: int, parity: str) -> None:
        raise NotSupported(
            f"{self.description} has no serial settings that we can reach: set {baud} baud, parity {parity}, "
            "in the meter's modem, with AT+IPR and AT+ICF or with its own program."
        )

    def _turn(self) -> AbstractContextManager[None]:
        return self._talk.taken(self.description, self._abandon)

    def _open_stream(self) -> CallStream:
        if self._stream is None:
            raise LineLost(self._lost or f"{self.description} is closed.")
        if self._stream.lost:
            raise LineLost(self._stream.lost)
        return self._stream

    def _lease_lost(self) -> None:
        self._lost = (
            f"{self.description} was cut: our modem went to another collector. Check that the database "
            "answers in time."
        )
        self._abandon()

    def _abandon(self) -> None:
        """The call ends in the background; a talker finds the line closed."""
        stream, self._stream = self._stream, None
        if stream is not None:
            self._ending = asyncio.create_task(self._end(stream), name=f"end of {self._line}")

    async def _end(self, stream: CallStream) -> None:
        await stream.settle()
        await self._hang_up(stream.call)

    async def _ended(self) -> None:
        if self._ending is not None:
            await completed(self._ending)
            self._ending = None


def _time() -> float:
    return asyncio.get_running_loop().time()
