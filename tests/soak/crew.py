"""The collectors of a soak run: started, killed with -9 at random, started again."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tests.soak.clock import Accelerated

ROOT = Path(__file__).parent.parent.parent


@dataclass
class Crew:
    """One process per name; `counts` says how often each was killed."""

    url: str
    folder: Path
    clock: Accelerated
    names: Sequence[str]
    log: IO[bytes]
    counts: Counter[str] = field(default_factory=Counter)
    fallen: list[str] = field(default_factory=list)
    """Those that ended by themselves, which none may."""
    _running: dict[str, Process] = field(default_factory=dict)

    async def start(self, name: str) -> None:
        clock = self.clock
        self._running[name] = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.soak.worker", self.url, name, str(self.folder)),
            *(clock.epoch.isoformat(), repr(clock.begun), repr(clock.speed)),
            cwd=ROOT,
            stdout=self.log,
            stderr=self.log,
        )

    async def start_all(self) -> None:
        for name in self.names:
            await self.start(name)

    async def kill(self, name: str) -> None:
        """With -9, and started anew at once, as a supervisor does."""
        process = self._running.pop(name)
        self.counts[name] += 1
        self._end(name, process, signal.SIGKILL)
        await process.wait()
        await self.start(name)

    async def restart(self, name: str) -> None:
        """In good order: what is being read is finished."""
        process = self._running.pop(name)
        self._end(name, process, signal.SIGTERM)
        await process.wait()
        await self.start(name)

    async def dismiss(self) -> None:
        for name, process in self._running.items():
            self._end(name, process, signal.SIGTERM)
        await asyncio.gather(*(process.wait() for process in self._running.values()))

    def _end(self, name: str, process: Process, how: signal.Signals) -> None:
        if process.returncode is None:
            process.send_signal(how)
        else:
            self.fallen.append(name)
