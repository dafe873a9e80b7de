"""The command `teplo`: every command by name, and how an error of our tree ends the process."""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from metering.errors import (
    ConfigurationError,
    DecodeError,
    ExchangeError,
    LineError,
    MeterError,
    StorageError,
    TeploError,
)
from teplo.commands.check import check
from teplo.commands.demo import demo
from teplo.commands.explain import explain
from teplo.commands.key import key
from teplo.commands.models import models
from teplo.commands.poll import poll
from teplo.commands.scan import scan
from teplo.commands.serve import api, collector, migrate
from teplo.commands.simulate import simulate

EXIT_CODES: tuple[tuple[type[TeploError], int], ...] = (
    (ConfigurationError, 2),
    (LineError, 3),
    (ExchangeError, 4),
    (MeterError, 5),
    (DecodeError, 6),
    (StorageError, 7),
    (TeploError, 1),
)

app = typer.Typer(
    name="teplo",
    help="Open head-end for modem-read heat meters: from the meter's bytes to billed Gcal.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (demo, migrate, collector, api, poll, scan, explain, models, simulate, check, key):
    app.command()(command)


def exit_code(error: TeploError) -> int:
    """The process's exit code for this error; the first matching row counts."""
    return next(code for kind, code in EXIT_CODES if isinstance(error, kind))


def main() -> None:
    """Run a command; an error of our tree is told in one paragraph, without a traceback."""
    try:
        app()
    except TeploError as error:
        Console(stderr=True, highlight=False).print(f"{type(error).__name__}: {error}", soft_wrap=True)
        sys.exit(exit_code(error))
    except ExceptionGroup as group:
        _tell_first(group)


def _tell_first(group: ExceptionGroup[Exception]) -> None:
    ours = group.subgroup(TeploError)
    if ours is None:
        raise group
    error: BaseException = ours
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, TeploError)
    Console(stderr=True, highlight=False).print(f"{type(error).__name__}: {error}", soft_wrap=True)
    sys.exit(exit_code(error))


if __name__ == "__main__":
    main()
