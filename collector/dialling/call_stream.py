"""The bytes of a connected call: what the meter says told from what our modem says."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from collector.dialling.carrier_watch import SILENCE, CarrierWatch
from collector.dialling.modem_call import ModemCall
from metering.calls import CallResult, HungUpBy
from metering.errors import CallFailed, LineError, LineLost

T = TypeVar("T")
LEAVING: Final = 1.0
"""Seconds for what is under way on the port to come to its end before the port is closed under it."""


class CallStream:
    """`lost` says why the call is over, and is "" while it stands.

    A cancelled talker leaves the port open, since the call must be ended through it; `settle` waits until
    nothing is under way on the port.
    """

    def __init__(self, description: str, call: ModemCall) -> None:
        self.call = call
        self.lost = ""
        self._description = description
        self._watch = CarrierWatch()
        self._early = b""
        self._heard_at = _time()
        self._under_way: asyncio.Task[Any] | None = None

    async def listen(self, wait: float) -> bytes:
        """What the meter said within so many seconds; SILENCE is enough to tell the end of the call."""
        early, self._early = self._early, b""
        if early:
            return early
        try:
            return self._told_apart(await self._undisturbed(self.call.modem.port.receive(wait)))
        except LineError as error:
            return self._port_lost(error)

    async def send(self, data: bytes) -> None:
        """LineLost when the call is over; that is found out first."""
        while self._watch.noticed and not self.lost:
            self._early += await self.listen(SILENCE)
        if self.lost:
            raise LineLost(self.lost)
        try:
            await self._undisturbed(self.call.modem.port.send(data))
        except LineError as error:
            self._early += self._port_lost(error)
            raise LineLost(self.lost) from error
        self.call.account.sent += len(data)

    def drain(self) -> bytes:
        """What has come and nobody took."""
        early, self._early = self._early, b""
        return early + self._told_apart(self.call.modem.port.drain())

    async def settle(self) -> None:
        """Returns when nothing is under way on the port, if need be by closing it; sees who hung up."""
        if self._under_way is not None:
            await asyncio.wait([self._under_way], timeout=LEAVING)
            if not self._under_way.done():
                self._under_way.cancel()
                await self.call.modem.close()
                return
        self._told_apart(self.call.modem.port.drain())
        if self._watch.noticed:
            self._hung_up()

    def _told_apart(self, chunk: bytes) -> bytes:
        if chunk:
            self._heard_at = _time()
            data = self._watch.hear(chunk)
        elif self._watch.pending and _time() - self._heard_at >= SILENCE:
            data = self._watch.quiet()
            if self._watch.over:
                self._hung_up()
        else:
            data = b""
        self.call.account.received += len(data)
        return data

    def _hung_up(self) -> None:
        self.call.account.hung_up_by = HungUpBy.REMOTE
        self.lost = (
            f"{self._description} was cut: the meter's modem hung up, or the network dropped the call (NO "
            "CARRIER). Check that modem's power and signal level when it happens again."
        )

    def _port_lost(self, error: LineError) -> bytes:
        self.call.account.fault = CallFailed(f"The port was lost in a call. {error}", CallResult.MODEM_SILENT)
        self.lost = f"{self._description} was cut on our side. {error}"
        data = self._watch.quiet()
        self.call.account.received += len(data)
        return data

    async def _undisturbed(self, operation: Coroutine[Any, Any, T]) -> T:
        task = asyncio.ensure_future(operation)
        self._under_way = task
        return await asyncio.shield(task)


def _time() -> float:
    return asyncio.get_running_loop().time()
