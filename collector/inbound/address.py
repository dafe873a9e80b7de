"""Where we listen, and what the modems that connect there say first.

    0.0.0.0:11003                               any of the usual hellos, WRX gateways after a silence
    0.0.0.0:11003?hello=irz                     iRZ modems alone
    0.0.0.0:11004?hello=wrx                     Teleofis WRX: we speak first
    0.0.0.0:11005?hello=registration&pattern=LOGIN:([0-9]{1,10})
    10.8.0.1:11006?hello=port                   the port is the modem's own: its identity is port:11006
    10.8.0.1:11007?hello=address                its network address is its identity: address:10.8.0.7
    0.0.0.0:11443?tls=yes&proxy=yes             encrypted, behind a load balancer

A dedicated port or an address as identity proves nothing on the open internet: they are for closed networks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from typing import Any, Final, Self
from urllib.parse import unquote

from collector.inbound.hello_pattern import hello_pattern
from metering.errors import ConfigurationError
from protocols.hello import USUAL_KINDS, Expected, HelloKind

LONGEST: Final = 300
EXAMPLE: Final = "0.0.0.0:11003?hello=any"
PLACE: Final = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):([0-9]{1,5})", re.ASCII)


class HelloRule(StrEnum):
    """What is taken for a hello."""

    ANY = "any"
    IRZ = "irz"
    WRX = "wrx"
    REGISTRATION = "registration"
    PORT = "port"
    ADDRESS = "address"


KINDS: Final[Mapping[HelloRule, frozenset[HelloKind]]] = {
    HelloRule.ANY: USUAL_KINDS,
    HelloRule.IRZ: frozenset({HelloKind.IRZ}),
    HelloRule.WRX: frozenset({HelloKind.WRX}),
    HelloRule.REGISTRATION: frozenset({HelloKind.IMEI, HelloKind.ICCID, HelloKind.MAC, HelloKind.TEXT}),
    HelloRule.PORT: frozenset(),
    HelloRule.ADDRESS: frozenset(),
}
WITH_PATTERN: Final = (HelloRule.ANY, HelloRule.REGISTRATION)


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """One address that we listen on; port 0 lets the operating system choose.

    With a pattern, `registration` takes for a registration text only what matches it.
    """

    text: str
    host: str
    port: int
    hello: HelloRule = HelloRule.ANY
    pattern: re.Pattern[bytes] | None = None
    proxy: bool = False
    tls: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads an address strictly; ConfigurationError names the mistake and shows a right one."""
        if len(text) > LONGEST or not text.isprintable():
            raise _wrong(text[:LONGEST], f"is longer than {LONGEST} characters or holds invisible ones")
        place, _, query = text.partition("?")
        host, port = _place(text, place)
        options = _options(text, query)
        if "pattern" in options and options.get("hello", HelloRule.ANY) not in WITH_PATTERN:
            raise _wrong(text, "has a pattern, which goes with hello=any and hello=registration only")
        return cls(text, host, port, **options)

    @property
    def expected(self) -> Expected:
        """What the hello is searched for."""
        kinds = KINDS[self.hello]
        if self.pattern is None:
            return Expected(kinds, probe=self.hello is HelloRule.WRX)
        return Expected(kinds - {HelloKind.TEXT, HelloKind.MAC}, (self.pattern,))


def _place(text: str, place: str) -> tuple[str, int]:
    parts = PLACE.fullmatch(place)
    if parts is None or int(parts[3]) > 65535:
        raise _wrong(text, "is not an IP address, a colon and a port (IPv6 stands in brackets)")
    try:
        return str(ip_address(parts[1] or parts[2])), int(parts[3])
    except ValueError as error:
        raise _wrong(text, f"has no valid IP address: {error}") from error


def _yes_or_no(written: str) -> bool:
    return {"yes": True, "no": False}[written]


OPTIONS: Final[Mapping[str, Callable[[str], object]]] = {
    "hello": HelloRule,
    "pattern": hello_pattern,
    "proxy": _yes_or_no,
    "tls": _yes_or_no,
}


def _options(text: str, query: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for pair in query.split("&") if query else ():
        name, _, written = pair.partition("=")
        if name not in OPTIONS or name in options:
            raise _wrong(text, f"has an unknown or repeated option {pair!r} (known: {', '.join(OPTIONS)})")
        try:
            options[name] = OPTIONS[name](unquote(written))
        except (ValueError, KeyError) as error:
            raise _wrong(text, f"gives {name}={written!r}, which it does not know") from error
    return options


def _wrong(text: str, mistake: str) -> ConfigurationError:
    return ConfigurationError(f"The address to listen on {text!r} {mistake}. A right one: {EXAMPLE}")
