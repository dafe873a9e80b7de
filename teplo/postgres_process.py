"""What the files of a PostgreSQL folder and the kernel tell of the server that runs in it."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

PATIENCE: Final = 60.0
"""Seconds that a server is given to start or to stop."""
_PROMPTLY: Final = 1.0
_ENCRYPTED: Final = struct.pack("!ii", 8, 80877103)
"""PostgreSQL's protocol, SSLRequest: may we speak encrypted? The answer is one letter."""


def wait(condition: Callable[[], bool]) -> bool:
    """Whether the condition came true before the patience ended."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def running(data: Path) -> int | None:
    """The process of the server in this folder; None when there is none."""
    pid = first_number(data / "postmaster.pid")
    return pid if alive(pid) and _serves(pid, data) else None


def alive(pid: int | None) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def ready(data: Path) -> bool:
    """Whether the server says so, in the eighth line of its own file."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) > 7 and lines[7].strip() == "ready"


def answers(sockets: Path, port: int) -> bool:
    """Whether the server says a word; the kernel would take a call even for one that is dying."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(_PROMPTLY)
        try:
            client.connect(str(sockets / f".s.PGSQL.{port}"))
            client.sendall(_ENCRYPTED)
            return client.recv(1) in (b"S", b"N")
        except OSError:
            return False


def first_number(file: Path) -> int | None:
    """The number with which a file begins; None when there is no such file."""
    try:
        return int(file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def _serves(pid: int | None, data: Path) -> bool:
    """Whether this process is the server of this folder, and not one that got the number of a dead one."""
    try:
        return os.fsencode(data) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
