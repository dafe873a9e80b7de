"""A modem's calls: dialling, data mode, escape and hanging up. To the network it is the caller."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from simulators.gsm import codes
from simulators.gsm.call import Call
from simulators.gsm.codes import ResultCode
from simulators.gsm.commands import Action, ModemState
from simulators.gsm.endings import Cause, Failure, Wait
from simulators.gsm.escape import EscapeWatch
from simulators.gsm.network import Network
from simulators.gsm.settings import ESCAPE, WAIT

_DEAF_TO_ABORTING: Final = 0.125
"""Seconds after the dial command in which no character aborts it (V.250, 5.6.1)."""
_TRANSPARENT: Final = 0
"""The last number of a bearer without RLP."""


class Calling:
    """`tell` brings bytes to the serial port; `left` is told whenever a call is over."""

    def __init__(
        self, network: Network, state: ModemState, tell: Callable[[bytes], None], left: Callable[[], None]
    ) -> None:
        self._network = network
        self._state = state
        self._tell = tell
        self._left = left
        self._dialling: asyncio.Task[None] | None = None
        self._dialled_at = 0.0
        self._call: Call | None = None
        self._escape: EscapeWatch | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def dialling(self) -> bool:
        return self._dialling is not None

    @property
    def online(self) -> bool:
        """Whether bytes of the serial port go to the other end of a call."""
        return self._escape is not None

    def dial(self, action: Action) -> None:
        """Dials in the background; the result code comes by itself."""
        if not self._state.radio.served:
            self._state.cause = Cause.NETWORK
            self._say(ResultCode.NO_DIALTONE)
            return
        self._dialled_at = self._network.now()
        self._dialling = asyncio.create_task(self._call_up(action))

    async def abort(self, data: bytes) -> bytes:
        """Any character ends the dialling; gives back what came behind it."""
        if self._network.now() - self._dialled_at < _DEAF_TO_ABORTING:
            return b""
        await self.give_up()
        self._say(ResultCode.NO_CARRIER)
        return data[1:]

    async def give_up(self) -> None:
        """Ends the dialling without a word."""
        task, self._dialling = self._dialling, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def transmit(self, data: bytes) -> None:
        """Bytes of the serial port in data mode."""
        if self._escape is None:
            return
        self._send(self._escape.hear(data, self._network.now()))
        self._stop_timer()
        if self._escape.due is not None:
            self._timer = asyncio.get_running_loop().call_at(self._escape.due, self._guard_elapsed)

    def resume(self) -> None:
        """Data mode, in the beginning or again."""
        settings = self._state.settings
        self._tell(codes.connected(self._state.make.connect, settings))
        self._escape = EscapeWatch(settings.registers[ESCAPE], settings.guard, self._network.now())

    def leave_data_mode(self) -> None:
        """Command mode, while the call goes on."""
        self._stop_timer()
        self._escape = None

    async def hang_up(self) -> None:
        """Ends the call, if there is one, without a word."""
        call = self._call
        if call is not None:
            self._forget_call()
            await call.hang_up()
            self._left()

    def say(self, data: bytes) -> None:
        """The network brings bytes of the call; in command mode nobody takes them."""
        if self.online:
            self._tell(data)

    def cut(self) -> None:
        """The network ended the call."""
        if self._call is not None:
            self._forget_call()
            self._say(ResultCode.NO_CARRIER)
            self._left()

    async def _call_up(self, action: Action) -> None:
        outcome: Call | Failure
        try:
            async with asyncio.timeout(self._state.settings.registers[WAIT]):
                outcome = await self._network.dial(self._state.imei, action.number, self)
        except TimeoutError:
            outcome = Failure(ResultCode.NO_CARRIER, Wait.UNANSWERED, Cause.NO_ANSWER)
        self._dialling = None
        if isinstance(outcome, Failure):
            self._failed(outcome, tell_no_answer=action.tell_no_answer)
        else:
            self._connected(outcome)

    def _failed(self, failure: Failure, *, tell_no_answer: bool) -> None:
        self._state.cause = failure.cause
        unanswered = failure.code is ResultCode.NO_ANSWER and not tell_no_answer
        self._say(ResultCode.NO_CARRIER if unanswered else failure.code)

    def _connected(self, call: Call) -> None:
        self._call, self._state.in_call = call, True
        settings = self._state.settings
        if settings.service_report:
            line = "+CR: ASYNC" if settings.bearer[2] == _TRANSPARENT else "+CR: REL ASYNC"
            self._tell(codes.information((line,), settings))
        self.resume()

    def _forget_call(self) -> None:
        self.leave_data_mode()
        self._call = None
        self._state.in_call, self._state.cause = False, Cause.NORMAL

    def _guard_elapsed(self) -> None:
        if self._escape is None:
            return
        escaped, payload = self._escape.elapsed()
        self._send(payload)
        if escaped:
            self.leave_data_mode()
            self._say(ResultCode.OK)

    def _send(self, payload: bytes) -> None:
        if payload and self._call is not None:
            self._call.send(payload)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _say(self, code: ResultCode) -> None:
        self._tell(codes.result(code, self._state.settings))
