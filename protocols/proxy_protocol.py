"""The PROXY header of a load balancer: who really connected (HAProxy's proxy-protocol.txt, 2.1 and 2.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from metering.errors import DecodeError

LONGEST_LINE: Final = 107
"""Version 1, with CR LF."""
LARGEST_HEADER: Final = 536
"""Version 2: so much fits into every network's first segment."""

LINE_START: Final = b"PROXY "
LINE: Final = re.compile(
    r"PROXY (?:UNKNOWN(?: [ -~]*)?|TCP([46]) ([0-9A-Fa-f:.]+) ([0-9A-Fa-f:.]+) ([0-9]{1,5}) ([0-9]{1,5}))\r\n"
)
SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
FIXED: Final = 16
"""Signature, version and command, family and transport, length of what follows."""
LOCAL: Final = 0x20
PROXY: Final = 0x21
ADDRESS_SIZES: Final = {0x11: 4, 0x21: 16}
"""TCP over IPv4 and IPv6; of every other valid family the connection's own address counts."""
FAMILIES: Final = frozenset({0x00, 0x11, 0x12, 0x21, 0x22, 0x31, 0x32})


@dataclass(frozen=True, slots=True)
class Proxied:
    """`source_host` "" and port 0: the load balancer does not say; the connection's own address counts.

    `length` bytes are the header; the modem's bytes begin behind them.
    """

    source_host: str
    source_port: int
    length: int


def parse(heard: bytes) -> Proxied | None:
    """The header at the beginning of what was heard; None while more is needed.

    DecodeError: there is none, or it is wrong; the connection must be closed then.
    """
    if _agree(heard, SIGNATURE):
        return _binary(heard) if len(heard) >= FIXED else None
    if _agree(heard, LINE_START):
        return _line(heard)
    raise _wrong("begins with no PROXY header; only the load balancer may connect here")


def _agree(heard: bytes, start: bytes) -> bool:
    return heard.startswith(start) or start.startswith(heard)


def _line(heard: bytes) -> Proxied | None:
    end = heard.find(b"\n", 0, LONGEST_LINE) + 1
    if not end:
        if len(heard) >= LONGEST_LINE:
            raise _wrong(f"has no end of line among its first {LONGEST_LINE} bytes")
        return None
    match = LINE.fullmatch(heard[:end].decode("ascii", "replace"))
    if match is None:
        raise _wrong("has a PROXY line that is not in its proper form")
    if match[1] is None:
        return Proxied("", 0, end)
    source, _ = (_address(match[group], match[1]) for group in (2, 3))
    port, _ = (_port(match[group]) for group in (4, 5))
    return Proxied(source, port, end)


def _address(text: str, version: str) -> str:
    try:
        address = ip_address(text)
    except ValueError as error:
        raise _wrong(f"has no address where one must stand: {text}") from error
    if str(address.version) != version:
        raise _wrong(f"says TCP{version} and has the address {text}")
    return str(address)


def _port(text: str) -> int:
    port = int(text)
    if port > 0xFFFF or str(port) != text:
        raise _wrong(f"has no port where one must stand: {text}")
    return port


def _binary(heard: bytes) -> Proxied | None:
    command, family = heard[12], heard[13]
    length = FIXED + int.from_bytes(heard[14:FIXED], "big")
    if command not in (LOCAL, PROXY) or family not in FAMILIES:
        raise _wrong(f"has the PROXY command {command:02X} for the family {family:02X}; neither may be so")
    if length > LARGEST_HEADER:
        raise _wrong(f"has a PROXY header of {length} bytes; {LARGEST_HEADER} are the most")
    if len(heard) < length:
        return None
    size = ADDRESS_SIZES.get(family, 0)
    if command == LOCAL or not size:
        return Proxied("", 0, length)
    if length < FIXED + 2 * size + 4:
        raise _wrong("has a PROXY header too short for its addresses")
    return _addressed(heard[FIXED:length], size, length)


def _addressed(block: bytes, size: int, length: int) -> Proxied:
    source = IPv4Address(block[:size]) if size == 4 else IPv6Address(block[:size])
    return Proxied(str(source), int.from_bytes(block[2 * size : 2 * size + 2], "big"), length)


def _wrong(mistake: str) -> DecodeError:
    return DecodeError(f"The connection {mistake}.")
