"""The spool on a disk that fills up, is torn, spoilt or shared, under a process that is killed."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector.spool import LARGEST_BATCH, ROW, Spool
from metering.errors import ConfigurationError, StorageUnavailable

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROOM = 50 * 1024 * 1024
PAGE = 4096
ENTRIES = 200


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.sqlite"


def payload(number: int, length: int = 700) -> bytes:
    return number.to_bytes(4, "big") * (length // 4)


def size_of(path: Path | str) -> int:
    return Path(path).stat().st_size


def flip(path: Path, every: int) -> None:
    data = bytearray(path.read_bytes())
    for place in range(every // 2, len(data), every):
        data[place] ^= 0x55
    path.write_bytes(data)


async def fill(path: Path, entries: int, length: int = 700) -> None:
    async with Spool(path, limit=ROOM) as spool:
        for number in range(entries):
            await spool.append("report", AT + timedelta(seconds=number), payload(number, length))


async def numbers(path: Path) -> list[int]:
    async with Spool(path, limit=ROOM) as spool:
        entries = await spool.first(100_000)
    found = [int.from_bytes(one.payload[:4], "big") for one in entries]
    assert [one.payload for one in entries] == [payload(one, len(entries[0].payload)) for one in found]
    return found


async def test_entries_come_back_in_order_and_stay_until_they_are_removed(path: Path) -> None:
    await fill(path, 5)
    async with Spool(path, limit=ROOM) as spool:
        first = await spool.first(3)
        assert [(one.kind, one.at, one.payload) for one in first] == [
            ("report", AT + timedelta(seconds=number), payload(number)) for number in range(3)
        ]
        assert await spool.first(3) == first
        await spool.remove(first[1].seq)
        assert [one.at.second for one in await spool.first(9)] == [2, 3, 4]
    assert await numbers(path) == [2, 3, 4]


async def test_the_state_counts_what_lies_there(path: Path) -> None:
    await fill(path, 3, 1000)
    async with Spool(path, limit=ROOM) as spool:
        state = spool.state()
        assert (state.entries, state.size, state.oldest_at) == (3, 3 * (1000 + ROW), AT)
        await spool.remove((await spool.first(2))[-1].seq)
        assert spool.state().entries == 1
        assert spool.state().size == 1000 + ROW
        assert spool.state().oldest_at == AT + timedelta(seconds=2)
        await spool.remove((await spool.first(2))[-1].seq)
        assert (spool.state().entries, spool.state().size, spool.state().oldest_at) == (0, 0, None)


async def test_a_full_spool_refuses_and_throws_nothing_away(path: Path) -> None:
    async with Spool(path, limit=3 * (700 + ROW)) as spool:
        for number in range(3):
            await spool.append("report", AT, payload(number))
        with pytest.raises(StorageUnavailable, match="is full: 3 entries"):
            await spool.append("report", AT, b"")
        await spool.remove((await spool.first(1))[0].seq)
        await spool.append("report", AT, payload(3))
    assert await numbers(path) == [1, 2, 3]


async def test_room_is_given_back_to_the_disk(path: Path) -> None:
    await fill(path, 20, 100_000)
    full = size_of(path)
    async with Spool(path, limit=ROOM) as spool:
        await spool.remove((await spool.first(100))[-1].seq)
    assert full > 20 * 100_000
    assert size_of(path) < 20 * PAGE


async def test_a_batch_is_bounded_in_bytes_and_is_never_empty(path: Path) -> None:
    async with Spool(path, limit=4 * LARGEST_BATCH) as spool:
        for _ in range(2):
            await spool.append("report", AT, bytes(LARGEST_BATCH + 1))
        assert len(await spool.first(10)) == 1


async def test_two_processes_never_share_a_spool(path: Path) -> None:
    async with Spool(path, limit=ROOM):
        script = (
            "import asyncio, sys\nfrom pathlib import Path\nfrom collector.spool import Spool\n"
            "from metering.errors import ConfigurationError\n"
            "async def main():\n"
            "    try:\n"
            "        async with Spool(Path(sys.argv[1]), limit=1): pass\n"
            "    except ConfigurationError as error:\n"
            "        print(error)\n"
            "asyncio.run(main())\n"
        )
        told = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", script, str(path)], capture_output=True, text=True
        )
    assert "open in another process" in told.stdout, told.stderr


async def test_a_folder_that_cannot_be_one_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ConfigurationError):
        async with Spool(tmp_path / "file" / "spool.sqlite", limit=ROOM):
            pass


async def test_a_spoilt_entry_is_set_aside_and_blocks_nobody(path: Path) -> None:
    await fill(path, 5)
    spoil = sqlite3.connect(path)
    with spoil:
        spoil.execute("update entry set payload = ? where seq = 3", (b"x" + payload(2)[1:],))
    spoil.close()
    assert await numbers(path) == [0, 1, 3, 4]
    async with Spool(path, limit=ROOM) as spool:
        assert (spool.state().entries, spool.state().damaged) == (4, 1)
        ((kind, spoilt, reason),) = await spool.damaged()
        assert (kind, spoilt[:1], "written" in reason) == ("report", b"x", True)


@pytest.mark.parametrize("column", ["kind", "at", "checksum"])
async def test_every_column_is_under_the_checksum(path: Path, column: str) -> None:
    await fill(path, 2)
    spoil = sqlite3.connect(path)
    with spoil:
        spoil.execute(f"update entry set {column} = 'rubbish' where seq = 1")
    spoil.close()
    assert await numbers(path) == [1]


async def test_what_is_set_aside_is_bounded_and_the_oldest_goes(path: Path) -> None:
    async with Spool(path, limit=40_000) as spool:
        for number in range(12):
            await spool.set_aside("report", AT, payload(number, 1000), "refused")
        kept = [int.from_bytes(data[:4], "big") for _, data, _ in await spool.damaged()]
        assert kept == list(range(2, 12))
        assert spool.state().damaged == 10


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("spool") / "spool.sqlite"
    asyncio.run(fill(path, ENTRIES))
    assert [one.name for one in path.parent.iterdir()] == ["spool.sqlite"]
    return path


class TestDamagedFiles:
    """What stands on undamaged pages is saved, the file itself is kept beside."""

    @pytest.fixture
    def filled(self, template: Path, path: Path) -> Path:
        return Path(shutil.copyfile(template, path))

    async def test_cut_in_the_middle_of_the_last_record(self, filled: Path) -> None:
        size = size_of(filled)
        os.truncate(filled, size - PAGE - PAGE // 3)
        found = await numbers(filled)
        assert found == list(range(len(found)))
        assert len(found) >= ENTRIES - 3 * (PAGE // 700)
        assert filled.with_name("spool.sqlite.damaged-1").stat().st_size == size - PAGE - PAGE // 3

    async def test_cut_to_a_half(self, filled: Path) -> None:
        os.truncate(filled, size_of(filled) // 2)
        found = await numbers(filled)
        assert found == list(range(len(found)))
        assert len(found) >= 0.4 * ENTRIES

    async def test_a_header_of_rubbish(self, filled: Path) -> None:
        with filled.open("r+b") as file:
            file.write(b"\xa5" * 100)
        assert await numbers(filled) == list(range(ENTRIES))

    async def test_a_first_page_of_rubbish(self, filled: Path) -> None:
        with filled.open("r+b") as file:
            file.write(b"\x00" * PAGE)
        assert await numbers(filled) == list(range(ENTRIES))

    async def test_pages_of_rubbish_in_the_middle(self, filled: Path) -> None:
        pages = size_of(filled) // PAGE
        with filled.open("r+b") as file:
            for page in (pages // 3, pages // 2):
                file.seek(page * PAGE)
                file.write(b"\xff" * PAGE)
        found = await numbers(filled)
        assert len(found) >= ENTRIES - 2 * (PAGE // 700)
        assert found == sorted(found)

    @pytest.mark.parametrize("every", [3001, 20_011, 50_021])
    async def test_flipped_bytes_never_become_entries(self, filled: Path, every: int) -> None:
        flip(filled, every)
        found = await numbers(filled)
        assert found == sorted(set(found))
        assert set(found) <= set(range(ENTRIES))

    async def test_nothing_of_ours_at_all(self, path: Path) -> None:
        await asyncio.to_thread(path.write_bytes, b"\x00garbage\xff" * 5000)
        assert await numbers(path) == []
        await fill(path, 2)
        assert await numbers(path) == [0, 1]

    async def test_an_empty_file(self, path: Path) -> None:
        await asyncio.to_thread(path.touch)
        await fill(path, 2)
        assert await numbers(path) == [0, 1]

    async def test_what_is_appended_after_the_mending_follows(self, filled: Path) -> None:
        os.truncate(filled, size_of(filled) // 2)
        async with Spool(filled, limit=ROOM) as spool:
            await spool.append("report", AT, payload(9999))
        assert (await numbers(filled))[-1] == 9999

    async def test_a_second_damage_overwrites_no_kept_file(self, filled: Path) -> None:
        for _ in range(2):
            with filled.open("r+b") as file:
                file.write(b"\xa5" * 100)
            assert await numbers(filled) == list(range(ENTRIES))
        assert {one.name for one in filled.parent.iterdir()} == {
            "spool.sqlite",
            "spool.sqlite.damaged-1",
            "spool.sqlite.damaged-2",
        }


WRITER = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from collector.spool import Spool

async def main():
    async with Spool(Path(sys.argv[1]), limit=10**9) as spool:
        number = spool.state().entries
        while True:
            await spool.append("report", datetime(2026, 3, 1, tzinfo=UTC), number.to_bytes(4, "big") * 175)
            print(number, flush=True)
            number += 1

asyncio.run(main())
"""


def killed_after(path: Path, acknowledged: int) -> int:
    """The last entry that a writer said was on the disk before it was killed."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        for _ in range(acknowledged):
            assert writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        rest = [line for line in writer.stdout.read().split("\n") if line]
    return int(rest[-1]) if rest else acknowledged - 1


async def test_a_killed_writer_loses_nothing_that_was_acknowledged(path: Path) -> None:
    last = -1
    for acknowledged in (1, 20, 60):
        last = max(last, await asyncio.to_thread(killed_after, path, acknowledged))
        found = await numbers(path)
        assert found == list(range(len(found)))
        assert len(found) > last


async def test_a_torn_tail_beside_the_file_loses_the_torn_entry_alone(path: Path, tmp_path: Path) -> None:
    """A killed process leaves its last changes beside the file; a power cut may tear the last of them."""
    async with Spool(path, limit=ROOM) as spool:
        for number in range(20):
            await spool.append("report", AT, payload(number))
        torn = tmp_path / "torn" / "spool.sqlite"
        torn.parent.mkdir()
        for side in ("", "-wal"):
            shutil.copyfile(f"{path}{side}", f"{torn}{side}")
    os.truncate(f"{torn}-wal", size_of(f"{torn}-wal") - 100)
    assert await numbers(torn) == list(range(19))
