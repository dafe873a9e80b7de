"""Registration packets without a maker's form: IMEI, ICCID, MAC address, configured texts.

gprs-gateways.md, 2 and 5. How a "hex IMEI" looks is UNCONFIRMED: hexadecimal pairs of the digits' ASCII codes
are taken for one.
"""

from __future__ import annotations

import re
from typing import Final

from metering.modems import ModemIdentity
from protocols.gateways.greeting import LONGEST_IDENTITY, Doubt, Expected, Hello, HelloKind
from protocols.gateways.strangers import is_foreign

LABELS: Final = (b"IMEI", b"ICCID", b"CCID")
SEPARATORS: Final = (b": ", b"= ", b":", b"=", b" ", b"")
OPENINGS: Final = (*(label + separator for label in LABELS for separator in SEPARATORS), b"")
"""What may stand before the digits; the longest of those that begin alike stands first."""
DIGITS: Final = re.compile(rb"(\d{15}|89\d{17,18}|(?:3\d){15})(?!\d)")
BEGUN: Final = re.compile(rb"\d{0,30}")
PADDING: Final = re.compile(rb"[Ff]{0,2}")
LINE_END: Final = re.compile(rb"\r?\n|\r|\0|")
TEXT: Final = re.compile(rb"[!-~](?:[ -~]*[!-~])?")
MAC_SIZE: Final = 6
GROUP_BIT: Final = 0x01
"""A network card's own address never has it in its first byte."""


def recognise_digits(heard: bytes, paused: bool, expected: Expected) -> Hello | Doubt:
    """15 digits of an IMEI with its check digit, or 19 or 20 of an ICCID, bare or behind their name."""
    opening = next(opening for opening in OPENINGS if heard.upper().startswith(opening))
    digits = DIGITS.match(heard, len(opening))
    if digits is None:
        return _begun(heard, opening)
    modem = _numbered(digits[1].decode("ascii"), opening)
    end = _end(PADDING, heard, digits.end()) if modem.iccid else digits.end()
    if not paused and heard[end:] in (b"", b"\r"):
        return Doubt.MORE
    kind = HelloKind.ICCID if modem.iccid else HelloKind.IMEI
    if kind not in expected.kinds or modem == ModemIdentity():
        return Doubt.OTHER
    return Hello(kind, modem.iccid or modem.imei, heard[_end(LINE_END, heard, end) :], modem=modem)


def recognise_pattern(heard: bytes, paused: bool, expected: Expected) -> Hello | Doubt:
    """A configured pattern; one that reaches the last byte heard may go on, so it is waited for."""
    for pattern in expected.patterns:
        match = pattern.match(heard)
        if match is None or not _is_identity(match[1]):
            continue
        if match.end() == len(heard) and not paused:
            return Doubt.MORE
        rest = heard[_end(LINE_END, heard, match.end()) :]
        return Hello(HelloKind.TEXT, match[1].decode("ascii"), rest)
    return Doubt.MORE if expected.patterns and not paused else Doubt.OTHER


def recognise_text(heard: bytes, paused: bool, expected: Expected) -> Hello | Doubt:
    """Any line of printable characters."""
    match = TEXT.match(heard)
    if is_foreign(heard) or match is None or not _is_identity(match[0]):
        return Doubt.OTHER
    behind = heard[match.end() :].lstrip(b" ")
    if not paused and behind in (b"", b"\r"):
        return Doubt.MORE
    ended = LINE_END.match(behind)
    if behind and not (ended and ended[0]):
        return Doubt.OTHER
    return Hello(HelloKind.TEXT, match[0].decode("ascii"), behind[_end(LINE_END, behind, 0) :])


def recognise_mac(heard: bytes, paused: bool, expected: Expected) -> Hello | Doubt:
    """The six bytes of a network card's address; where texts are expected too, printable ones are text."""
    address = heard[:MAC_SIZE]
    textual = HelloKind.TEXT in expected.kinds and TEXT.fullmatch(address)
    if is_foreign(heard) or address[0] & GROUP_BIT or not any(address) or textual:
        return Doubt.OTHER
    if len(address) < MAC_SIZE:
        return Doubt.OTHER if paused else Doubt.MORE
    return Hello(HelloKind.MAC, f"mac:{address.hex().upper()}", heard[MAC_SIZE:])


def has_check_digit(digits: str) -> bool:
    """Whether the last is the Luhn check digit of the others (3GPP 23.003, annex B; ITU-T E.118)."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0


def _begun(heard: bytes, opening: bytes) -> Doubt:
    begun = BEGUN.fullmatch(heard, len(opening)) or any(text.startswith(heard.upper()) for text in OPENINGS)
    return Doubt.MORE if begun else Doubt.OTHER


def _numbered(digits: str, opening: bytes) -> ModemIdentity:
    """Nobody when the check digit is wrong or the name before the digits means another number.

    An ICCID of 20 digits has no check digit at a place that all operators agree on.
    """
    if len(digits) in (19, 20):
        right = not opening.startswith(b"IMEI") and (len(digits) == 20 or has_check_digit(digits))
        return ModemIdentity(iccid=digits) if right else ModemIdentity()
    imei = bytes.fromhex(digits).decode("ascii") if len(digits) == 30 else digits
    right = b"CCID" not in opening and has_check_digit(imei)
    return ModemIdentity(imei=imei) if right else ModemIdentity()


def _is_identity(text: bytes | None) -> bool:
    return text is not None and len(text) <= LONGEST_IDENTITY and TEXT.fullmatch(text) is not None


def _end(pattern: re.Pattern[bytes], heard: bytes, start: int) -> int:
    match = pattern.match(heard, start)
    return match.end() if match else start
