"""Command lines of ITU-T V.250: how characters become a line, and a line its commands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LONGEST_LINE: Final = 560
_ENDS: Final = b"\r"
_BACKSPACE: Final = 8

_EXTENDED: Final = re.compile(
    r"(?P<name>[+^#%][A-Z0-9]+)(?:(?P<form>=\?|\?|=)(?P<arguments>[^;]*))?(?:;|$)", re.I
)
_DIAL: Final = re.compile(r"D(?P<number>.*)$", re.I)
_REGISTER: Final = re.compile(r"S(?P<register>\d{1,3})(?P<form>\?|=)(?P<value>\d{0,3})", re.I)
_BASIC: Final = re.compile(r"(?P<name>[&\\]?[A-Z])(?P<value>\d{0,3})", re.I)


class Form(StrEnum):
    """What is wanted of a command."""

    EXECUTE = ""
    READ = "?"
    TEST = "=?"
    SET = "="


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a line: `E`, `&C`, `S`, `D`, `+CREG`, in capitals; arguments without their quotes."""

    name: str
    form: Form = Form.EXECUTE
    arguments: tuple[str, ...] = ()

    @property
    def numbers(self) -> tuple[int, ...] | None:
        """The arguments as numbers; None when one of them is none."""
        if not all(argument.isascii() and argument.isdigit() for argument in self.arguments):
            return None
        return tuple(int(argument) for argument in self.arguments)


class LineEditor:
    """Collects characters until the end of a line; what is too long becomes a line nobody understands."""

    def __init__(self) -> None:
        self._line = bytearray()

    def feed(self, data: bytes) -> tuple[bytes, str | None, bytes]:
        """What was taken in (for the echo), the line that it finished, and what came behind it."""
        end = data.find(_ENDS)
        taken = data if end < 0 else data[: end + 1]
        for octet in taken.removesuffix(_ENDS):
            self._type(octet)
        if end < 0:
            return taken, None, b""
        line = self._line.decode("latin-1").strip()
        self._line.clear()
        return taken, line, data[end + 1 :]

    def clear(self) -> None:
        """Forgets an unfinished line."""
        self._line.clear()

    def _type(self, octet: int) -> None:
        if octet == _BACKSPACE:
            del self._line[-1:]
        elif octet >= ord(" ") and len(self._line) <= LONGEST_LINE:
            self._line.append(octet)


def body(line: str) -> str | None:
    """What stands behind the first AT; None when there is no AT, and a modem takes no notice of the line."""
    start = line.upper().find("AT")
    return None if start < 0 else line[start + 2 :]


def parse(text: str) -> tuple[Command, ...] | None:
    """The commands behind AT; None when they are too long or break the syntax."""
    if len(text) > LONGEST_LINE:
        return None
    rest, commands = text.replace(" ", ""), []
    while rest:
        found = _first(rest)
        if found is None:
            return None
        command, length = found
        commands.append(command)
        rest = rest[length:].removeprefix(";")
    return tuple(commands)


def _first(text: str) -> tuple[Command, int] | None:
    if found := _EXTENDED.match(text):
        form = Form(found["form"] or "")
        arguments = (
            tuple(part.strip('"') for part in found["arguments"].split(",")) if form is Form.SET else ()
        )
        return Command(found["name"].upper(), form, arguments), found.end()
    if found := _DIAL.match(text):
        return Command("D", Form.SET, (found["number"],)), found.end()
    if found := _REGISTER.match(text):
        given = (found["register"], found["value"]) if found["form"] == "=" else (found["register"],)
        return Command("S", Form(found["form"]), given), found.end()
    if found := _BASIC.match(text):
        return Command(found["name"].upper(), Form.SET, (found["value"] or "0",)), found.end()
    return None
