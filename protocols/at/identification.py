"""Who the modem and its SIM card are (3GPP 27.007, +CGSN, +CIMI, +CGMI, +CGMM, +CGMR; V.250, +GSN)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from metering.modems import ModemIdentity
from protocols.at.dialogue import SLOW, told
from protocols.conversation import Conversation

_NAME: Final = re.compile(r"(?:\+C?GM[IMR]: *)?\"?(?P<value>[A-Z0-9(][^\"]{0,63})\"?", re.IGNORECASE)
"""A line beginning otherwise (`+`, `^`, `*`, `#`) is one that nobody asked for."""
_UNASKED: Final = re.compile(r"(?:AT\+.*|RING|NO CARRIER|BUSY|CONNECT.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Question:
    """The spellings that makes know for one fact, and what the answer looks like."""

    commands: tuple[str, ...]
    answer: re.Pattern[str]


QUESTIONS: Final = {
    "imei": Question(
        ("AT+CGSN", "AT+GSN"), re.compile(r"(?:\+C?GSN: *)?\"?(?P<value>\d{15})(?:\d{1,2})?\"?")
    ),
    "imsi": Question(("AT+CIMI",), re.compile(r"(?:\+CIMI: *)?\"?(?P<value>\d{14,15})\"?")),
    "iccid": Question(
        ("AT+CCID", "AT+ICCID", "AT^SCID", "AT#CCID"),
        re.compile(r"(?:[+^#]?I?S?C?CID: *)?\"?(?P<value>\d{18,20})F?\"?", re.IGNORECASE),
    ),
    "phone": Question(("AT+CNUM",), re.compile(r"\+CNUM: *(?:\"[^\"]*\")? *, *\"(?P<value>\+?\d{3,20})\".*")),
    "maker": Question(("AT+CGMI", "AT+GMI"), _NAME),
    "model": Question(("AT+CGMM", "AT+GMM"), _NAME),
    "firmware": Question(("AT+CGMR", "AT+GMR"), _NAME),
}


def identify() -> Conversation[ModemIdentity]:
    """Everything that the modem says of itself; what it refuses stays empty."""
    facts: dict[str, str] = {}
    for fact, question in QUESTIONS.items():
        facts[fact] = yield from _answer(question)
    return ModemIdentity(**facts)


def _answer(question: Question) -> Conversation[str]:
    for command in question.commands:
        lines = yield from told(command, SLOW)
        for line in lines:
            found = question.answer.fullmatch(line)
            if found and not _UNASKED.fullmatch(line):
                return found["value"].strip()
    return ""
