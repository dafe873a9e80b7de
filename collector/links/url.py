"""The URL of a line: how it is opened, and what is special about it.

    serial:/dev/ttyUSB0?baud=2400&parity=E      a local serial line
    tcp://10.0.0.5:4001                         a transparent gateway
    rfc2217://10.0.0.5:4001?baud=9600           a serial server whose baud rate can be changed
    modbus-tcp://10.0.0.5:502?timeout=5         a Modbus TCP gateway
    csd:+77015550001?pool=main                  a GSM data call through a pool of our own modems
    inbound:356938035643809?silence=300         a modem that connects to us and says who it is
    mqtt:wmbusmeters                            not opened at all: its meters push what they measure

Options: baud, parity, stop (serial lines); timeout, gap, attempts, quiet; framing=rtu or ascii; pool (csd);
silence, heartbeat, answer, prefix (inbound); and `<protocol>.<name>=<word>` for what the reference of a
protocol leaves open, such as units (see `teplo models`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import SplitResult, unquote, urlsplit

from collector.links.options import read_options
from metering.errors import ConfigurationError
from protocols.modbus.messages import Framing
from protocols.push.sources import SOURCES

LONGEST: Final = 500

EXAMPLES: Final[Mapping[str, str]] = {
    "serial": "serial:/dev/ttyUSB0?baud=2400&parity=E",
    "tcp": "tcp://10.0.0.5:4001",
    "rfc2217": "rfc2217://10.0.0.5:4001?baud=2400&parity=E",
    "modbus-tcp": "modbus-tcp://10.0.0.5:502",
    "csd": "csd:+77015550001?pool=main",
    "inbound": "inbound:356938035643809",
    "mqtt": "mqtt:wmbusmeters",
}

DEVICE: Final = re.compile(r"/[^\0]+")
NUMBER: Final = re.compile(r"\+?[0-9]{3,20}", re.ASCII)
LONGEST_IDENTITY: Final = 80


@dataclass(frozen=True, slots=True)
class LineUrl:
    """Where a line is and how it is talked on. None: the URL leaves it to the model's defaults.

    `place` is a device path, host:port, a phone number, a modem's identity or a source of pushed readings;
    `timeout`, `gap`, `quiet` and `silence` are in seconds. Of an inbound line: after `silence` without a byte
    its connection is dead; `heartbeat` is what the modem sends while it is idle, `answer` what it wants for
    it; `prefix` stands before each of its packets. `choices`: by `<protocol>.<name>`; the driver judges them.
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
    pool: str | None = None
    silence: float | None = None
    heartbeat: bytes = b""
    answer: bytes = b""
    prefix: bytes = b""
    choices: Mapping[str, str] = field(default_factory=dict, hash=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads a URL strictly; ConfigurationError names the mistake and shows a right one."""
        if len(text) > LONGEST:
            raise ConfigurationError(f"A line URL has {LONGEST} characters at most; this has {len(text)}.")
        parts = _split(text)
        place = PLACES.get(parts.scheme, _host_and_port)(text, parts)
        options = _options(text, parts)
        if parts.scheme == "csd" and "pool" not in options:
            raise _wrong(text, "csd", "names no pool of modems to call through")
        framing = Framing.TCP if parts.scheme == "modbus-tcp" else options.pop("framing", Framing.RTU)
        return cls(text, parts.scheme, place, framing, **options)

    @property
    def endpoint(self) -> str:
        """The shared medium itself: two lines with one endpoint would be two talkers on one wire.

        A device's links are followed, so that /dev/serial/by-id/... and /dev/ttyUSB0 are known as one.
        """
        return str(Path(self.place).resolve()) if self.scheme == "serial" else self.place

    @property
    def pushes(self) -> bool:
        """Whether nobody asks its meters: their readings come by themselves."""
        return self.scheme == "mqtt"

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


def _number(text: str, parts: SplitResult) -> str:
    if parts.netloc or not NUMBER.fullmatch(parts.path):
        raise _wrong(text, "csd", "does not name a phone number: digits, with a + before the country code")
    return parts.path


def _identity(text: str, parts: SplitResult) -> str:
    identity = unquote(parts.path)
    if parts.netloc or not 0 < len(identity) <= LONGEST_IDENTITY or not identity.isprintable():
        raise _wrong(text, "inbound", f"names no identity of 1 to {LONGEST_IDENTITY} characters")
    return identity


def _source(text: str, parts: SplitResult) -> str:
    if parts.netloc or parts.path not in SOURCES:
        raise _wrong(text, "mqtt", f"names none of the sources {', '.join(SOURCES)}")
    return parts.path


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


def _options(text: str, parts: SplitResult) -> dict[str, Any]:
    try:
        return read_options(parts.scheme, parts.query)
    except ValueError as error:
        raise _wrong(text, parts.scheme, str(error)) from error


PLACES: Final[Mapping[str, Callable[[str, SplitResult], str]]] = {
    "serial": _device,
    "csd": _number,
    "inbound": _identity,
    "mqtt": _source,
}
"""How the place is read; of every other scheme it is a host and a port."""
