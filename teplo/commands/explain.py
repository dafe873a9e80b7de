"""`teplo explain PROTOCOL [HEX|-]`: every byte of a frame with its meaning; `--guess`: whose frame it is."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from metering.errors import ConfigurationError, FrameError, TeploError
from protocols import catalogue
from protocols.family import Family
from protocols.mbus.explain import explain_json
from teplo.composition import texts

LONGEST_LINE: Final = 4096
SHOWN: Final = 60
"""Characters of a line that is no frame, before what is wrong with it."""
SEPARATORS: Final = re.compile(r"\b0[xX]|\\[xX]|[,;:-]")
"""What logs and source files put between octets."""


def explain(
    protocol: Annotated[
        str,
        typer.Argument(
            help="Which protocol the frame belongs to: m-bus, modbus, vkt7 ...", show_default=False
        ),
    ] = "",
    frame: Annotated[str, typer.Argument(metavar="[HEX|-]", help="The frame in hex; - reads lines.")] = "-",
    guess: Annotated[bool, typer.Option("--guess", help="Say which protocol the frame belongs to.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per input line.")] = False,
) -> None:
    """Show every byte of a frame with its meaning; requests and replies alike."""
    family = None if guess else _family(protocol)
    argument = protocol or frame if guess else frame
    shown = _print_or_complain if argument == "-" else _print
    for line in _lines(argument):
        _print_json(family, line) if as_json else shown(family, line)


def _family(protocol: str) -> Family:
    families = catalogue.families()
    if protocol not in families:
        unknown = f"Unknown protocol {protocol!r}" if protocol else "No protocol is named"
        raise ConfigurationError(f"{unknown}; explain knows: {', '.join(families)}. Or ask with --guess.")
    return families[protocol]


def _lines(argument: str) -> Iterator[str]:
    lines = sys.stdin if argument == "-" else [argument]
    return (line.strip() for line in lines if line.strip())


def _octets(line: str) -> bytes:
    if len(line) > LONGEST_LINE:
        raise FrameError(f"The line has {len(line)} characters; a frame in hex has at most {LONGEST_LINE}.")
    try:
        return bytes.fromhex(SEPARATORS.sub(" ", line))
    except ValueError as error:
        raise FrameError(f"This is not hex: {error}. Write pairs of hex digits, spaces allowed.") from error


def _guessed(octets: bytes) -> tuple[Family, ...]:
    found = catalogue.guess(octets)
    if not found:
        raise FrameError(
            "No protocol takes this for a whole frame. Likely bytes are missing at an end, or several frames "
            "stand behind each other: cut it to one frame, or name the protocol to see what is wrong with it."
        )
    return found


def _print(family: Family | None, line: str) -> None:
    octets = _octets(line)
    if family is None:
        found = _guessed(octets)
        family = found[0]
        names = ", ".join(f"{one.protocol} ({one.title})" for one in found)
        _ = texts()
        print(_("It may belong to, most certain first: {names}").format(names=names))
    table = Table("offset", "bytes", "meaning")
    for annotation in family.explain(octets):
        table.add_row(str(annotation.offset), annotation.data.hex(" ").upper(), annotation.meaning)
    Console().print(table)


def _print_or_complain(family: Family | None, line: str) -> None:
    """One line of many: what is wrong with it does not keep the others from being explained."""
    try:
        _print(family, line)
    except TeploError as error:
        print(f"{line[:SHOWN]}: {error}")


def _print_json(family: Family | None, line: str) -> None:
    try:
        explained = _as_json(family, _octets(line))
    except TeploError as error:
        explained = {"ok": False, "error": type(error).__name__, "message": str(error)}
    print(json.dumps(explained, ensure_ascii=False), flush=True)


def _as_json(family: Family | None, octets: bytes) -> dict[str, Any]:
    if family is not None:
        describe = JSON.get(family.protocol)
        return describe(octets) if describe else _annotations(family, octets)
    found = _guessed(octets)
    return {"protocols": [one.protocol for one in found], **_annotations(found[0], octets)}


def _annotations(family: Family, octets: bytes) -> dict[str, Any]:
    return {
        "ok": True,
        "protocol": family.protocol,
        "parts": [
            {"offset": one.offset, "bytes": one.data.hex().upper(), "meaning": one.meaning}
            for one in family.explain(octets)
        ],
    }


JSON: Final[Mapping[str, Callable[[bytes], dict[str, Any]]]] = {"m-bus": explain_json}
"""Protocols whose frames describe themselves say more than words for bytes."""
