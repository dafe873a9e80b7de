"""The command `teplo`: every command by name, and how an error of our tree ends the process.

A command's module is imported when it is asked for: a poll in a cellar shall not wait for the database's and
the API's libraries.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Final

import typer
from rich.console import Console
from typer.core import TyperGroup

from metering.errors import (
    ConfigurationError,
    DecodeError,
    ExchangeError,
    LineError,
    MeterError,
    StorageError,
    TeploError,
    only_ours,
)
from teplo.settings import read_settings
from teplo.texts import translator

COMMANDS: Final = {
    "demo": "demo",
    "migrate": "serve",
    "collector": "serve",
    "writer": "serve",
    "push": "push",
    "api": "serve",
    "poll": "poll",
    "scan": "scan",
    "detect": "detect",
    "trace": "trace",
    "explain": "explain",
    "models": "models",
    "status": "status",
    "simulate": "simulate",
    "check": "check",
    "ask": "ask",
    "act": "act",
    "register": "register",
    "registry": "registry",
    "replace": "replace",
    "plan": "plan",
    "reading": "reading",
    "rule": "rule",
    "clock": "clock",
    "zone": "zone",
    "held": "held",
    "signal": "signal",
    "modem": "modem",
    "key": "key",
    "redecode": "redecode",
}
"""By name, the module in teplo/commands that has it under this name: a function, or a group of commands."""

EXIT_CODES: Final[tuple[tuple[type[TeploError], int], ...]] = (
    (ConfigurationError, 2),
    (LineError, 3),
    (ExchangeError, 4),
    (MeterError, 5),
    (DecodeError, 6),
    (StorageError, 7),
    (TeploError, 1),
)


class Commands(TyperGroup):
    """The commands of the table, each imported when it is needed."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"teplo.commands.{COMMANDS[cmd_name]}")
        found = getattr(module, cmd_name)
        if isinstance(found, typer.Typer):
            return typer.main.get_command(found)
        single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        single.command(cmd_name)(found)
        return typer.main.get_command(single)


app = typer.Typer(
    name="teplo",
    cls=Commands,
    help="Open head-end for modem-read heat meters: from the meter's bytes to billed Gcal.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def teplo() -> None:
    """Open head-end for modem-read heat meters: from the meter's bytes to billed Gcal."""


def exit_code(error: TeploError) -> int:
    """The process's exit code for this error; the first matching row counts."""
    return next(code for kind, code in EXIT_CODES if isinstance(error, kind))


def main() -> None:
    """Run a command; an error of our tree is told in one paragraph, without a traceback."""
    try:
        app()
    except TeploError as error:
        _end(error)
    except BaseExceptionGroup as group:
        ours = only_ours(group)
        if ours is None:
            raise
        _end(ours)


def _end(error: TeploError) -> None:
    """The kind of error in the reader's language, then what exactly happened."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    kind, detail = _kind(error), str(error)
    console.print(f"{type(error).__name__}: {kind}", markup=False)
    if detail != error.default_message():
        console.print(detail, markup=False)
    sys.exit(exit_code(error))


def _kind(error: TeploError) -> str:
    try:
        return translator(read_settings().language)(error.default_message())
    except ConfigurationError:
        return error.default_message()


if __name__ == "__main__":
    main()
