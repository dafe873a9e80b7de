"""A GSM modem at a serial port: command mode, dialling, data mode, and the ways in which it gets stuck.

It is the far end of a line. Whoever opens the port raises DTR, and drops it by closing the port. Guard time
and S7 are the modem's own and pass in real seconds; everything that the network takes is scaled by it.
"""

from __future__ import annotations

import asyncio
import copy
from enum import StrEnum

from simulators.gsm import codes, identities
from simulators.gsm.calling import Calling
from simulators.gsm.cell import Cell
from simulators.gsm.codes import ResultCode
from simulators.gsm.command_line import LineEditor, body
from simulators.gsm.commands import Action, ModemState, Reply, Verb, interpret, registration_line
from simulators.gsm.endings import Wait
from simulators.gsm.makes import CINTERION, Make
from simulators.gsm.mishaps import Mishap
from simulators.gsm.network import Network
from simulators.gsm.radio import Radio
from simulators.gsm.sim_card import SimCard
from simulators.lines import Caller, Connection

_HANGS_UP, _ESCAPES = 2, 1
"""What &D makes of a dropped DTR."""


class Stuck(StrEnum):
    """How a modem stops working without being dead."""

    DEAF = "deaf"
    """It hears nothing until its port is opened anew."""
    MUTE = "mute"
    """It says nothing until AT+CFUN=1,1."""
    REFUSING = "refusing"
    """It refuses everything until AT+CFUN=1,1."""


class SimulatedModem:
    """`number` makes its IMEI and SIM. `holds_dtr`: a serial server that keeps DTR up when its caller leaves.

    `place` is the path of its device or its TCP port once it runs; `url` opens it.
    """

    def __init__(
        self,
        number: int,
        network: Network,
        *,
        make: Make = CINTERION,
        cell: Cell | None = None,
        pin: str = "",
        holds_dtr: bool = False,
    ) -> None:
        self.imei = identities.imei(number)
        self.sim = SimCard(identities.iccid(number), identities.imsi(number), pin=pin)
        self.radio = Radio(
            cell or Cell(number), self.sim, network.now, lambda: network.takes(Wait.REGISTRATION)
        )
        self.place: int | str = ""
        self.url = ""
        self.taken_over = 0
        """How often somebody opened the port while another had it open."""
        self._state = ModemState(make, self.imei, self.sim, self.radio, self._sim_busy)
        self._calling = Calling(network, self._state, self._say, self._suffer)
        self._network = network
        self._holds_dtr = holds_dtr
        self._port: _Port | None = None
        self._editor = LineEditor()
        self._stuck: Stuck | None = None
        self._loses_character = False
        self._dtr_dropped = False
        self._sim_ready_at = 0.0
        self._booting: asyncio.Task[None] | None = None
        self._registration_timer: asyncio.TimerHandle | None = None
        self._announced = self.radio.granted

    def connect(self, caller: Caller) -> Connection:
        """Somebody opens the port. One who has it already loses it."""
        if self._port is not None:
            self.taken_over += 1
            self._dtr_dropped = not self._holds_dtr
            self._port.caller.cut()
        self._port = _Port(self, caller)
        if self._stuck is Stuck.DEAF:
            self._stuck = None
        self._loses_character = self._network.befalls(Mishap.LOST_CHARACTER)
        return self._port

    def stick(self, how: Stuck) -> None:
        """It stops working from now on."""
        self._stuck = how

    def ring(self) -> None:
        """Somebody calls our modem; it tells so unless it is in a call."""
        if not self._calling.online and self._booting is None:
            self._tell(ResultCode.RING)

    async def close(self) -> None:
        """Ends whatever it does."""
        if self._booting is not None:
            self._booting.cancel()
            await asyncio.gather(self._booting, return_exceptions=True)
        await self._calling.give_up()
        await self._calling.hang_up()
        if self._registration_timer is not None:
            self._registration_timer.cancel()

    async def hear(self, data: bytes, port: _Port) -> None:
        """Bytes from the serial port."""
        if self._dtr_dropped:
            await self._drop_dtr()
        if self._loses_character:
            self._loses_character, data = False, data[1:]
        while data and port is self._port and self._booting is None and self._stuck is not Stuck.DEAF:
            if self._calling.dialling:
                data = await self._calling.abort(data)
            elif self._calling.online:
                self._calling.transmit(data)
                return
            else:
                data = await self._listen(data)

    async def closed(self, port: _Port) -> None:
        """The port was closed."""
        if port is not self._port:
            return
        self._port = None
        self._editor.clear()
        if not self._holds_dtr:
            await self._drop_dtr()

    async def _listen(self, data: bytes) -> bytes:
        taken, line, rest = self._editor.feed(data)
        if self._state.settings.echo and self._stuck is None:
            self._say(taken)
        text = None if line is None else body(line)
        if text is not None:
            await self._execute(text)
        return rest

    async def _execute(self, text: str) -> None:
        if self._stuck is not None:
            await self._execute_stuck(text)
            return
        reply = interpret(text, self._state)
        if self._network.befalls(Mishap.RING):
            self.ring()
        self._say(codes.information(reply.lines, self._state.settings))
        await self._conclude(reply)
        self._watch_registration()

    async def _execute_stuck(self, text: str) -> None:
        if text.replace(" ", "").upper() == "+CFUN=1,1":
            await self._restart()
        elif self._stuck is Stuck.REFUSING:
            self._tell(ResultCode.ERROR)

    async def _conclude(self, reply: Reply) -> None:
        if reply.refused is not None:
            self._say(codes.refusal(reply.refused, self._state.settings))
        elif reply.action is None:
            self._tell(ResultCode.OK)
        else:
            await self._act(reply.action)

    async def _act(self, action: Action) -> None:
        if action.verb is Verb.DIAL:
            self._calling.dial(action)
        elif action.verb is Verb.HANG_UP:
            await self._calling.hang_up()
            self._tell(ResultCode.OK)
        elif action.verb is Verb.RESUME:
            self._calling.resume()
        elif action.verb is Verb.RESTART:
            await self._restart()
        else:
            self._tell(ResultCode.NO_CARRIER)  # ATA: nobody calls

    def _suffer(self) -> None:
        """What a call may leave behind."""
        if self._network.befalls(Mishap.LOST_REGISTRATION):
            self.radio.search()
            self._watch_registration()
        if self._network.befalls(Mishap.STUCK):
            self._stuck = self._network.random.choice(list(Stuck))

    async def _drop_dtr(self) -> None:
        self._dtr_dropped = False
        reaction = self._state.settings.terminal_ready
        if reaction == _HANGS_UP:
            await self._calling.give_up()
            await self._calling.hang_up()
        elif reaction == _ESCAPES:
            self._calling.leave_data_mode()

    async def _restart(self) -> None:
        self._tell(ResultCode.OK)
        await self._calling.hang_up()
        self._stuck = None
        self._booting = asyncio.create_task(self._boot())

    async def _boot(self) -> None:
        self.radio.switch(0)
        await asyncio.sleep(self._network.takes(Wait.BOOT))
        self._state.settings = copy.deepcopy(self._state.stored)
        self._editor.clear()
        self.sim.restart()
        self._sim_ready_at = self._network.now() + self._network.takes(Wait.SIM)
        self.radio.switch(1)
        self._booting = None
        self._say(codes.information(self._state.make.started, self._state.settings))
        self._watch_registration()

    def _watch_registration(self) -> None:
        """Announces a change where +CREG wants it, and looks again when the search is over."""
        stat = self.radio.stat
        if stat is not self._announced and self._state.settings.registration and not self._calling.online:
            line = registration_line(self._state, stat=stat, asked=False)
            self._say(codes.information((line,), self._state.settings))
        self._announced = stat
        if self.radio.found_at > self._network.now():
            if self._registration_timer is not None:
                self._registration_timer.cancel()
            loop = asyncio.get_running_loop()
            self._registration_timer = loop.call_at(self.radio.found_at, self._watch_registration)

    def _sim_busy(self) -> bool:
        return self.sim.inserted and self._network.now() < self._sim_ready_at

    def _tell(self, code: ResultCode) -> None:
        self._say(codes.result(code, self._state.settings))

    def _say(self, data: bytes) -> None:
        if data and self._port is not None:
            self._port.caller.say(data)


class _Port:
    """The serial port as somebody opened it."""

    def __init__(self, modem: SimulatedModem, caller: Caller) -> None:
        self.caller = caller
        self._modem = modem

    async def hear(self, data: bytes) -> None:
        await self._modem.hear(data, self)

    async def close(self) -> None:
        await self._modem.closed(self)
