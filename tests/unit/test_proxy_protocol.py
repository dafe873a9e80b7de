"""PROXY headers, versions 1 and 2 (HAProxy's proxy-protocol.txt, sections 2.1 and 2.2)."""

from __future__ import annotations

import pytest

from metering.errors import DecodeError
from protocols.proxy_protocol import LARGEST_HEADER, Proxied, parse

SIGNATURE = bytes.fromhex("0D 0A 0D 0A 00 0D 0A 51 55 49 54 0A")
IPV4 = bytes([192, 0, 2, 7, 198, 51, 100, 1]) + bytes.fromhex("DC 04 01 BB")
IPV6 = bytes.fromhex("20010DB8000000000000000000000007 20010DB8000000000000000000000001 DC04 01BB")
AWS = bytes.fromhex("EA 00 03 01 61 62")


def header(command: int, family: int, block: bytes) -> bytes:
    return SIGNATURE + bytes((command, family)) + len(block).to_bytes(2, "big") + block


HEADERS = [
    pytest.param(
        b"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n", "192.168.0.1", 56324, id="2.1 example"
    ),
    pytest.param(
        b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
        "255.255.255.255",
        65535,
        id="2.1 longest",
    ),
    pytest.param(b"PROXY TCP6 2001:db8::7 2001:db8::1 56324 443\r\n", "2001:db8::7", 56324, id="2.1 IPv6"),
    pytest.param(b"PROXY UNKNOWN\r\n", "", 0, id="2.1 unknown, short"),
    pytest.param(
        b"PROXY UNKNOWN " + b" ".join([b"ffff:" * 7 + b"ffff"] * 2) + b" 65535 65535\r\n",
        "",
        0,
        id="2.1 worst case of 107 bytes",
    ),
    pytest.param(header(0x21, 0x11, IPV4), "192.0.2.7", 0xDC04, id="2.2 TCP over IPv4"),
    pytest.param(header(0x21, 0x21, IPV6), "2001:db8::7", 0xDC04, id="2.2 TCP over IPv6"),
    pytest.param(header(0x21, 0x11, IPV4 + AWS), "192.0.2.7", 0xDC04, id="2.2 with a TLV behind"),
    pytest.param(header(0x20, 0x00, b""), "", 0, id="2.2 LOCAL"),
    pytest.param(header(0x20, 0x11, IPV4), "", 0, id="2.2 LOCAL, addresses to be ignored"),
    pytest.param(header(0x21, 0x00, AWS), "", 0, id="2.2 UNSPEC"),
    pytest.param(header(0x21, 0x31, bytes(216)), "", 0, id="2.2 UNIX"),
]

WRONG = [
    pytest.param(b"GET / HTTP/1.1\r\n", id="no header"),
    pytest.param(b"356938035643809", id="a modem that came past the load balancer"),
    pytest.param(b"proxy TCP4 192.168.0.1 192.168.0.11 1 2\r\n", id="2.1 small letters"),
    pytest.param(b"PROXY TCP4 192.168.0.1 192.168.0.11 1 2\n", id="2.1 LF alone"),
    pytest.param(b"PROXY TCP4 192.168.0.256 192.168.0.11 1 2\r\n", id="2.1 no address"),
    pytest.param(b"PROXY TCP4 192.168.0.1 ::1 1 2\r\n", id="2.1 mixed families"),
    pytest.param(b"PROXY TCP6 192.168.0.1 192.168.0.11 1 2\r\n", id="2.1 the other family"),
    pytest.param(b"PROXY TCP4 192.168.0.1 192.168.0.11 65536 2\r\n", id="2.1 no port"),
    pytest.param(b"PROXY TCP4 192.168.0.1 192.168.0.11 01 2\r\n", id="2.1 leading zero"),
    pytest.param(b"PROXY TCP4 192.168.0.1 192.168.0.11 1\r\n", id="2.1 a field too few"),
    pytest.param(b"PROXY TCP4 192.168.0.1  192.168.0.11 1 2\r\n", id="2.1 two blanks"),
    pytest.param(b"PROXY UDP4 192.168.0.1 192.168.0.11 1 2\r\n", id="2.1 no such transport"),
    pytest.param(b"PROXY UNKNOWN " + b"f" * 93, id="2.1 no end in 107 bytes"),
    pytest.param(header(0x11, 0x11, IPV4), id="2.2 another version"),
    pytest.param(header(0x22, 0x11, IPV4), id="2.2 another command"),
    pytest.param(header(0x21, 0x41, IPV4), id="2.2 another family"),
    pytest.param(header(0x21, 0x13, IPV4), id="2.2 another transport"),
    pytest.param(header(0x21, 0x11, IPV4[:-1]), id="2.2 too short for its addresses"),
    pytest.param(header(0x21, 0x11, bytes(LARGEST_HEADER)), id="2.2 too long"),
]


@pytest.mark.parametrize(("said", "host", "port"), HEADERS)
def test_a_header_is_understood_when_it_has_come_whole(said: bytes, host: str, port: int) -> None:
    assert [parse(said[:cut]) for cut in range(len(said))] == [None] * len(said)
    assert parse(said) == Proxied(host, port, len(said))


@pytest.mark.parametrize(("said", "host", "port"), HEADERS)
def test_what_came_behind_a_header_is_left(said: bytes, host: str, port: int) -> None:
    assert parse(said + b"356938035643809\r\n") == Proxied(host, port, len(said))


@pytest.mark.parametrize("said", WRONG)
def test_a_wrong_header_is_refused(said: bytes) -> None:
    with pytest.raises(DecodeError):
        parse(said)


def test_a_header_that_is_too_long_is_refused_before_it_has_come() -> None:
    with pytest.raises(DecodeError, match="most"):
        parse(header(0x21, 0x11, bytes(LARGEST_HEADER))[:16])
