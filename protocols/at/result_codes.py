"""Final result codes: how a modem says that a command is done (V.250 section 5.7, 3GPP 27.007 section 9).

Lines that nobody asked for (RING, +CREG: 1, +CMTI: ...) may stand before them; they are no final result.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from metering.errors import FrameError


class Code(Enum):
    """What a final result says, however it is spelled."""

    OK = auto()
    CONNECT = auto()
    NO_CARRIER = auto()
    ERROR = auto()
    NO_DIAL_TONE = auto()
    BUSY = auto()
    NO_ANSWER = auto()
    CALL_BARRED = auto()
    HELD_BACK = auto()
    """The modem's own guard against calling a number that failed before."""
    EQUIPMENT_ERROR = auto()
    MESSAGE_ERROR = auto()


SPELLINGS: Final[Mapping[str, Code]] = {
    "OK": Code.OK,
    "CONNECT": Code.CONNECT,
    "NO CARRIER": Code.NO_CARRIER,
    "ERROR": Code.ERROR,
    "NO DIALTONE": Code.NO_DIAL_TONE,
    "NO DIAL TONE": Code.NO_DIAL_TONE,
    "BUSY": Code.BUSY,
    "NO ANSWER": Code.NO_ANSWER,
    "CALL BARRED": Code.CALL_BARRED,
    "BLACKLISTED": Code.HELD_BACK,
    "DELAYED": Code.HELD_BACK,
    "+CME ERROR": Code.EQUIPMENT_ERROR,
    "+CMS ERROR": Code.MESSAGE_ERROR,
}
"""Verbose form, and the words that some makes add to the standard's."""

DIGITS: Final[Mapping[str, Code]] = {
    "0": Code.OK,
    "1": Code.CONNECT,
    "3": Code.NO_CARRIER,
    "4": Code.ERROR,
    "6": Code.NO_DIAL_TONE,
    "7": Code.BUSY,
    "8": Code.NO_ANSWER,
}
"""Numeric form, spoken until ATV1 took effect."""

TAILS: Final[Mapping[Code, str]] = {
    Code.CONNECT: r"(?: [^\r\n]*)?",
    Code.EQUIPMENT_ERROR: r":[^\r\n]*",
    Code.MESSAGE_ERROR: r":[^\r\n]*",
}
"""What may stand behind the word, e.g. `CONNECT 9600/RLP`."""

SETTLED: Final = frozenset({Code.OK, Code.ERROR, Code.EQUIPMENT_ERROR, Code.MESSAGE_ERROR})
"""The results of every command but those that make or end calls. NO CARRIER and BUSY are not among them:
here they are the late news of an earlier call."""
HUNG_UP: Final = SETTLED | {Code.NO_CARRIER}
DIALLED: Final = frozenset(Code) - {Code.OK}
"""A data call is never answered OK: that would be the late answer to an earlier command."""


LONGEST_LINE: Final = 200
"""Characters of a line that are kept; no line that we ask for is longer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A command's final result and the lines before it, echo and unsolicited ones among them.

    `words`: the final result as the modem wrote it.
    """

    code: Code
    words: str
    lines: tuple[str, ...]


def legible(heard: bytes) -> str:
    """A line for people and for the store: what is no printable ASCII becomes a question mark."""
    text = heard.strip()[:LONGEST_LINE].decode("ascii", "replace")
    return "".join(character if " " <= character <= "~" else "?" for character in text)


class ResultCodes:
    """Finds the final result of one kind of command.

    `numeric`: digits count too. Never for a command that is answered with information: one of its lines may
    be a single digit.
    """

    def __init__(self, codes: frozenset[Code], *, numeric: bool) -> None:
        verbose = "|".join(
            re.escape(words) + TAILS.get(code, " *") for words, code in SPELLINGS.items() if code in codes
        )
        digits = "".join(digit for digit, code in DIGITS.items() if code in codes)
        forms = rf"(?:{verbose})\r*\n" + (rf"|[{digits}]\r(?!\n)" if numeric else "")
        self._final = re.compile(rf"(?:\A|(?<=[\r\n]))(?:{forms})".encode(), re.IGNORECASE)

    def end(self, buffer: bytes) -> int | None:
        """Where the first final result of this kind ends, its line end included."""
        found = self._final.search(buffer)
        return found.end() if found else None

    def read(self, buffer: bytes) -> Reply:
        """The reply that `end` found."""
        found = self._final.search(buffer)
        if found is None:
            raise FrameError(f"The modem's {buffer[-40:]!r} ends in no result code.")
        words = legible(found[0])
        lines = (legible(line) for line in buffer[: found.start()].splitlines())
        return Reply(_code(words), words, tuple(line for line in lines if line))


def _code(words: str) -> Code:
    word = words.upper()
    if word in DIGITS:
        return DIGITS[word]
    return next(code for spelling, code in SPELLINGS.items() if word.startswith(spelling))


PLAIN: Final = ResultCodes(SETTLED, numeric=True)
INFORMATION: Final = ResultCodes(SETTLED, numeric=False)
DIAL: Final = ResultCodes(DIALLED, numeric=True)
HANG_UP: Final = ResultCodes(HUNG_UP, numeric=True)
