"""Hellos, whole and in pieces, and what strangers look like (gprs-gateways.md, 2, 3.1, 4, 5)."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

import pytest

from metering.errors import ConfigurationError
from metering.modems import ModemIdentity
from protocols.checksums import crc_ccitt_false
from protocols.gateways.registration import has_check_digit
from protocols.gateways.wrx import WrxFrame, decode
from protocols.hello import (
    LARGEST_HELLO,
    USUAL_KINDS,
    WRX_PROBE,
    Expected,
    Hello,
    HelloKind,
    UnknownHello,
    answer,
    recognise,
)

USUAL = Expected()
TEXTS = Expected(USUAL_KINDS | {HelloKind.TEXT})
MACS = Expected(USUAL_KINDS | {HelloKind.MAC})
REGISTRATIONS = Expected(frozenset({HelloKind.IMEI, HelloKind.ICCID, HelloKind.TEXT, HelloKind.MAC}))
LOGINS = Expected(patterns=(re.compile(rb"LOGIN:(\d+)"),))

IRZ_LOGIN = (
    b"AT$IMEI=861785006123456,PSW=5492,TYP=ATM,DEV=ATM31,VER=01,REV=03,BLD=016.353,HDW=2.0,SIM=0,CSQ=17,"
    b"COLPROT=1.3,ATP=1.1,INT=485+232,CHN=1,MOD=SRV,IP=127.0.0.1,PORT=5000,\n"
)
PLAIN_IRZ_LOGIN = IRZ_LOGIN.replace(b"COLPROT=1.3,", b"").replace(b"MOD=SRV,IP=127.0.0.1,PORT=5000,", b"")
WRX_LOGIN = bytes.fromhex(
    "C0 00 07 00 3F 05 38 36 31 37 38 35 30 30 36 31 32 33 34 35 36 57 52 58 37 30 30 2D 52 34 20 33 2E 31 35"
    "00 00 00 52 34 00 00 00 00 00 00 00 00 73 65 63 72 65 74 00 00 00 00 00 00 00 00 00 00 00 00 00 01"
    "64 B3 C2"
)
IMEI = b"356938035643809"
ICCID = b"8970199000000000015"
HEX_IMEI = IMEI.hex().encode()
METER = bytes.fromhex("68 06 06 68 08 05 72 0D 0A 55 E1 16")

HELLOS = [
    pytest.param(
        b"LOGIN:1001\r\n", REGISTRATIONS, HelloKind.TEXT, "LOGIN:1001", id="5 USR, text among addresses"
    ),
    pytest.param(
        bytes.fromhex("D8 B0 4C 01 02 03"),
        REGISTRATIONS,
        HelloKind.MAC,
        "mac:D8B04C010203",
        id="5 MAC among texts",
    ),
    pytest.param(IRZ_LOGIN, USUAL, HelloKind.IRZ, "861785006123456", id="3.1 iRZ with encapsulation"),
    pytest.param(PLAIN_IRZ_LOGIN, USUAL, HelloKind.IRZ, "861785006123456", id="3.1 iRZ"),
    pytest.param(WRX_LOGIN, USUAL, HelloKind.WRX, "861785006123456", id="4.2 WRX"),
    pytest.param(IMEI, USUAL, HelloKind.IMEI, IMEI.decode(), id="2 IMEI"),
    pytest.param(IMEI + b"\r\n", USUAL, HelloKind.IMEI, IMEI.decode(), id="2 IMEI with line end"),
    pytest.param(b"IMEI:" + IMEI, USUAL, HelloKind.IMEI, IMEI.decode(), id="2 IMEI with colon"),
    pytest.param(b"imei=" + IMEI + b"\n", USUAL, HelloKind.IMEI, IMEI.decode(), id="2 IMEI with equals sign"),
    pytest.param(HEX_IMEI, USUAL, HelloKind.IMEI, IMEI.decode(), id="2 IMEI in hex"),
    pytest.param(ICCID, USUAL, HelloKind.ICCID, ICCID.decode(), id="2 ICCID of 19"),
    pytest.param(ICCID + b"F", USUAL, HelloKind.ICCID, ICCID.decode(), id="2 ICCID padded"),
    pytest.param(ICCID + b"0", USUAL, HelloKind.ICCID, ICCID.decode() + "0", id="2 ICCID of 20"),
    pytest.param(b"ICCID: " + ICCID, USUAL, HelloKind.ICCID, ICCID.decode(), id="2 ICCID with its name"),
    pytest.param(b"LOGIN:1001", LOGINS, HelloKind.TEXT, "1001", id="5 USR, pattern"),
    pytest.param(b"LOGIN:1001\r\n", TEXTS, HelloKind.TEXT, "LOGIN:1001", id="5 USR, any text"),
    pytest.param(
        b"0123456789\0", TEXTS, HelloKind.TEXT, "0123456789", id="5 Roltek's default, ended by zero"
    ),
    pytest.param(
        bytes.fromhex("D8 B0 4C 01 02 03"), MACS, HelloKind.MAC, "mac:D8B04C010203", id="5 USR, MAC"
    ),
]

STRANGERS = [
    pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "web browser or a port scan (HTTP)", id="HTTP"),
    pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "TLS", id="TLS"),
    pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n", "SSH", id="SSH"),
    pytest.param(b"\x03\x00\x00\x13\x0e\xe0", "RDP", id="RDP"),
    pytest.param(b"\xff\xfd\x18\xff\xfd\x20", "Telnet", id="Telnet"),
    pytest.param(b"\x10\x1a\x00\x04MQTT\x04", "MQTT", id="MQTT"),
    pytest.param(b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n", "PROXY", id="PROXY"),
    pytest.param(METER, "M-Bus", id="M-Bus"),
    pytest.param(b"\xe5", "M-Bus acknowledgement", id="M-Bus E5"),
    pytest.param(bytes.fromhex("01 03 02 00 2A 38 5B"), "Modbus", id="Modbus"),
    pytest.param(bytes.fromhex("00 01 00 00 00 06 01 03 00 00 00 01"), "Modbus TCP", id="Modbus TCP"),
    pytest.param(IMEI[:-1] + b"8", "check digit", id="2 IMEI misread"),
    pytest.param(ICCID[:-1] + b"1", "check digit", id="2 ICCID misread"),
    pytest.param(b"IMEI:" + ICCID, "proper form", id="2 another number than its name says"),
    pytest.param(b"AT$IMEI=861785006123456;PSW=5492\n", "iRZ modem", id="3.1 iRZ of another form"),
    pytest.param(bytes.fromhex("B5 BC BD BE BF"), "did not log in", id="3.2 iRZ without login"),
    pytest.param(WRX_LOGIN[:-3] + b"\x00\x00\xc2", "Teleofis", id="4.1 WRX with wrong checksum"),
    pytest.param(WrxFrame(7, 0, b"\x00").encode(), "Teleofis", id="4.2 WRX that refuses"),
    pytest.param(b"LOGIN:1001", "text that no pattern", id="5 a text nobody told us of"),
    pytest.param(b"\r\nNO CARRIER\r\n", "command mode", id="modem in command mode"),
    pytest.param(bytes(6), "zeros", id="zeros"),
    pytest.param(b"\x99\x12\x83\x07\xfe", "nothing we know", id="random bytes"),
]


@pytest.mark.parametrize(("said", "expected", "kind", "identity"), HELLOS)
def test_a_hello_is_recognised_when_it_has_come_whole(
    said: bytes, expected: Expected, kind: HelloKind, identity: str
) -> None:
    for cut in range(len(said)):
        assert recognise(said[:cut], paused=False, expected=expected) is None
    hello = recognise(said, paused=True, expected=expected)
    assert hello is not None
    assert (hello.kind, hello.identity, hello.rest) == (kind, identity, b"")


@pytest.mark.parametrize(("said", "expected", "kind", "identity"), HELLOS)
def test_what_came_behind_a_hello_is_kept(
    said: bytes, expected: Expected, kind: HelloKind, identity: str
) -> None:
    hello = recognise(said + METER, paused=False, expected=expected)
    assert hello is not None
    assert (hello.kind, hello.identity, hello.rest) == (kind, identity, METER)


@pytest.mark.parametrize(("said", "words"), STRANGERS)
def test_a_stranger_is_named(said: bytes, words: str) -> None:
    with pytest.raises(UnknownHello, match=re.escape(words)) as error:
        recognise(said, paused=True, expected=USUAL)
    assert said[:4].hex(" ").upper() in str(error.value)


@pytest.mark.parametrize("expected", [TEXTS, MACS], ids=["texts", "addresses"])
@pytest.mark.parametrize(
    "said", [b"GET / HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00\x01", b"SSH-2.0-x\r\n"], ids=repr
)
def test_a_scanner_is_a_stranger_even_where_texts_or_addresses_are_expected(
    said: bytes, expected: Expected
) -> None:
    with pytest.raises(UnknownHello, match="scan"):
        recognise(said, paused=True, expected=expected)


@pytest.mark.parametrize(
    "said", [IRZ_LOGIN[:5], IRZ_LOGIN[:-1], WRX_LOGIN[:30], b"IMEI:", IMEI[:14], b"ICC"], ids=repr
)
def test_a_hello_that_stops_is_cut_short(said: bytes) -> None:
    with pytest.raises(UnknownHello, match="cut short"):
        recognise(said, paused=True, expected=USUAL)


def test_a_stranger_need_not_pause() -> None:
    with pytest.raises(UnknownHello):
        recognise(METER, paused=False, expected=USUAL)


def test_silence_is_no_hello() -> None:
    assert recognise(b"", paused=True, expected=USUAL) is None


def test_an_endless_hello_is_refused() -> None:
    login = Expected(patterns=(re.compile(rb"(\d+)"),))
    assert recognise(b"A" * LARGEST_HELLO, paused=False, expected=login) is None
    with pytest.raises(UnknownHello, match="512 bytes"):
        recognise(b"A" * (LARGEST_HELLO + 1), paused=False, expected=login)


def test_an_irz_login_tells_modem_and_signal() -> None:
    """3.1; CSQ 17 is -113 + 2 * 17 dBm (gsm-modem.md)."""
    hello = recognise(IRZ_LOGIN, paused=False, expected=USUAL)
    assert hello is not None
    assert hello.report is not None
    assert hello.report.level == Decimal(-113 + 2 * 17)
    assert hello.encapsulated
    assert (hello.modem.maker, hello.modem.model) == ("iRZ", "ATM31")


def test_an_irz_login_without_colprot_is_not_encapsulated() -> None:
    hello = recognise(PLAIN_IRZ_LOGIN, paused=False, expected=USUAL)
    assert hello is not None
    assert not hello.encapsulated


@pytest.mark.parametrize("csq", [b"99", b"", b"77", b"x"])
def test_an_irz_signal_that_is_not_known_is_absent(csq: bytes) -> None:
    hello = recognise(IRZ_LOGIN.replace(b"CSQ=17", b"CSQ=" + csq), paused=False, expected=USUAL)
    assert hello is not None
    assert hello.report is None or hello.report.level is None


def test_a_wrx_login_tells_the_modem() -> None:
    hello = recognise(WRX_LOGIN, paused=False, expected=USUAL)
    assert hello is not None
    assert not hello.service
    assert "secret" not in repr(hello), "the password is not kept"
    assert hello.modem == ModemIdentity(
        imei="861785006123456", maker="Teleofis", model="R4", firmware="WRX700-R4 3.15"
    )


def test_a_wrx_service_connection_is_told_from_the_main_one() -> None:
    """4.2: the last byte of the data."""
    data = decode(WRX_LOGIN).data[:-1] + b"\x00"
    hello = recognise(WrxFrame(7, 0, data).encode(), paused=False, expected=USUAL)
    assert hello is not None
    assert hello.service


def test_what_a_terminal_would_obey_is_taken_out_of_a_wrx_login() -> None:
    data = decode(WRX_LOGIN).data
    hello = recognise(
        WrxFrame(7, 0, data[:16] + b"\x1b[2J" + data[20:]).encode(), paused=False, expected=USUAL
    )
    assert hello is not None
    assert hello.modem.firmware == "[2J00-R4 3.15"


def test_secrets_are_not_shown() -> None:
    for login in (IRZ_LOGIN, WRX_LOGIN):
        shown = repr(recognise(login, paused=False, expected=USUAL))
        assert "5492" not in shown
        assert "secret" not in shown


def test_an_irz_modem_is_answered_with_the_time() -> None:
    """3.1, the first answer."""
    hello = Hello(HelloKind.IRZ, "861785006123456")
    assert answer(hello, datetime(2024, 3, 15, 14, 30)) == b"20240315143000,MOD=DAT,\r"


def test_a_wrx_gateway_is_asked_and_accepted() -> None:
    """4.2, both frames of the server."""
    zeros = "00 " * 20
    assert bytes.fromhex(f"C0 00 06 00 14 {zeros} E7 48 C2") == WRX_PROBE
    accepted = answer(Hello(HelloKind.WRX, "861785006123456"), datetime(2024, 3, 15))
    assert accepted == bytes.fromhex(f"C0 01 06 01 00 14 {zeros} 02 FD C2")


@pytest.mark.parametrize("kind", sorted(set(HelloKind) - {HelloKind.IRZ, HelloKind.WRX}))
def test_others_want_no_answer(kind: HelloKind) -> None:
    assert answer(Hello(kind, "1"), datetime(2024, 3, 15)) == b""


def test_the_checksum_of_wrx_has_its_check_value() -> None:
    """4: CRC-16/CCITT-FALSE."""
    assert crc_ccitt_false(b"123456789") == 0x29B1


def test_bytes_that_delimit_wrx_frames_are_stuffed() -> None:
    """4.1: C0 as C4 C1, C2 as C4 C3, C4 as C4 C4."""
    frame = WrxFrame(2, 0x7B, b"\xc0\xc2\xc4")
    assert bytes.fromhex("02 7B 03 C4 C1 C4 C3 C4 C4") in frame.encode()
    assert decode(frame.encode()) == frame


@pytest.mark.parametrize(
    ("digits", "right"),
    [
        pytest.param("356938035643809", True, id="3GPP 23.003 annex B, published IMEI"),
        pytest.param("490154203237518", True, id="IMEI of many textbooks"),
        pytest.param("490154203237517", False, id="one digit wrong"),
        pytest.param("79927398713", True, id="Luhn's textbook number"),
    ],
)
def test_check_digits(digits: str, right: bool) -> None:
    assert has_check_digit(digits) is right


def test_a_text_without_an_end_goes_on_until_a_pause() -> None:
    """5, Roltek's default."""
    assert recognise(b"0123456789", paused=False, expected=TEXTS) is None
    hello = recognise(b"0123456789", paused=True, expected=TEXTS)
    assert hello == Hello(HelloKind.TEXT, "0123456789")


def test_a_text_that_data_follow_at_once_is_no_text() -> None:
    with pytest.raises(UnknownHello):
        recognise(b"0123456789" + METER, paused=True, expected=TEXTS)


def test_a_pattern_may_go_on_until_a_pause() -> None:
    assert recognise(b"LOGIN:10", paused=False, expected=LOGINS) is None
    hello = recognise(b"LOGIN:10", paused=True, expected=LOGINS)
    assert hello is not None
    assert hello.identity == "10"


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        pytest.param(rb"ID=(.*)", b"ID=" + b"7" * 81, id="too long"),
        pytest.param(rb"ID=(.*)", b"ID=", id="empty"),
        pytest.param(rb"ID=(.*)", b"ID=\x01\x02", id="unprintable"),
        pytest.param(rb"ID=()?7", b"ID=7", id="group that is not there"),
    ],
)
def test_a_pattern_that_finds_no_identity_is_passed_over(pattern: bytes, said: bytes) -> None:
    with pytest.raises(UnknownHello):
        recognise(said, paused=True, expected=Expected(patterns=(re.compile(pattern, re.DOTALL),)))


@pytest.mark.parametrize("pattern", [rb"LOGIN", rb"(A)(B)"])
def test_a_pattern_needs_one_group(pattern: bytes) -> None:
    with pytest.raises(ConfigurationError, match="one pair of parentheses"):
        Expected(patterns=(re.compile(pattern),))


@pytest.mark.parametrize("kind", [HelloKind.IRZ, HelloKind.WRX, HelloKind.IMEI, HelloKind.ICCID])
def test_a_kind_that_is_not_expected_is_a_stranger(kind: HelloKind) -> None:
    said = {HelloKind.IRZ: IRZ_LOGIN, HelloKind.WRX: WRX_LOGIN, HelloKind.IMEI: IMEI, HelloKind.ICCID: ICCID}
    with pytest.raises(UnknownHello):
        recognise(said[kind], paused=True, expected=Expected(USUAL_KINDS - {kind}))
