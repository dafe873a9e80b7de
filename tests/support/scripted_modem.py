"""Modems in memory whose every answer a test writes down, and a pool of them."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from collector.dialling.dialler import Dialler
from collector.dialling.fake import FakeBook
from collector.dialling.modem_call import CallTerms
from collector.dialling.pool import PoolBook
from collector.dialling.times import DiallingTimes
from collector.links import Link
from collector.links.arrivals import Arrivals
from collector.links.fake import Arrival, FakeLink
from collector.links.url import LineUrl
from protocols.at_commands import ModemSettings

START = datetime(2026, 1, 10, 7, 0, tzinfo=UTC)
NUMBER = "+77015550001"
LINE = LineUrl.parse(f"csd:{NUMBER}?pool=main")
HANG_UP = b"hang up"
REOPENED = "port opened again"
GUARD = 1.0
"""S12 of V.250: so long must it be quiet before +++."""

IMPATIENT = DiallingTimes(patience=0.0)

CLASSIC: Mapping[str, str] = {
    "AT": "OK",
    "ATZ": "OK",
    "AT+CPIN?": "+CPIN: READY\r\n\r\nOK",
    "AT+CREG?": "+CREG: 0,1\r\n\r\nOK",
    "AT+CSQ": "+CSQ: 17,99\r\n\r\nOK",
    "AT+CGSN": "356938035643809\r\n\r\nOK",
    "AT+CIMI": "401015550000001\r\n\r\nOK",
    "AT+CESQ": "ERROR",
    "AT+CEER": "ERROR",
    "ATH": "OK",
}
"""A GSM module that says ERROR without a number and knows nothing beyond CSQ."""

CHATTY: Mapping[str, str] = {
    **CLASSIC,
    "AT+CPIN?": "+CPIN: READY\r\n\r\n+CREG: 5\r\n\r\nOK",
    "AT+CREG?": "+CREG: 0,5\r\n\r\nOK",
    "AT+CESQ": "+CESQ: 46,99,255,255,255,255\r\n\r\nOK",
    "AT+COPS?": '+COPS: 0,0,"Operator",0\r\n\r\nOK',
    "AT+CEER": '+CEER: 16,"Normal call clearing"\r\n\r\nOK',
}
"""A make that roams, speaks unasked and knows +CESQ: 46 - 111 = -65 dBm (3GPP 27.007, +CESQ)."""


def echo(data: bytes) -> Iterable[Arrival]:
    """A meter that says what it is told; told to hang up, it lets the modem say NO CARRIER."""
    return [Arrival(b"\r\nNO CARRIER\r\n" if data == HANG_UP else data)]


@dataclass
class ScriptedModem:
    """`answers` by command; a command without one is OK. `dialled` answers every number.

    `deaf` takes the modem's voice until it hears one of these words, REOPENED among them, and for ever when
    there is none. A modem that is `online` passes bytes to its `meter`.
    """

    url: str = "serial:/dev/ttyUSB0"
    answers: Mapping[str, str] = field(default_factory=lambda: CLASSIC)
    dialled: str = "CONNECT 9600"
    setting_up: float = 8.0
    thinking: float = 0.05
    guard: float = GUARD
    meter: Callable[[bytes], Iterable[Arrival]] = echo
    online: bool = False
    deaf: tuple[str, ...] | None = None
    mended_by_reset: Mapping[str, str] | None = None
    absent: bool = False
    port_open: bool = False
    openings: int = 0
    heard: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    _heard_at: float = 0.0
    _echo: bool = True

    def opened(self) -> None:
        self.openings += 1
        if self.openings > 1 and REOPENED in (self.deaf or ()):
            self.deaf = None

    def hear(self, data: bytes) -> Iterable[Arrival]:
        quiet = _time() - self._heard_at
        self._heard_at = _time()
        if data == b"+++" and quiet >= self.guard:
            self.online = False
            return self._obey("+++")
        if self.online and self.deaf is None:
            self.online = data != HANG_UP
            return self.meter(data)
        return self._obey(data.decode("ascii").strip()) if not self.online else ()

    def _obey(self, command: str) -> Iterable[Arrival]:
        self.heard.append(command)
        if self.deaf is not None:
            if command not in self.deaf:
                return ()
            self.deaf = None
        if command == "AT+CFUN=1,1":
            self.answers = self.mended_by_reset or self.answers
        if command == "+++":
            return [Arrival(b"\r\nOK\r\n", after=self.guard)]
        told = f"{command}\r".encode() if self._echo else b""
        self._echo = self._echo and not command.startswith("ATE0")
        if command.startswith("ATD"):
            return self._dial(command.removeprefix("ATD"), told)
        return [Arrival(told + _line(self.answers.get(command, "OK")), after=self.thinking)]

    def _dial(self, number: str, told: bytes) -> Iterable[Arrival]:
        self.numbers.append(number)
        self.online = self.dialled.startswith("CONNECT")
        return [Arrival(told), Arrival(_line(self.dialled), after=self.setting_up)]


class Port(FakeLink):
    """A modem's port: one program at a time."""

    def __init__(self, modem: ScriptedModem) -> None:
        super().__init__(modem.hear)
        self._modem = modem

    async def _connect(self, arrivals: Arrivals) -> asyncio.Transport:
        if self._modem.port_open:
            raise OSError(errno.EBUSY, "locked")
        if self._modem.absent:
            raise FileNotFoundError(errno.ENOENT, "no such device")
        self._modem.port_open = True
        self._modem.opened()
        return await super()._connect(arrivals)

    def _abandon(self) -> None:
        if self._transport is not None:
            self._modem.port_open = False
        super()._abandon()


class ScriptedPool:
    """The pool `main` of these modems, with its book in memory and the loop's time as the clock."""

    def __init__(self, *modems: ScriptedModem, times: DiallingTimes = IMPATIENT) -> None:
        self.book = FakeBook(self.now)
        self.modems = {modem.url: modem for modem in modems or (ScriptedModem(),)}
        self.times = times

    async def dialler(
        self, collector: str = "north", *, pin: str = "", ahead: timedelta = timedelta()
    ) -> Dialler:
        """One collector's, whose clock is so far ahead; the modems are entered with the first."""
        if not self.book.modems:
            await self.book.add_pool("main")
            for url in self.modems:
                await self.book.add_own("main", url, pin=pin)
        book = PoolBook(self.book, self.book, self.book)
        clock = lambda: self.now() + ahead  # noqa: E731
        return Dialler(CallTerms(book, collector, clock, uuid4, self.open_port, self.times, ModemSettings()))

    async def open_port(self, url: str) -> Link:
        port = Port(self.modems[url])
        await port.open()
        return port

    @staticmethod
    def now() -> datetime:
        return START + timedelta(seconds=_time())


def _line(words: str) -> bytes:
    return f"\r\n{words}\r\n".encode()


def _time() -> float:
    return asyncio.get_running_loop().time()
