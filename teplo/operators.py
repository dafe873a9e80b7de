"""Who uses a command: the name that stands in journals and acts."""

from __future__ import annotations

import os
from getpass import getuser
from typing import Final

import typer

from metering.errors import ConfigurationError

LONGEST_NAME: Final = 80


def named(option: typer.CallbackParam, value: str) -> str:
    """The callback of an option that takes a name: what was typed, without blanks around it."""
    name = value.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise ConfigurationError(f"{option.opts[0]} is a name of 1 to {LONGEST_NAME} characters.")
    return name


def named_or_user(option: typer.CallbackParam, value: str) -> str:
    """The same of an option that may be left out: the user of this system then."""
    return named(option, value) if value else system_user()


def system_user() -> str:
    """The user of this system by name; by number where it has none, as in a container."""
    try:
        return getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"
