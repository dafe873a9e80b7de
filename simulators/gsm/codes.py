"""Result codes and extended errors: their numbers, their texts, and the bytes that say them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum, IntEnum
from typing import Final

from simulators.gsm.settings import Settings


class Numbered(Enum):
    """What a standard gives a number and words."""

    def __init__(self, number: int, words: str) -> None:
        self.number = number
        self.words = words


class ResultCode(Numbered):
    """Final and unsolicited result codes of ITU-T V.250: number and words."""

    OK = (0, "OK")
    CONNECT = (1, "CONNECT")
    RING = (2, "RING")
    NO_CARRIER = (3, "NO CARRIER")
    ERROR = (4, "ERROR")
    NO_DIALTONE = (6, "NO DIALTONE")
    BUSY = (7, "BUSY")
    NO_ANSWER = (8, "NO ANSWER")


class CmeError(IntEnum):
    """Extended errors of 3GPP 27.007, 9.2."""

    PLAIN = -1
    """A fault of syntax: ERROR, whatever +CMEE is."""
    NOT_ALLOWED = 3
    NOT_SUPPORTED = 4
    SIM_NOT_INSERTED = 10
    PIN_REQUIRED = 11
    PUK_REQUIRED = 12
    SIM_FAILURE = 13
    SIM_BUSY = 14
    INCORRECT_PASSWORD = 16


CME_TEXTS: Final[Mapping[CmeError, str]] = {
    CmeError.NOT_ALLOWED: "operation not allowed",
    CmeError.NOT_SUPPORTED: "operation not supported",
    CmeError.SIM_NOT_INSERTED: "SIM not inserted",
    CmeError.PIN_REQUIRED: "SIM PIN required",
    CmeError.PUK_REQUIRED: "SIM PUK required",
    CmeError.SIM_FAILURE: "SIM failure",
    CmeError.SIM_BUSY: "SIM busy",
    CmeError.INCORRECT_PASSWORD: "incorrect password",
}
TELLABLE_FROM: Final[Mapping[ResultCode, int]] = {ResultCode.NO_DIALTONE: 2, ResultCode.BUSY: 3}
"""The lowest X at which a modem tells the code apart from NO CARRIER."""


def information(lines: Sequence[str], settings: Settings) -> bytes:
    """Information text, each line framed as V says."""
    frame = "\r\n{}\r\n" if settings.verbose else "{}\r\n"
    return "".join(frame.format(line) for line in lines).encode("ascii", "replace")


def result(code: ResultCode, settings: Settings) -> bytes:
    """A result code as the settings want it: words, a number, or nothing."""
    if settings.extended < TELLABLE_FROM.get(code, 0):
        code = ResultCode.NO_CARRIER
    return _final(code.words, str(code.number), settings)


def connected(words: str, settings: Settings) -> bytes:
    """CONNECT with the make's own words behind it, but for X0."""
    return _final(words if settings.extended else ResultCode.CONNECT.words, "1", settings)


def refusal(error: CmeError, settings: Settings) -> bytes:
    """An extended error by number, by words, or as ERROR alone."""
    if error is CmeError.PLAIN or not settings.errors:
        return result(ResultCode.ERROR, settings)
    text = f"+CME ERROR: {int(error) if settings.errors == 1 else CME_TEXTS[error]}"
    return b"" if settings.quiet else f"\r\n{text}\r\n".encode("ascii")


def _final(words: str, number: str, settings: Settings) -> bytes:
    if settings.quiet:
        return b""
    return (f"\r\n{words}\r\n" if settings.verbose else f"{number}\r").encode("ascii")
