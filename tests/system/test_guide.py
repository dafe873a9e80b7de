"""Follows docs/how-to/add-a-meter.md to the letter: its files, its commands, its two meters over TCP.

The tree is copied, the files of the guide are written where it says, and its commands are run as it prints
them, in its order; only the two URLs are those that the simulator printed.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "how-to" / "add-a-meter.md"
FENCE = re.compile(r"^```(\w*)(?: file=(\S+))?\n(.*?)^```$", re.M | re.S)
LEFT_OUT = (".git", ".venv", ".node", "*_cache", ".hypothesis", "*.egg-info", ".demo")
PATIENCE = 120
URL = re.compile(r"tcp://\S+")


def blocks() -> list[tuple[str, str, str]]:
    """Language, file and text of every fenced block, in the order of the guide."""
    return [(found[1], found[2] or "", found[3]) for found in FENCE.finditer(GUIDE.read_text("utf-8"))]


def commands() -> Iterator[str]:
    for language, _, text in blocks():
        if language == "sh":
            yield from text.strip().splitlines()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the project with the guide's files in it, and the same environment."""
    copy = tmp_path / "teplo"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
    (copy / ".venv").symlink_to(Path(sys.prefix), target_is_directory=True)
    for _, file, text in blocks():
        if file:
            assert not (copy / file).exists(), f"{file} is there already"
            (copy / file).write_text(text, encoding="utf-8")
    return copy


def environment(tree: Path) -> dict[str, str]:
    """The copy's modules go before those of the project it was copied from; its few tests need no workers."""
    return os.environ | {
        "PYTHONPATH": str(tree),
        "PYTEST_ADDOPTS": "-p no:cacheprovider",
        "COLUMNS": "120",
        "WORKERS": "0",
    }


async def run(command: str, tree: Path) -> str:
    process = await asyncio.create_subprocess_shell(
        command,
        cwd=tree,
        env=environment(tree),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(PATIENCE):
        said, _ = await process.communicate()
    assert process.returncode == 0, f"{command}\n{said.decode()}"
    return said.decode()


@asynccontextmanager
async def running(command: str, tree: Path) -> AsyncIterator[list[str]]:
    """The URLs that the simulator prints, while it runs."""
    process = await asyncio.create_subprocess_exec(
        *command.split(), cwd=tree, env=environment(tree), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            lines = [(await process.stdout.readline()).decode() for _ in range(2)]
        yield [found[0] for line in lines if (found := URL.search(line))]
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def test_the_guide_adds_two_meters_and_reads_them_over_tcp(tree: Path) -> None:
    check, page, simulate, *polls = commands()
    checked = await run(check, tree)
    assert "passed" in checked
    assert not re.search(r"failed|error|skipped", checked)
    await run(page, tree)
    assert "### example-thermo-9" in (tree / "docs/reference/models.md").read_text("utf-8")
    async with running(simulate, tree) as urls:
        for number, (poll, url) in enumerate(zip(polls, urls, strict=True), start=1):
            said = await run(poll.replace(f"URL{number}", url), tree)
            assert re.search(r"energy_heating +10 +Gcal", said), said


def test_the_guide_needs_no_code() -> None:
    files = [file for _, file, _ in blocks() if file]
    assert sorted(Path(file).suffix for file in files) == [".toml"] * 5
