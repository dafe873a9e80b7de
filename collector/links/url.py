"""The URL of a line: how it is opened, and what is special about it.

    serial:/dev/ttyUSB0?baud=2400&parity=E      a local serial line
    tcp://10.0.0.5:4001                         a transparent gateway
    rfc2217://10.0.0.5:4001?baud=9600           a serial server whose baud rate can be changed
    modbus-tcp://10.0.0.5:502?timeout=5         a Modbus TCP gateway

Options: baud, parity, stop (serial lines); timeout, gap, attempts, quiet; framing=rtu or ascii.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import SplitResult, unquote, urlsplit

from metering.errors import ConfigurationError
from protocols.modbus.messages import Framing

LONGEST: Final = 500

EXAMPLES: Final[Mapping[str, str]] = {
    "serial": "serial:/dev/ttyUSB0?baud=2400&parity=E",
    "tcp": "tcp://10.0.0.5:4001",
    "rfc2217": "rfc2217://10.0.0.5:4001?baud=2400&parity=E",
    "modbus-tcp": "modbus-tcp://10.0.0.5:502",
}

NOT_YET: Final[Mapping[str, str]] = {
    "inbound": "a modem that connects to us",
    "csd": "a GSM data call",
}

DEVICE: Final = re.compile(r"/[^\0]+")


@dataclass(frozen=True, slots=True)
class LineUrl:
    """Where a line is and how it is talked on. None: the URL leaves it to the model's defaults.

    `place` is a device path or host:port; `timeout`, `gap` and `quiet` are in seconds.
    """

    text: str
    scheme: str
    place: str
    framing: Framing
    baud: int | None = None
    parity: str | None = None
    stop: int | None = None
    timeout: float | None = None
    gap: float | None = None
    attempts: int | None = None
    quiet: float | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads a URL strictly; ConfigurationError names the mistake and shows a right one."""
        if len(text) > LONGEST:
            raise ConfigurationError(f"A line URL has {LONGEST} characters at most; this has {len(text)}.")
        parts = _split(text)
        place = _device(text, parts) if parts.scheme == "serial" else _host_and_port(text, parts)
        options = _options(text, parts)
        framing = Framing.TCP if parts.scheme == "modbus-tcp" else options.pop("framing", Framing.RTU)
        return cls(text, parts.scheme, place, framing, **options)

    @property
    def endpoint(self) -> str:
        """The shared medium itself: two lines with one endpoint would be two talkers on one wire.

        A device's links are followed, so that /dev/serial/by-id/... and /dev/ttyUSB0 are known as one.
        """
        return str(Path(self.place).resolve()) if self.scheme == "serial" else self.place

    @property
    def host(self) -> str:
        """The gateway's name or address, without the brackets of IPv6."""
        return self.place.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The gateway's TCP port."""
        return int(self.place.rpartition(":")[2])


def _wrong(text: str, scheme: str, mistake: str) -> ConfigurationError:
    example = EXAMPLES.get(scheme, EXAMPLES["tcp"])
    return ConfigurationError(f"The line URL {text!r} {mistake}. A right one: {example}")


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise _wrong(text, "", f"cannot be read: {error}") from error
    if not text.isprintable() or " " in text:
        raise _wrong(text, parts.scheme, "holds a blank or an invisible character")
    if parts.scheme in NOT_YET:
        raise _wrong(text, "", f"is of {NOT_YET[parts.scheme]}; {parts.scheme}: lines come with the GSM work")
    if parts.scheme not in EXAMPLES:
        raise _wrong(text, "", f"has no scheme that we know ({', '.join(EXAMPLES)})")
    if "#" in text:
        raise _wrong(text, parts.scheme, "has a '#'; options stand behind '?'")
    return parts


def _device(text: str, parts: SplitResult) -> str:
    if parts.netloc:
        raise _wrong(text, "serial", "has two slashes too many")
    device = unquote(parts.path)
    if not DEVICE.fullmatch(device):
        raise _wrong(text, "serial", "does not name a device by its whole path")
    return device


def _host_and_port(text: str, parts: SplitResult) -> str:
    if parts.path or "@" in parts.netloc:
        raise _wrong(text, parts.scheme, "has more than a host and a port")
    try:
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _wrong(text, parts.scheme, "has a port that is not a number from 1 to 65535") from error
    if not host:
        raise _wrong(text, parts.scheme, "has no host")
    if not port:
        raise _wrong(text, parts.scheme, "has no port")
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


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


def _framing(written: str) -> Framing:
    return Framing(_Word((Framing.RTU.value, Framing.ASCII.value))(written))


TIMES: Final[Mapping[str, Callable[[str], object]]] = {
    "timeout": _Number(0.01, 600, float),
    "gap": _Number(0.001, 60, float),
    "attempts": _Number(1, 20, int),
    "quiet": _Number(0, 60, float),
}
SERIAL_SETTINGS: Final[Mapping[str, Callable[[str], object]]] = {
    "baud": _Number(50, 1_000_000, int),
    "parity": _Word(("N", "E", "O")),
    "stop": _Number(1, 2, int),
}
FRAMING: Final[Mapping[str, Callable[[str], object]]] = {"framing": _framing}

OPTIONS: Final[Mapping[str, Mapping[str, Callable[[str], object]]]] = {
    "serial": {**SERIAL_SETTINGS, **TIMES, **FRAMING},
    "tcp": {**TIMES, **FRAMING},
    "rfc2217": {**SERIAL_SETTINGS, **TIMES, **FRAMING},
    "modbus-tcp": TIMES,
}


def _options(text: str, parts: SplitResult) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for pair in parts.query.split("&") if parts.query else ():
        name, equals, written = pair.partition("=")
        if name in options:
            raise _wrong(text, parts.scheme, f"gives {name!r} twice")
        read = OPTIONS[parts.scheme].get(name)
        if read is None or not equals:
            known = ", ".join(OPTIONS[parts.scheme])
            raise _wrong(text, parts.scheme, f"has an unknown option {pair!r} (known here: {known})")
        options[name] = _read(text, parts.scheme, name, read, written)
    return options


def _read(text: str, scheme: str, name: str, read: Callable[[str], object], written: str) -> object:
    try:
        return read(written)
    except ValueError as error:
        raise _wrong(text, scheme, f"gives {name}={written!r}, which should be {error}") from error
