"""Questions and answers per second over loopback TCP: our session, pymodbus's client, a bare socket.

    python -m bench.exchange [--exchanges 2000]

All three read the same four registers, in RTU framing, from one pymodbus server; the bare socket, which
checks nothing, is the physical limit.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from random import Random

from pymodbus import FramerType
from pymodbus.client import AsyncModbusTcpClient

from collector.line_settings import LineSettings
from collector.links.tcp import TcpLink
from collector.session import Session
from metering.calendar import MeterZone
from protocols.conversation import Conversation, Exchange
from protocols.modbus.messages import Framing, Question, read_registers
from simulators.memory import MeterMemory
from simulators.modbus import ModbusMeter, serve_modbus
from simulators.plant import Plant

HOST = "127.0.0.1"
UNIT, ADDRESS, COUNT = 1, 0xC0BE, 4
QUESTION = Question(read_registers(4, ADDRESS, COUNT), UNIT, Framing.RTU)
REPLY_SIZE = 3 + 2 * COUNT + 2


def now() -> datetime:
    return datetime(2026, 1, 10, tzinfo=UTC)


def meter() -> ModbusMeter:
    memory = MeterMemory(
        Plant(Random(1).getrandbits(32), "building"),
        now=now,
        zone=MeterZone("+05:00"),
        installed=datetime(2025, 9, 1),
    )
    return ModbusMeter("vzlet-tsrv-024m", UNIT, "1100341", memory)


def ask(times: int) -> Conversation[None]:
    for _ in range(times):
        reply = yield Exchange(QUESTION.frame(), QUESTION.complete)
        QUESTION.data(reply)


async def by_session(port: int, times: int) -> None:
    link = TcpLink(f"{HOST}:{port}", HOST, port)
    await link.open()
    session = Session(link, settings=LineSettings(quiet=0.0), now=now)
    await session.run(ask(times), lambda records, frame: None)
    await link.close()


async def by_peer(port: int, times: int) -> None:
    client = AsyncModbusTcpClient(HOST, port=port, framer=FramerType.RTU)
    await client.connect()
    for _ in range(times):
        await client.read_input_registers(ADDRESS, count=COUNT, device_id=UNIT)
    client.close()


async def by_socket(port: int, times: int) -> None:
    reader, writer = await asyncio.open_connection(HOST, port)
    question = QUESTION.frame()
    for _ in range(times):
        writer.write(question)
        await reader.readexactly(REPLY_SIZE)
    writer.close()
    await writer.wait_closed()


async def rate(run: Callable[[int, int], Awaitable[None]], port: int, times: int) -> float:
    await run(port, times // 10)
    began = time.perf_counter()
    await run(port, times)
    return times / (time.perf_counter() - began)


async def measure(times: int) -> tuple[float, float, float]:
    """Exchanges per second: ours, the peer's, the bare socket's."""
    async with serve_modbus([meter()], Framing.RTU) as port:
        return (
            await rate(by_session, port, times),
            await rate(by_peer, port, times),
            await rate(by_socket, port, times),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="Modbus exchanges side by side.")
    parser.add_argument("--exchanges", type=int, default=2000)
    ours, peer, limit = asyncio.run(measure(parser.parse_args().exchanges))
    print(f"exchanges/s: session {ours:.0f}, pymodbus client {peer:.0f}, bare socket {limit:.0f}")
    print(f"session : pymodbus client {ours / peer:.2f}   session : bare socket {ours / limit:.2f}")


if __name__ == "__main__":
    main()
