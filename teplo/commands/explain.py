"""`teplo explain m-bus [HEX|-]`: every byte of a frame with its meaning."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from metering.errors import ConfigurationError, FrameError
from protocols.mbus.explain import explain_bytes, explain_json

PROTOCOLS = ("m-bus",)
LONGEST_LINE = 4096


def explain(
    protocol: Annotated[str, typer.Argument(help="Which protocol the frame belongs to: m-bus.")],
    frame: Annotated[str, typer.Argument(metavar="[HEX|-]", help="The frame in hex; - reads lines.")] = "-",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per input line.")] = False,
) -> None:
    """Show every byte of a frame with its meaning."""
    if protocol not in PROTOCOLS:
        raise ConfigurationError(f"Unknown protocol {protocol!r}; explain knows: {', '.join(PROTOCOLS)}.")
    for line in _lines(frame):
        _print_json(line) if as_json else _print_table(line)


def _lines(argument: str) -> Iterator[str]:
    lines = sys.stdin if argument == "-" else [argument]
    return (line.strip() for line in lines if line.strip())


def _octets(line: str) -> bytes:
    if len(line) > LONGEST_LINE:
        raise FrameError(f"The line has {len(line)} characters; a frame in hex has at most {LONGEST_LINE}.")
    try:
        return bytes.fromhex(line)
    except ValueError as error:
        raise FrameError(f"This is not hex: {error}. Write pairs of hex digits, spaces allowed.") from error


def _print_json(line: str) -> None:
    try:
        explained = explain_json(_octets(line))
    except FrameError as error:
        explained = {"ok": False, "error": type(error).__name__, "message": str(error)}
    print(json.dumps(explained, ensure_ascii=False), flush=True)


def _print_table(line: str) -> None:
    table = Table("offset", "bytes", "meaning")
    for annotation in explain_bytes(_octets(line)):
        table.add_row(str(annotation.offset), annotation.data.hex(" ").upper(), annotation.meaning)
    Console().print(table)
