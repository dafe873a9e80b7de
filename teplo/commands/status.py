"""`teplo status`: what an engineer should do today, and how polling goes, in the terminal."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Final

import typer
from rich.console import Console

from teplo.base_plan import base_plan
from teplo.composition import clock, texts
from teplo.settings import read_settings
from teplo.status_tables import LOADERS
from teplo.with_database import with_database

WIDEST: Final = 100


class Part(StrEnum):
    """What is shown."""

    PROBLEMS = "problems"
    COMPLETENESS = "completeness"
    LINES = "lines"
    POLLS = "polls"


def status(
    part: Annotated[Part, typer.Argument(help="What to show.")] = Part.PROBLEMS,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
    most: Annotated[int, typer.Option(min=1, max=1000, help="So many rows at most.")] = 30,
) -> None:
    """Problems (the most urgent first), completeness of yesterday, lines, or the newest polls."""
    base = base_plan(read_settings())
    shown = with_database(lambda database: LOADERS[part](database, base, clock(), most, texts()))
    if as_json:
        print(json.dumps(shown.rows, ensure_ascii=False, default=str))
        return
    console = Console(highlight=False)
    console.width = min(console.width, WIDEST)
    console.print(shown.table)
