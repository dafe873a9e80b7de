"""`teplo models`: what can be polled, and how far each description is verified."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from protocols import catalogue
from protocols.driver import DriverInfo


def models(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """List the models that can be polled."""
    known = catalogue.models()
    if as_json:
        print(json.dumps([_row(info) for info in known], ensure_ascii=False))
        return
    table = Table("model", "archives", "verified by", "what it is", padding=(0, 1))
    table.columns[0].no_wrap = True
    for info in known:
        title = f"{info.maker} {info.title}, {info.protocol}"
        table.add_row(info.model, _archives(info), info.verification.value.replace("_", " "), title)
    Console().print(table)


def _archives(info: DriverInfo) -> str:
    return ", ".join(f"{kind.value} {depth}" for kind, depth in info.depths.items() if depth)


def _row(info: DriverInfo) -> dict[str, object]:
    return {
        "model": info.model,
        "maker": info.maker,
        "title": info.title,
        "protocol": info.protocol,
        "archives": {kind.value: depth for kind, depth in info.depths.items()},
        "verified": info.verification.value,
        "manual": info.manual,
        "notes": list(info.notes),
    }
