"""A PostgreSQL server of our own in a folder: for the demo, the tests and small sites."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final
from urllib.parse import urlencode

from metering.errors import StorageUnavailable
from teplo.postgres_binaries import Binaries, Runner, find_binaries, find_runner
from teplo.postgres_process import PATIENCE, alive, answers, first_number, ready, running, wait

_USER: Final = "teplo"
_PORT: Final = 5432
_LONGEST_SOCKET: Final = 90
"""A Unix socket's path has room for 107 bytes, the file's own name included."""
_BUILTIN_LOCALE_SINCE: Final = 17
_STILL_DYING: Final = "shared memory block"


class EmbeddedPostgres:
    """One server in `folder`, reached by a Unix socket that only its owner can open; it listens on no port.

    Several processes may start it: the first one runs it and stops it, the others use it. One that was left
    behind by a killed process is taken over. `settings` are the server's own, by name.
    """

    def __init__(
        self, folder: Path, *, binaries: Path | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder.absolute()
        self._binaries = binaries
        self._settings = dict(settings or {})
        self._data = self.folder / "data"
        self._log = self.folder / "postgres.log"
        self._owner = self.folder / "owner.pid"
        self._sockets = _socket_folder(self.folder)
        self._process: subprocess.Popen[bytes] | None = None
        self._ours = False

    @property
    def url(self) -> str:
        """What TEPLO_DATABASE_URL would say of this server."""
        return f"postgresql://{_USER}@/postgres?{urlencode({'host': str(self._sockets), 'port': _PORT})}"

    @property
    def pid(self) -> int | None:
        """The server's process; None when none is running."""
        return running(self._data)

    def start(self) -> str:
        """Makes the database when there is none, starts the server and waits for it; returns its URL.

        ConfigurationError without PostgreSQL's programs, StorageUnavailable when the server does not start.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with _locked(self.folder / "lock"):
            # A server that was just killed is not gone yet.
            wait(lambda: self.pid is None or answers(self._sockets, _PORT))
            if self.pid is None:
                self._launch()
            self._ours = self._process is not None or not alive(first_number(self._owner))
            if self._ours:
                self._owner.write_text(str(os.getpid()))
        return self.url

    def stop(self) -> None:
        """Stops the server if it is ours; its clients are disconnected, nothing committed is lost."""
        if not self._ours:
            return
        self._ours = False
        for ending in (signal.SIGINT, signal.SIGQUIT):
            pid = self.pid
            if pid is not None:
                os.kill(pid, ending)
                wait(lambda: self.pid is None)
        self._reap()

    def __enter__(self) -> str:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _launch(self) -> None:
        binaries = find_binaries(self._binaries, first_number(self._data / "PG_VERSION"))
        runner = find_runner(binaries)
        _own(self.folder, runner)
        _own(self._sockets, runner)
        if not self._data.exists():
            self._initialise(binaries, runner)
        _own(self._data, runner)
        self._clear()
        deadline = time.monotonic() + PATIENCE
        while not self._run(binaries, runner):
            # Processes of a server that was killed hold its memory for a moment longer.
            if _STILL_DYING not in self._complaint() or time.monotonic() > deadline:
                raise StorageUnavailable(
                    f"The embedded database in {self.folder} does not start. Its log says: "
                    f"{self._complaint()}"
                )
            time.sleep(0.1)

    def _initialise(self, binaries: Binaries, runner: Runner) -> None:
        """Makes the database beside its place, so that a half-made one is never taken for a whole one."""
        unfinished = self.folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        _own(unfinished, runner)
        command = [
            *runner.prefix,
            str(binaries.folder / "initdb"),
            *("-D", str(unfinished), "-U", _USER, "-E", "UTF8", "--auth=trust", "--no-instructions"),
            *_locale(binaries),
        ]
        answer = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd="/", **runner.options
        )
        if answer.returncode != 0:
            raise StorageUnavailable(
                f"The embedded database in {self.folder} could not be made: {answer.stderr.strip()[-500:]}"
            )
        unfinished.rename(self._data)

    def _clear(self) -> None:
        """Removes what a killed server left: its process number may belong to somebody else by now."""
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        for leftover in self._sockets.glob(".s.PGSQL.*"):
            leftover.unlink()

    def _run(self, binaries: Binaries, runner: Runner) -> bool:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._sockets),
            "port": str(_PORT),
            "timezone": "UTC",
            **self._settings,
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [*runner.prefix, str(binaries.folder / "postgres"), "-D", str(self._data), *options]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                **runner.options,
            )
        process = self._process
        wait(lambda: ready(self._data) or process.poll() is not None)
        if ready(self._data) and process.poll() is None:
            return True
        self._reap()
        return False

    def _reap(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)
            self._process = None

    def _complaint(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")[-500:].strip()


def _socket_folder(folder: Path) -> Path:
    beside = folder / "socket"
    if len(os.fsencode(beside)) <= _LONGEST_SOCKET:
        return beside
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"teplo-{os.geteuid()}-{digest}"


def _locale(binaries: Binaries) -> tuple[str, ...]:
    """Letters of every alphabet have upper and lower case, whatever languages the machine has."""
    if binaries.major >= _BUILTIN_LOCALE_SINCE:
        return ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
    return ("--locale=C.UTF-8",)


def _own(folder: Path, runner: Runner) -> None:
    """Makes the folder, closed to others, and gives it and all in it to whom the server runs as."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid == runner.owner:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, runner.owner, -1, follow_symlinks=False)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
