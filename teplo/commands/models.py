"""`teplo models`: what can be polled, and how far each description is verified."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from protocols import catalogue
from protocols.driver import DriverInfo
from teplo.models_page import archives, page


def models(
    model: Annotated[str, typer.Argument(help="Everything about this one.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="The page of the documentation.")] = False,
) -> None:
    """List the models that can be polled."""
    if markdown:
        print(page(), end="")
        return
    known = (catalogue.driver(model).info,) if model else catalogue.models()
    if as_json or model:
        print(json.dumps([_row(info) for info in known], ensure_ascii=False, indent=2 if model else None))
        return
    table = Table("model", "archives", "verified by", "what it is", padding=(0, 1))
    table.columns[0].no_wrap = True
    for info in known:
        title = f"{info.maker} {info.title}, {info.protocol}"
        table.add_row(info.model, archives(info), info.verification.value.replace("_", " "), title)
    Console().print(table)


def _row(info: DriverInfo) -> dict[str, Any]:
    return {
        "model": info.model,
        "maker": info.maker,
        "title": info.title,
        "protocol": info.protocol,
        "archives": {kind.value: depth for kind, depth in info.depths.items()},
        "verified": info.verification.value,
        "manual": info.manual,
        "line": {"baud": info.line.baud, "parity": info.line.parity, "stop": info.line.stop},
        "address": info.default_address,
        "polls_per_day": info.polls_per_day,
        "choices": {
            f"{info.protocol}.{one.name}": {"words": list(one.words), "why": one.why} for one in info.choices
        },
        "sets_clock": info.sets_clock,
        "notes": list(info.notes),
    }
