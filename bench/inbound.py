"""Connections that call us, accepted per second and bytes held: our listener, bare asyncio, bare sockets.

    python -m bench.inbound [--connections 5000]

Each side serves in a process of its own, so that none profits from another's memory. Each modem says its
IMEI; a connection counts when that has been read. Bare asyncio is `create_server` with a protocol that keeps
its transport; the bare sockets, which know nobody, are the physical limit of Python.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from collector.inbound.address import ListenAddress
from collector.inbound.endings import Ending
from collector.inbound.events import Connected, KnownModem, Stranger
from collector.inbound.limits import Limits
from collector.inbound.listener import Listener
from collector.links.url import LineUrl
from metering.modems import ModemIdentity
from metering.signals import SignalReport

HOST = "127.0.0.1"
BACKLOG = 1024
SPARE = 200


class Held(NamedTuple):
    """`rate` in connections per second, `size` in bytes each."""

    rate: float
    size: float


def identity(number: int) -> str:
    digits = str(35_693_803_500_000 + number)
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return digits + str(-sum(one // 10 + one % 10 for one in doubled) % 10)


def resident() -> int:
    status = Path("/proc/self/status").read_text()
    return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))


def begin(port: int) -> int:
    """Tells the caller where to connect; returns the memory before the first connection."""
    print(port, flush=True)
    return resident()


def end(before: int, connections: int) -> None:
    """Tells the caller that all are here, and what one takes."""
    print((resident() - before) / connections, flush=True)
    sys.stdin.read()


@dataclass
class Attendance:
    """Waits until so many modems have appeared."""

    missing: int
    complete: asyncio.Event

    def appeared(self, modem: KnownModem, connection: Connected) -> None:
        self.missing -= 1
        if not self.missing:
            self.complete.set()

    def vanished(self, modem: KnownModem, ending: Ending) -> None: ...

    def stranger(self, stranger: Stranger) -> None: ...

    def learned(self, modem_id: int, report: SignalReport | None, identity: ModemIdentity) -> None: ...


async def serve_by_listener(connections: int) -> None:
    complete, stop = asyncio.Event(), asyncio.Event()
    limits = Limits(connections=connections, per_address=connections)
    listener = Listener(
        [ListenAddress.parse(f"{HOST}:0")],
        limits,
        Attendance(connections, complete),
        lambda: datetime(2026, 1, 10, tzinfo=UTC),
    )
    urls = [LineUrl.parse(f"inbound:{identity(number)}") for number in range(connections)]
    listener.know(KnownModem(number, number, url.place, url) for number, url in enumerate(urls))
    async with asyncio.TaskGroup() as group:
        before = begin(listener.bind()[0][1])
        group.create_task(listener.run(stop))
        await complete.wait()
        end(before, connections)
        stop.set()


class Bare(asyncio.Protocol):
    """Keeps its transport and forgets what it hears."""

    __slots__ = ("_heard", "_transport")

    def __init__(self, heard: Callable[[], None]) -> None:
        self._heard = heard

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard()


async def serve_by_asyncio(connections: int) -> None:
    complete, missing = asyncio.Event(), iter(range(connections - 1, -1, -1))

    def heard() -> None:
        if not next(missing):
            complete.set()

    server = await asyncio.get_running_loop().create_server(lambda: Bare(heard), HOST, 0, backlog=BACKLOG)
    before = begin(server.sockets[0].getsockname()[1])
    await complete.wait()
    end(before, connections)
    server.close()


def serve_by_sockets(connections: int) -> None:
    with ExitStack() as held, selectors.DefaultSelector() as selector:
        listening = held.enter_context(socket.create_server((HOST, 0), backlog=BACKLOG))
        selector.register(listening, selectors.EVENT_READ)
        before, missing = begin(listening.getsockname()[1]), connections
        while missing:
            for key, _ in selector.select():
                if key.fileobj is listening:
                    accepted, _ = listening.accept()
                    selector.register(held.enter_context(accepted), selectors.EVENT_READ)
                else:
                    missing -= bool(key.fileobj.recv(512))  # type: ignore[union-attr]
        end(before, connections)


SIDES: Mapping[str, Callable[[int], None]] = {
    "listener": lambda connections: asyncio.run(serve_by_listener(connections)),
    "asyncio": lambda connections: asyncio.run(serve_by_asyncio(connections)),
    "sockets": serve_by_sockets,
}


def hold(side: str, connections: int) -> Held:
    """Connects so many modems to this side."""
    command = [sys.executable, "-m", "bench.inbound", "--serve", side, "--connections", str(connections)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as server, ExitStack() as modems:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        began = time.perf_counter()
        for number in range(connections):
            modem = modems.enter_context(socket.create_connection((HOST, port)))
            modem.sendall(identity(number).encode() + b"\r\n")
        size = float(server.stdout.readline())
        held = Held(connections / (time.perf_counter() - began), size)
        server.communicate()
    return held


def measure(connections: int) -> dict[str, Held]:
    """By side, one after another."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(connections + SPARE, hard)), hard))
    return {side: hold(side, connections) for side in SIDES}


def main() -> None:
    parser = argparse.ArgumentParser(description="Modems that connect to us, held side by side.")
    parser.add_argument("--connections", type=int, default=5000)
    parser.add_argument("--serve", choices=SIDES, help="be one side, for a process that calls it")
    options = parser.parse_args()
    if options.serve:
        SIDES[options.serve](options.connections)
        return
    held = measure(options.connections)
    for side, (rate, size) in held.items():
        print(f"{side:8}: {rate:6.0f} connections/s, {size:6.0f} bytes each")
    ours, *others = held.items()
    for side, (rate, size) in others:
        memory = f"{ours[1].size / size:.2f}" if size > 0 else "not measurable"
        print(f"listener : {side}: rate {ours[1].rate / rate:.2f}, memory {memory}")


if __name__ == "__main__":
    main()
