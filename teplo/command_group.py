"""Commands under one name, like `teplo key make|list|revoke`."""

from __future__ import annotations

import typer


def command_group(name: str, about: str) -> typer.Typer:
    """A group of two or more commands; `about` is what its help says."""
    return typer.Typer(
        name=name, help=about, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )
