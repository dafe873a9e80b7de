"""The addresses that we listen on, and the patterns of registration packets."""

from __future__ import annotations

import pytest

from collector.inbound.address import HelloRule, ListenAddress
from collector.inbound.admission import source_of
from collector.inbound.hello_pattern import hello_pattern
from metering.errors import ConfigurationError
from protocols.hello import USUAL_KINDS, HelloKind

RIGHT = [
    ("0.0.0.0:11003", ("0.0.0.0", 11003, HelloRule.ANY, False, False)),
    ("127.0.0.1:0?hello=irz", ("127.0.0.1", 0, HelloRule.IRZ, False, False)),
    ("[::]:11004?hello=wrx&proxy=yes", ("::", 11004, HelloRule.WRX, True, False)),
    ("10.8.0.1:65535?tls=yes&hello=port&proxy=no", ("10.8.0.1", 65535, HelloRule.PORT, False, True)),
]
WRONG = [
    "",
    "11003",
    ":11003",
    "0.0.0.0",
    "0.0.0.0:",
    "0.0.0.0:65536",
    "0.0.0.0:-1",
    "0.0.0.0:11003 ",
    "256.0.0.1:11003",
    "example:11003",
    "::1:11003",
    "[fe80::zz]:1",
    "0.0.0.0:11003?hello=everything",
    "0.0.0.0:11003?hello=irz&hello=wrx",
    "0.0.0.0:11003?tls=1",
    "0.0.0.0:11003?tls",
    "0.0.0.0:11003?colour=red",
    "0.0.0.0:11003?hello=irz&pattern=LOGIN:([0-9]+)",
    "0.0.0.0:11003?pattern=" + "A" * 400,
]


@pytest.mark.parametrize(("text", "parts"), RIGHT)
def test_an_address_is_read(text: str, parts: tuple[object, ...]) -> None:
    address = ListenAddress.parse(text)
    assert (address.host, address.port, address.hello, address.proxy, address.tls) == parts
    assert address.text == text


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_address_is_refused_with_a_right_one(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"A right one"):
        ListenAddress.parse(text)


def test_a_listener_expects_what_its_address_says() -> None:
    kinds = {rule: ListenAddress.parse(f"0.0.0.0:1?hello={rule}").expected.kinds for rule in HelloRule}
    assert kinds[HelloRule.ANY] == USUAL_KINDS
    assert kinds[HelloRule.IRZ] == {HelloKind.IRZ}
    assert HelloKind.TEXT in kinds[HelloRule.REGISTRATION]
    assert not kinds[HelloRule.PORT] and not kinds[HelloRule.ADDRESS]
    assert ListenAddress.parse("0.0.0.0:1?hello=wrx").expected.probe
    assert not ListenAddress.parse("0.0.0.0:1").expected.probe


def test_with_a_pattern_no_other_text_is_a_registration() -> None:
    expected = ListenAddress.parse("0.0.0.0:1?hello=registration&pattern=LOGIN:([0-9]{1,10})").expected
    assert HelloKind.TEXT not in expected.kinds and HelloKind.IMEI in expected.kinds
    (pattern,) = expected.patterns
    match = pattern.match(b"LOGIN:1001")
    assert match is not None and match[1] == b"1001"


PATTERNS = [
    (r"LOGIN:([0-9]{1,10})", b"LOGIN:1001", b"1001"),
    (r"id=([A-Z0-9_-]+);", b"id=A_7-B;", b"A_7-B"),
    (r"\x02([0-9A-F]{8})\x03", b"\x020123ABCD\x03", b"0123ABCD"),
    (r"([a-z]{3})", b"abcdef", b"abc"),
    (r"a\.b([0-9]+)", b"a.b5", b"5"),
    (r"a\.b([0-9]+)", b"axb5", None),
]


@pytest.mark.parametrize(("pattern", "heard", "identity"), PATTERNS)
def test_a_pattern_finds_the_identity(pattern: str, heard: bytes, identity: bytes | None) -> None:
    match = hello_pattern(pattern).match(heard)
    assert (match and match[1]) == identity


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "LOGIN",
        "LOGIN:(.*)",
        "LOGIN:(.+)",
        "(a+)+b",
        "([0-9]+)+",
        "([0-9]+)([a-z]+)",
        "(([0-9]+))",
        "x*([0-9]+)",
        "a.b([0-9]+)",
        "(?:a|b)([0-9]+)",
        "([0-9])",
        "([0-9]{0,5})",
        "([0-9]{5,2})",
        "([0-9]{1,99})",
        "([9-0]+)",
        "([]+)",
        "([^0]+)",
        "([0-9]+)$",
        r"(\d+)",
        "ж([0-9]+)",
        "A" * 121 + "([0-9]+)",
    ],
)
def test_what_could_take_long_or_forever_is_no_pattern(pattern: str) -> None:
    with pytest.raises(ConfigurationError, match=r"LOGIN:\(\[0-9\]\{1,10\}\)"):
        hello_pattern(pattern)


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("10.8.0.7", "10.8.0.7"),
        ("::ffff:10.8.0.7", "10.8.0.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_a_subscriber_counts_once_however_many_addresses_it_has(address: str, source: str) -> None:
    assert source_of(address) == source
