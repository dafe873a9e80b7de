"""What texts that name commands and settings of `teplo` are checked against."""

from __future__ import annotations

import re

import typer
from typer.core import TyperCommand, TyperGroup

from teplo.__main__ import app
from teplo.settings import Settings

SETTINGS = {f"TEPLO_{name.upper()}" for name in Settings.model_fields}


def commands() -> dict[str, TyperCommand]:
    """Every command of `teplo` by its name."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    context = typer.Context(group)
    found = {name: group.get_command(context, name) for name in group.list_commands(context)}
    return {name: one for name, one in found.items() if isinstance(one, TyperCommand)}


def options(command: TyperCommand) -> set[str]:
    """The long and short options of a command."""
    return {name for one in command.params for name in one.opts if name.startswith("-")}


def unknown_command(arguments: list[str]) -> str:
    """What is wrong with these arguments of `teplo`; empty when the command and its options exist."""
    command = commands().get(arguments[0])
    if command is None:
        return f"no command {arguments[0]}"
    given = [one.partition("=")[0] for one in arguments[1:] if re.fullmatch("--?[a-z].*", one)]
    return " ".join(one for one in given if one not in options(command))


def unknown_settings(text: str) -> set[str]:
    """Names that look like settings of ours and are none."""
    return set(re.findall(r"\bTEPLO_[A-Z_]+", text)) - SETTINGS
