"""A listener on loopback with a diary of what it told, and the modems that call it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from collector.inbound.address import ListenAddress
from collector.inbound.endings import Ending, Refusal
from collector.inbound.events import Connected, KnownModem, Stranger
from collector.inbound.limits import Limits
from collector.inbound.listener import Listener
from collector.links.url import LineUrl
from collector.supervisor import wait
from metering.modems import ModemIdentity
from metering.signals import SignalReport

PATIENCE = 10.0
NOW = datetime(2026, 1, 10, 10, 2, tzinfo=UTC)

IMEI = "356938035643809"
OTHER_IMEI = "490154203237518"
ICCID = "8901410321111851072"
"""The check digits of these are right."""
IRZ_IMEI = "861785006123456"
IRZ_LOGIN = (
    b"AT$IMEI=861785006123456,PSW=5492,TYP=ATM,DEV=ATM31,VER=01,REV=03,BLD=016.353,HDW=2.0,SIM=0,"
    b"CSQ=17,ATP=1.1,INT=485+232,\n"
)
"""gprs-gateways.md, 3.1, without COLPROT: no encapsulation."""
WRX_PROBE = bytes.fromhex("C0 00 06 00 14" + "00" * 20 + "E7 48 C2")
WRX_AUTHORISATION = bytes.fromhex(
    "C0 00 07 00 3F 05 38 36 31 37 38 35 30 30 36 31 32 33 34 35 36 57 52 58 37 30 30 2D 52 34 20 33 2E 31 35"
    "00 00 00 52 34 00 00 00 00 00 00 00 00 73 65 63 72 65 74 00 00 00 00 00 00 00 00 00 00 00 00 00 01"
    "64 B3 C2"
)
WRX_ACCEPTED = bytes.fromhex("C0 01 06 01 00 14" + "00" * 20 + "02 FD C2")
"""gprs-gateways.md, 4.2."""


def known(*identities: str, options: str = "") -> list[KnownModem]:
    """Modems 1, 2, ... of lines 101, 102, ..."""
    urls = [LineUrl.parse(f"inbound:{quote(identity)}{options}") for identity in identities]
    return [KnownModem(100 + number, number, url.place, url) for number, url in enumerate(urls, start=1)]


@dataclass
class Diary:
    """What the listener told, in order."""

    entries: list[tuple[object, ...]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def _write(self, *entry: object) -> None:
        self.entries.append(entry)
        self.news.set()

    def appeared(self, modem: KnownModem, connection: Connected) -> None:
        self._write("appeared", modem.identity, connection)

    def vanished(self, modem: KnownModem, ending: Ending) -> None:
        self._write("vanished", modem.identity, ending)

    def stranger(self, stranger: Stranger) -> None:
        self._write("stranger", stranger.identity, stranger)

    def learned(self, modem_id: int, report: SignalReport | None, identity: ModemIdentity) -> None:
        self._write("learned", modem_id, report, identity)

    def told(self, kind: str) -> list[tuple[object, ...]]:
        return [entry[1:] for entry in self.entries if entry[0] == kind]

    async def until(self, kind: str, times: int = 1) -> tuple[object, ...]:
        """The entry of this kind that makes so many."""
        async with asyncio.timeout(PATIENCE):
            while len(self.told(kind)) < times:
                self.news.clear()
                await self.news.wait()
        return self.told(kind)[times - 1]


@dataclass
class Caller:
    """The modem's end of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    async def hear(self, size: int) -> bytes:
        async with asyncio.timeout(PATIENCE):
            return await self.reader.readexactly(size)

    async def cut(self) -> bytes:
        """What was heard until the connection ended."""
        heard = b""
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(PATIENCE):
                while data := await self.reader.read(65536):
                    heard += data
        return heard

    async def hang_up(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


@dataclass
class House:
    listener: Listener
    diary: Diary
    ports: list[int]
    callers: contextlib.AsyncExitStack
    stop: asyncio.Event

    async def call(self, hello: bytes = b"", *, port: int = 0, **options: object) -> Caller:
        """A modem connects to the address of this number and says this."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.ports[port], **options)  # type: ignore[arg-type]
        caller = Caller(reader, writer)
        self.callers.push_async_callback(caller.hang_up)
        caller.say(hello)
        return caller

    async def refused(self, refusal: Refusal, times: int = 1) -> None:
        await self.until(lambda: self.listener.counts().refused.get(refusal, 0) >= times)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await wait(asyncio.Event(), 0.005)


@asynccontextmanager
async def listening(
    *addresses: str,
    modems: Iterable[KnownModem] = (),
    certificate: tuple[Path, Path] | None = None,
    **limits: float,
) -> AsyncIterator[House]:
    """A listener in a hurry on these addresses, which are by default one for any hello."""
    parsed = [ListenAddress.parse(address) for address in addresses or ("127.0.0.1:0",)]
    diary = Diary()
    hurried = {"sweep": 0.01, "settling": 0.0, "hello_pause": 0.02, "quiet": 0.05, **limits}
    listener = Listener(parsed, Limits(**hurried), diary, lambda: NOW, certificate)  # type: ignore[arg-type]
    listener.know(modems)
    ports = [port for _, port in listener.bind()]
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(listener.run(stop))
        try:
            async with contextlib.AsyncExitStack() as callers:
                yield House(listener, diary, ports, callers, stop)
        finally:
            stop.set()
