"""The options behind the question mark of a line URL: which a scheme has, and how each is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from protocols.modbus.messages import Framing

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Number:
    """A plain decimal number within limits."""

    lowest: float
    highest: float
    kind: type[int] | type[float]

    def __call__(self, written: str) -> float:
        pattern = r"[0-9]{1,7}" if self.kind is int else r"[0-9]{1,7}(\.[0-9]{1,6})?"
        if re.fullmatch(pattern, written, re.ASCII) and self.lowest <= float(written) <= self.highest:
            return self.kind(written)
        whole = "a whole number" if self.kind is int else "a number"
        raise ValueError(f"{whole} from {self.lowest:g} to {self.highest:g}")


@dataclass(frozen=True, slots=True)
class _Word:
    """One of these words."""

    words: tuple[str, ...]

    def __call__(self, written: str) -> str:
        if written in self.words:
            return written
        raise ValueError(f"one of {', '.join(self.words)}")


@dataclass(frozen=True, slots=True)
class _Octets:
    """Bytes in hexadecimal."""

    most: int

    def __call__(self, written: str) -> bytes:
        if re.fullmatch(r"([0-9A-Fa-f]{2})+", written, re.ASCII) and len(written) <= 2 * self.most:
            return bytes.fromhex(written)
        raise ValueError(f"1 to {self.most} bytes in hexadecimal, like 55AA")


def _name(written: str) -> str:
    if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", written, re.ASCII):
        return written
    raise ValueError("a name of small letters, digits and hyphens")


def _framing(written: str) -> Framing:
    return Framing(_Word((Framing.RTU.value, Framing.ASCII.value))(written))


TIMES: Final[Mapping[str, Callable[[str], object]]] = {
    "timeout": _Number(0.01, 600, float),
    "gap": _Number(0.001, 60, float),
    "attempts": _Number(1, 20, int),
    "quiet": _Number(0, 60, float),
}
SERIAL_SETTINGS: Final[Mapping[str, Callable[[str], object]]] = {
    "baud": _Number(50, 921_600, int),
    "parity": _Word(("N", "E", "O")),
    "stop": _Number(1, 2, int),
}
FRAMING: Final[Mapping[str, Callable[[str], object]]] = {"framing": _framing}
POOL: Final[Mapping[str, Callable[[str], object]]] = {"pool": _name}
CONNECTION: Final[Mapping[str, Callable[[str], object]]] = {
    "silence": _Number(1, 86_400, float),
    "heartbeat": _Octets(40),
    "answer": _Octets(40),
    "prefix": _Octets(40),
}

OPTIONS: Final[Mapping[str, Mapping[str, Callable[[str], object]]]] = {
    "serial": {**SERIAL_SETTINGS, **TIMES, **FRAMING},
    "tcp": {**TIMES, **FRAMING},
    "rfc2217": {**SERIAL_SETTINGS, **TIMES, **FRAMING},
    "modbus-tcp": TIMES,
    "csd": {**POOL, **TIMES, **FRAMING},
    "inbound": {**CONNECTION, **TIMES, **FRAMING},
    "mqtt": {},
}


CHOICE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}\.[a-z][a-z0-9_]{0,39}", re.ASCII)
"""`<protocol>.<name>`: what a protocol's reference leaves open; the driver knows the names and words."""


def _choice(written: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9+._-]{1,40}", written, re.ASCII):
        return written
    raise ValueError("a word of letters, digits and + . _ -")


def read_options(scheme: str, query: str) -> dict[str, Any]:
    """The values by option name; ValueError says, after "the line URL ...", what is wrong."""
    options: dict[str, Any] = {}
    choices: dict[str, str] = {}
    for pair in query.split("&") if query else ():
        name, equals, written = pair.partition("=")
        if name in options or name in choices:
            raise ValueError(f"gives {name!r} twice")
        if equals and CHOICE.fullmatch(name):
            choices[name] = _read(name, written, _choice)
            continue
        read = OPTIONS[scheme].get(name)
        if read is None or not equals:
            raise ValueError(f"has an unknown option {pair!r} (known here: {', '.join(OPTIONS[scheme])})")
        options[name] = _read(name, written, read)
    return options | {"choices": choices}


def _read(name: str, written: str, read: Callable[[str], T]) -> T:
    try:
        return read(written)
    except ValueError as error:
        raise ValueError(f"gives {name}={written!r}, which should be {error}") from error
