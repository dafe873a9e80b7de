"""The command `teplo` as a process of its own, forked from one in which all of it is imported already.

Importing takes a second and more each time; what a command does is the same. That it starts at all by
`python -m teplo` is tested where that counts.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from teplo.__main__ import COMMANDS, main

ROOT: Final = Path(__file__).parent.parent.parent
ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "COLUMNS": "160"}
STREAMS: Final = {"stdin": "r", "stdout": "w", "stderr": "w"}
"""By number; a file each."""

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__, *sorted({f"teplo.commands.{one}" for one in COMMANDS.values()})])


async def teplo(*arguments: str, text: str = "", **environment: str) -> tuple[int, str, str]:
    """Exit code, output and errors of one command; `text` is its input."""
    with TemporaryDirectory(prefix="teplo-command-") as name:
        folder = Path(name)
        (folder / "stdin").write_text(text, encoding="utf-8")
        process = _PROCESSES.Process(target=_run, args=(arguments, {**ENVIRONMENT, **environment}, folder))
        with _killed_at_the_end(process):
            await asyncio.to_thread(process.start)
            await asyncio.to_thread(process.join)
        output, errors = ((folder / one).read_text(encoding="utf-8") for one in ("stdout", "stderr"))
        return process.exitcode or 0, output, errors


@contextmanager
def _killed_at_the_end(process: BaseProcess) -> Iterator[None]:
    """Whoever waits for it no longer, because of a time-out, leaves nothing behind."""
    try:
        yield
    finally:
        if process.is_alive():
            process.kill()


def _run(arguments: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["teplo", *arguments]
    for number, (name, mode) in enumerate(STREAMS.items()):
        file = (folder / name).open(mode, encoding="utf-8")
        os.dup2(file.fileno(), number)
        setattr(sys, name, file)
    main()
