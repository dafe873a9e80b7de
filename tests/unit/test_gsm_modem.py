"""A simulated modem at its serial port, in jumping time; sections are those of the modem reference."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from random import Random

import pytest

from simulators.gsm.cell import Cell
from simulators.gsm.endings import Answers
from simulators.gsm.makes import CINTERION, SIMCOM, Make
from simulators.gsm.mishaps import Mishap
from simulators.gsm.modem import SimulatedModem, Stuck
from simulators.gsm.network import REAL, Network
from simulators.gsm.radio import Stat
from simulators.lines import Caller, Connection
from tests.instant_loop import run_instantly

NUMBER = b"+77015550001"
DIAL = b"ATD" + NUMBER + b"\r"
BEYOND_ANY_WAIT = 100.0
STEADY = Cell(fading=0.0)


class Notebook:
    """A caller who writes down what is said, and when."""

    def __init__(self) -> None:
        self.said: list[tuple[float, bytes]] = []
        self.was_cut = False
        self._news = asyncio.Event()

    def say(self, data: bytes) -> None:
        self.said.append((asyncio.get_running_loop().time(), data))
        self._news.set()

    async def until(self, words: bytes) -> None:
        while words not in b"".join(data for _, data in self.said):
            self._news.clear()
            await self._news.wait()

    def cut(self) -> None:
        self.was_cut = True


class Meter:
    """A far end that answers every request with the request, and notes how it was treated."""

    def __init__(self) -> None:
        self.heard = b""
        self.open = 0
        self.caller: Caller | None = None

    def connect(self, caller: Caller) -> Connection:
        self.caller = caller
        self.open += 1
        return _Echo(self, caller)


class _Echo:
    def __init__(self, meter: Meter, caller: Caller) -> None:
        self._meter = meter
        self._caller = caller

    async def hear(self, data: bytes) -> None:
        self._meter.heard += data
        self._caller.say(data)

    async def close(self) -> None:
        self._meter.open -= 1


class Desk:
    """A modem, a meter that it can call, and somebody at the modem's port."""

    def __init__(
        self,
        make: Make = CINTERION,
        *,
        mix: Mapping[Mishap, float] | None = None,
        answers: Answers = Answers.YES,
        cell: Cell = STEADY,
        pin: str = "",
        holds_dtr: bool = False,
    ) -> None:
        self.network = Network(Random(1), mix=mix, scale=REAL)
        self.meter = Meter()
        self.network.subscribe(NUMBER.decode(), self.meter, answers=answers)
        self.modem = SimulatedModem(1, self.network, make=make, cell=cell, pin=pin, holds_dtr=holds_dtr)
        self.open()

    def open(self) -> None:
        self.notebook = Notebook()
        self.port = self.modem.connect(self.notebook)

    async def type(self, data: bytes) -> None:
        await self.port.hear(data)

    async def ask(self, data: bytes, wait: float = BEYOND_ANY_WAIT) -> bytes:
        """Everything heard within a time after these bytes."""
        self.notebook.said.clear()
        await self.type(data)
        await asyncio.sleep(wait)
        return self.heard()

    def heard(self) -> bytes:
        return b"".join(data for _, data in self.notebook.said)

    async def in_a_call(self) -> None:
        assert b"CONNECT" in await self.ask(b"ATE0\r" + DIAL, 16.0)


def at_a_desk(work: Callable[[Desk], Awaitable[None]], desk: Callable[[], Desk] = Desk) -> None:
    async def run() -> None:
        place = desk()
        try:
            await work(place)
        finally:
            await place.modem.close()
            assert place.meter.open == 0
            assert asyncio.all_tasks() == {asyncio.current_task()}

    run_instantly(run())


@pytest.mark.parametrize(
    ("typed", "heard"),
    [
        pytest.param(b"AT\r", b"AT\r\r\nOK\r\n", id="1 echo, then the verbose code"),
        pytest.param(b"ATE0\rAT\r", b"ATE0\r\r\nOK\r\n\r\nOK\r\n", id="1 E0 has no echo any more"),
        pytest.param(b"ATE0V0\rAT\r", b"ATE0V0\r0\r0\r", id="1 V0 says digits and CR"),
        pytest.param(b"ATE0Q1\rAT\rATX9\r", b"ATE0Q1\r", id="1 Q1 says no codes"),
        pytest.param(b"ATE0\rAT+CGMI\r", b"ATE0\r\r\nOK\r\n\r\nCinterion\r\n\r\nOK\r\n", id="1 text lines"),
        pytest.param(b"ATE0V0+CGMI\r", b"ATE0V0+CGMI\rCinterion\r\n0\r", id="1 text lines with V0"),
        pytest.param(b"ATE0+CX\r", b"ATE0+CX\r\r\nERROR\r\n", id="1 an unknown command"),
        pytest.param(b"ATE0V0+CX\r", b"ATE0V0+CX\r4\r", id="1 an unknown command is 4"),
        pytest.param(b"T\r", b"T\r", id="1 a lost first character is no command"),
        pytest.param(b"ATE0O\r", b"ATE0O\r\r\nERROR\r\n", id="6 CMEE 0 says ERROR"),
        pytest.param(
            b"ATE0+CMEE=1;O\r", b"ATE0+CMEE=1;O\r\r\n+CME ERROR: 3\r\n", id="6 CMEE 1 says a number"
        ),
        pytest.param(
            b"ATE0+CMEE=2;O\r",
            b"ATE0+CMEE=2;O\r\r\n+CME ERROR: operation not allowed\r\n",
            id="6 CMEE 2 says words",
        ),
        pytest.param(b"ATE0A\r", b"ATE0A\r\r\nNO CARRIER\r\n", id="4.2 nobody calls"),
    ],
)
def test_a_command_line_is_answered(typed: bytes, heard: bytes) -> None:
    async def work(desk: Desk) -> None:
        assert await desk.ask(typed) == heard

    at_a_desk(work)


@pytest.mark.parametrize(
    ("make", "extended", "heard"),
    [
        (CINTERION, 4, b"\r\nCONNECT 9600/RLP\r\n"),
        (SIMCOM, 4, b"\r\nCONNECT 9600\r\n"),
        (SIMCOM, 1, b"\r\nCONNECT 9600\r\n"),
        (SIMCOM, 0, b"\r\nCONNECT\r\n"),
    ],
    ids=["1 cinterion", "1 simcom", "1 X1 tells the speed", "1 X0 tells no speed"],
)
def test_a_call_comes_about_within_5_to_15_seconds(make: Make, extended: int, heard: bytes) -> None:
    async def work(desk: Desk) -> None:
        await desk.ask(f"ATE0X{extended}\r".encode())
        begun = asyncio.get_running_loop().time()
        assert await desk.ask(DIAL, 16.0) == heard
        assert 5.0 <= desk.notebook.said[0][0] - begun <= 15.0

    at_a_desk(work, lambda: Desk(make))


FAILURES = [
    pytest.param(SIMCOM, Answers.BUSY, "", b"BUSY", (3, 6), "User busy", id="1 busy"),
    pytest.param(SIMCOM, Answers.BUSY, "X2", b"NO CARRIER", (3, 6), "User busy", id="1 X2 cannot tell busy"),
    pytest.param(SIMCOM, Answers.NO_ANSWER, "", b"NO ANSWER", (20, 45), "no answer", id="1 told as such"),
    pytest.param(CINTERION, Answers.NO_ANSWER, "", b"NO CARRIER", (20, 45), "no answer", id="1 without @"),
    pytest.param(CINTERION, Answers.BARRED, "", b"NO CARRIER", (0.5, 5), "barring", id="4.4 barred: at once"),
    pytest.param(
        CINTERION, Answers.SWITCHED_OFF, "", b"NO CARRIER", (0.5, 5), "out of order", id="4.4 off: at once"
    ),
    pytest.param(
        CINTERION, Answers.OFF, "", b"NO CARRIER", (20, 60), "responding", id="4.4 away: after 20 s"
    ),
]


@pytest.mark.parametrize(("make", "answers", "settings", "code", "within", "cause"), FAILURES)
def test_a_failed_call_says_why(
    make: Make, answers: Answers, settings: str, code: bytes, within: tuple[float, float], cause: str
) -> None:
    async def work(desk: Desk) -> None:
        await desk.ask(f"ATE0{settings}\r".encode())
        begun = asyncio.get_running_loop().time()
        assert await desk.ask(DIAL) == b"\r\n" + code + b"\r\n"
        assert within[0] <= desk.notebook.said[0][0] - begun <= within[1]
        assert cause.encode() in await desk.ask(b"AT+CEER\r")

    at_a_desk(work, lambda: Desk(make, answers=answers))


def test_the_modifier_makes_every_make_tell_no_answer() -> None:
    async def work(desk: Desk) -> None:
        assert (await desk.ask(b"ATE0D" + NUMBER + b"@\r")).endswith(b"\r\nNO ANSWER\r\n")

    at_a_desk(work, lambda: Desk(CINTERION, answers=Answers.NO_ANSWER))


def test_a_number_that_nobody_has_is_refused() -> None:
    async def work(desk: Desk) -> None:
        assert (await desk.ask(b"ATE0D123\r")).endswith(b"\r\nNO CARRIER\r\n")
        assert b"Unassigned" in await desk.ask(b"AT+CEER\r")

    at_a_desk(work)


def test_without_a_network_there_is_no_dial_tone() -> None:
    async def work(desk: Desk) -> None:
        assert (await desk.ask(b"ATE0\r" + DIAL)).endswith(b"\r\nNO DIALTONE\r\n")
        assert desk.network.log == []

    at_a_desk(work, lambda: Desk(cell=Cell(outage=1.0)))


def test_s7_ends_the_waiting() -> None:
    async def work(desk: Desk) -> None:
        await desk.ask(b"ATE0S7=2\r")
        begun = asyncio.get_running_loop().time()
        assert await desk.ask(DIAL) == b"\r\nNO CARRIER\r\n"
        assert desk.notebook.said[0][0] - begun == pytest.approx(2.0)

    at_a_desk(work)


def test_any_character_aborts_the_dialling_but_not_at_once() -> None:
    async def work(desk: Desk) -> None:
        await desk.ask(b"ATE0\r")
        assert await desk.ask(DIAL + b"\n", 1.0) == b""
        assert await desk.ask(b"xAT\r", 1.0) == b"\r\nNO CARRIER\r\n\r\nOK\r\n"
        assert [call.ending for call in desk.network.log] == ["aborted"]
        assert b"CONNECT" in await desk.ask(DIAL, 16.0)

    at_a_desk(work)


def test_the_service_report_comes_before_connect() -> None:
    async def work(desk: Desk) -> None:
        heard = await desk.ask(b"ATE0+CR=1\r" + DIAL, 16.0)
        assert heard.endswith(b"\r\n+CR: REL ASYNC\r\n\r\nCONNECT 9600/RLP\r\n")

    at_a_desk(work)


def test_bytes_pass_a_call_late_and_whole() -> None:
    """4.3: a round trip takes 500 to 900 ms; 100 bytes at 960 bytes a second take another 104 ms a way."""
    every = bytes(range(100, 200))

    async def work(desk: Desk) -> None:
        await desk.in_a_call()
        begun = asyncio.get_running_loop().time()
        assert await desk.ask(every, 5.0) == every == desk.meter.heard
        first, last = desk.notebook.said[0][0] - begun, desk.notebook.said[-1][0] - begun
        assert 0.5 <= first <= 0.9 + 2 * 0.104
        assert last - first >= 70 / 960, "bursts of 30 bytes"

    at_a_desk(work)


def test_the_guarded_escape_leads_to_command_mode_and_back() -> None:
    async def work(desk: Desk) -> None:
        await desk.in_a_call()
        await asyncio.sleep(1.0)
        begun = asyncio.get_running_loop().time()
        assert await desk.ask(b"+++", 2.0) == b"\r\nOK\r\n"
        assert desk.notebook.said[0][0] - begun == pytest.approx(1.0), "S12 is 50 fiftieths of a second"
        assert await desk.ask(b"AT+CPAS\r", 1.0) == b"\r\n+CPAS: 4\r\n\r\nOK\r\n"
        assert await desk.ask(b"ATO\r", 1.0) == b"\r\nCONNECT 9600/RLP\r\n"
        assert await desk.ask(b"data", 5.0) == b"data" == desk.meter.heard

    at_a_desk(work)


@pytest.mark.parametrize(
    ("typed", "gaps"),
    [
        pytest.param([b"+++"], [0.9], id="4.2 too soon after other data"),
        pytest.param([b"+++", b"x"], [2.0, 0.5], id="4.2 followed too soon"),
        pytest.param([b"\x10+++\x16"], [2.0], id="4.2 within a frame"),
        pytest.param([b"++"], [2.0], id="4.2 two characters"),
        pytest.param([b"+", b"++"], [2.0, 1.5], id="4.2 the characters too far apart"),
        pytest.param([b"++++"], [2.0], id="4.2 four characters"),
    ],
)
def test_what_is_no_escape_passes_to_the_meter(typed: list[bytes], gaps: list[float]) -> None:
    async def work(desk: Desk) -> None:
        await desk.in_a_call()
        await desk.ask(b"x", 5.0)
        await desk.type(b"y")
        for data, gap in zip(typed, gaps, strict=True):
            await asyncio.sleep(gap)
            await desk.type(data)
        await asyncio.sleep(5.0)
        assert desk.meter.heard == b"xy" + b"".join(typed)
        assert b"OK" not in desk.heard()

    at_a_desk(work)


def test_the_escape_may_come_in_pieces_and_its_guard_can_be_set() -> None:
    async def work(desk: Desk) -> None:
        assert b"CONNECT" in await desk.ask(b"ATE0S12=10\r" + DIAL, 16.0)
        for _ in range(3):
            await asyncio.sleep(0.1)
            await desk.type(b"+")
        assert await desk.ask(b"", 0.25) == b"\r\nOK\r\n"

    at_a_desk(work)


def test_hanging_up_ends_the_call_and_the_meters_connection() -> None:
    async def work(desk: Desk) -> None:
        await desk.in_a_call()
        await desk.ask(b"+++", 2.0)
        assert desk.meter.open == 1
        assert await desk.ask(b"ATH\r", 0.0) == b"\r\nOK\r\n"
        assert desk.meter.open == 0
        assert [(call.number, call.ending) for call in desk.network.log] == [(NUMBER.decode(), "hung_up")]
        assert await desk.ask(b"AT+CPAS\r") == b"\r\n+CPAS: 0\r\n\r\nOK\r\n"

    at_a_desk(work)


def test_a_second_call_is_refused_while_one_is_held() -> None:
    async def work(desk: Desk) -> None:
        await desk.in_a_call()
        await desk.ask(b"+++", 2.0)
        assert await desk.ask(DIAL) == b"\r\nERROR\r\n"
        assert len(desk.network.log) == 1

    at_a_desk(work)


def test_the_remote_side_hangs_up() -> None:
    async def work(desk: Desk) -> None:
        await desk.in_a_call()
        assert desk.meter.caller is not None
        desk.meter.caller.say(b"last words")
        desk.meter.caller.cut()
        assert await desk.ask(b"", 5.0) == b"last words\r\nNO CARRIER\r\n"
        assert desk.network.log[0].ending == "hung_up_remotely"
        assert await desk.ask(b"AT\r") == b"\r\nOK\r\n"

    at_a_desk(work)


def test_a_call_that_breaks_does_so_in_the_middle_of_an_answer() -> None:
    async def work(desk: Desk) -> None:
        await desk.in_a_call()
        heard = b""
        while b"NO CARRIER" not in heard:
            heard = await desk.ask(b"0123456789", 5.0)
        assert heard == b"01234\r\nNO CARRIER\r\n"
        assert desk.network.log[0].ending == "cut"
        assert desk.network.counts[Mishap.CUT] == 1

    at_a_desk(work, lambda: Desk(mix={Mishap.CUT: 1.0}))


def test_a_mute_call_carries_nothing() -> None:
    async def work(desk: Desk) -> None:
        await desk.in_a_call()
        assert await desk.ask(b"anybody there?") == b""
        assert desk.meter.heard == b""

    at_a_desk(work, lambda: Desk(mix={Mishap.MUTE: 1.0}))


@pytest.mark.parametrize(
    ("reaction", "endings", "heard"),
    [
        pytest.param("&D2", ["hung_up"], b"\r\nOK\r\n", id="1 D2 hangs up"),
        pytest.param("&D1", [None], b"\r\nOK\r\n", id="1 D1 keeps the call, command mode"),
        pytest.param("&D0", [None], b"AT\r", id="1 D0 takes no notice, data mode"),
    ],
)
def test_closing_the_port_drops_dtr(reaction: str, endings: list[str | None], heard: bytes) -> None:
    async def work(desk: Desk) -> None:
        assert b"CONNECT" in await desk.ask(f"ATE0{reaction}\r".encode() + DIAL, 16.0)
        await desk.port.close()
        assert [call.ending for call in desk.network.log] == endings
        desk.open()
        assert await desk.ask(b"AT\r", 5.0) == heard

    at_a_desk(work)


def test_a_serial_server_may_leave_a_dead_callers_modem_in_data_mode() -> None:
    async def work(desk: Desk) -> None:
        await desk.in_a_call()
        await desk.port.close()
        desk.open()
        assert await desk.ask(b"AT\r", 5.0) == b"AT\r" == desk.meter.heard, (
            "the meter's echo, not the modem's"
        )
        assert await desk.ask(b"+++", 2.0) == b"\r\nOK\r\n"
        assert await desk.ask(b"ATH\r", 2.0) == b"\r\nOK\r\n"

    at_a_desk(work, lambda: Desk(holds_dtr=True))


def test_the_newest_caller_has_the_port_and_the_old_call_is_over() -> None:
    async def work(desk: Desk) -> None:
        await desk.in_a_call()
        former, port = desk.notebook, desk.port
        desk.open()
        assert former.was_cut
        assert await desk.ask(b"AT\r") == b"\r\nOK\r\n"
        await port.hear(b"AT\r")
        await port.close()
        assert await desk.ask(b"AT\r") == b"\r\nOK\r\n"
        assert desk.modem.taken_over == 1

    at_a_desk(work)


@pytest.mark.parametrize(("make", "said"), [(CINTERION, b"^SYSSTART"), (SIMCOM, b"RDY")])
def test_a_restart_takes_a_while_and_forgets_the_settings(make: Make, said: bytes) -> None:
    async def work(desk: Desk) -> None:
        begun = asyncio.get_running_loop().time()
        assert await desk.ask(b"ATE0+CFUN=1,1\r", 4.0) == b"ATE0+CFUN=1,1\r\r\nOK\r\n"
        assert await desk.ask(b"AT\r", 0.0) == b"", "deaf while it boots"
        await desk.notebook.until(b"\r\n" + said + b"\r\n")
        assert 5.0 <= desk.notebook.said[0][0] - begun <= 15.0
        assert await desk.ask(b"AT+CSQ;+CREG?\r", 0.0) == (
            b"AT+CSQ;+CREG?\r\r\n+CSQ: 99,99\r\n\r\n+CREG: 0,2\r\n\r\nOK\r\n"
        )
        await asyncio.sleep(30.0)
        assert b"+CREG: 0,1" in await desk.ask(b"AT+CREG?\r", 0.0)

    at_a_desk(work, lambda: Desk(make))


def test_a_sim_is_busy_after_a_restart_and_wants_its_pin_again() -> None:
    async def work(desk: Desk) -> None:
        assert b"OK" in await desk.ask(b'AT+CPIN="1234"\r')
        await desk.ask(b"AT+CFUN=1,1\r", 0.0)
        await desk.notebook.until(b"^SYSSTART")
        assert b"+CME ERROR: 14" in await desk.ask(b"AT+CMEE=1;+CPIN?\r", 5.0)
        assert b"+CPIN: SIM PIN" in await desk.ask(b"AT+CPIN?\r")

    at_a_desk(work, lambda: Desk(pin="1234"))


def test_a_changed_registration_is_announced_where_it_is_wanted() -> None:
    async def work(desk: Desk) -> None:
        await desk.ask(b"ATE0+CREG=1\r")
        assert await desk.ask(b"AT+CFUN=4\r") == b"\r\nOK\r\n\r\n+CREG: 0\r\n"
        assert await desk.ask(b"AT+CFUN=1\r") == b"\r\nOK\r\n\r\n+CREG: 2\r\n\r\n+CREG: 1\r\n"
        await desk.ask(b"AT+CREG=0\r")
        assert await desk.ask(b"AT+CFUN=4\r") == b"\r\nOK\r\n"

    at_a_desk(work)


def test_somebody_calls_in_the_middle_of_a_command() -> None:
    async def work(desk: Desk) -> None:
        await desk.ask(b"ATE0\r")
        assert await desk.ask(b"AT+CGMI\r") == b"\r\nRING\r\n\r\nCinterion\r\n\r\nOK\r\n"

    at_a_desk(work, lambda: Desk(mix={Mishap.RING: 1.0}))


def test_the_first_character_after_opening_is_lost() -> None:
    async def work(desk: Desk) -> None:
        assert await desk.ask(b"AT\r") == b"T\r"
        assert await desk.ask(b"AT\r") == b"AT\r\r\nOK\r\n"

    at_a_desk(work, lambda: Desk(mix={Mishap.LOST_CHARACTER: 1.0}))


def test_a_deaf_modem_hears_again_when_its_port_is_opened_anew() -> None:
    async def work(desk: Desk) -> None:
        desk.modem.stick(Stuck.DEAF)
        assert await desk.ask(b"AT\rAT+CFUN=1,1\r") == b""
        await desk.port.close()
        desk.open()
        assert await desk.ask(b"AT\r") == b"AT\r\r\nOK\r\n"

    at_a_desk(work)


@pytest.mark.parametrize(("how", "said"), [(Stuck.MUTE, b""), (Stuck.REFUSING, b"\r\nERROR\r\n")])
def test_a_stuck_modem_wants_a_restart(how: Stuck, said: bytes) -> None:
    async def work(desk: Desk) -> None:
        desk.modem.stick(how)
        assert await desk.ask(b"AT\r") == said
        await desk.port.close()
        desk.open()
        assert await desk.ask(b"AT\r") == said
        assert b"^SYSSTART" in await desk.ask(b"AT+CFUN=1,1\r")
        assert b"OK" in await desk.ask(b"AT\r")

    at_a_desk(work)


def test_a_call_may_leave_the_modem_stuck_and_without_network() -> None:
    async def work(desk: Desk) -> None:
        await desk.in_a_call()
        await desk.port.close()
        assert +desk.network.counts == {Mishap.STUCK: 1, Mishap.LOST_REGISTRATION: 1}
        assert desk.modem.radio.stat is Stat.SEARCHING

    at_a_desk(work, lambda: Desk(mix={Mishap.STUCK: 1.0, Mishap.LOST_REGISTRATION: 1.0}))


def test_a_level_that_goes_takes_the_registration_with_it() -> None:
    cell = replace(STEADY, outage=0.5, outage_length=1.0, seed=5)

    async def work(desk: Desk) -> None:
        await desk.ask(b"ATE0\r", 0.0)
        seen = {await desk.ask(b"AT+CREG?\r", 1.0) for _ in range(40)}
        assert seen == {b"\r\n+CREG: 0,%d\r\n\r\nOK\r\n" % stat for stat in (1, 2)}

    at_a_desk(work, lambda: Desk(cell=cell))
