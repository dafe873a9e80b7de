"""What texts that name commands and settings of `teplo` are checked against."""

from __future__ import annotations

import re
from collections.abc import Iterator

import typer
from typer.core import TyperCommand, TyperGroup

from teplo.__main__ import app
from teplo.settings import Settings

SETTINGS = {f"TEPLO_{name.upper()}" for name in Settings.model_fields}


def commands() -> dict[str, TyperCommand]:
    """Every command of `teplo` by its name; one within a group by both names, as it is typed."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return dict(_commands(group, ""))


def _commands(group: TyperGroup, before: str) -> Iterator[tuple[str, TyperCommand]]:
    context = typer.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if isinstance(found, TyperGroup):
            yield from _commands(found, f"{before}{name} ")
        elif isinstance(found, TyperCommand):
            yield f"{before}{name}", found


def options(command: TyperCommand) -> set[str]:
    """The long and short options of a command."""
    return {name for one in command.params for name in one.opts if name.startswith("-")}


def unknown_command(arguments: list[str]) -> str:
    """What is wrong with these arguments of `teplo`; empty when the command and its options exist."""
    known = commands()
    words = 2 if " ".join(arguments[:2]) in known else 1
    command = known.get(" ".join(arguments[:words]))
    if command is None:
        return f"no command {arguments[0]}"
    given = [one.partition("=")[0] for one in arguments[words:] if re.fullmatch("--?[a-z].*", one)]
    return " ".join(one for one in given if one not in options(command))


def unknown_settings(text: str) -> set[str]:
    """Names that look like settings of ours and are none."""
    return set(re.findall(r"\bTEPLO_[A-Z_]+", text)) - SETTINGS
