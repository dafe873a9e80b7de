"""What +CME ERROR and +CMS ERROR mean for a call (3GPP 27.007 section 9.2, 27.005 section 3.2.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from metering.calls import CallResult
from metering.errors import CallFailed
from protocols.at.result_codes import Code, Reply

SIM_BUSY: Final = 14
MESSAGE_SIM_BUSY: Final = 314

EQUIPMENT_ERRORS: Final[Mapping[int, tuple[str, CallResult]]] = {
    0: ("phone failure", CallResult.MODEM_ERROR),
    1: ("no connection to phone", CallResult.MODEM_ERROR),
    3: ("operation not allowed", CallResult.MODEM_ERROR),
    4: ("operation not supported", CallResult.MODEM_ERROR),
    5: ("PH-SIM PIN required", CallResult.SIM_LOCKED),
    10: ("SIM not inserted", CallResult.SIM_MISSING),
    11: ("SIM PIN required", CallResult.SIM_LOCKED),
    12: ("SIM PUK required", CallResult.SIM_LOCKED),
    13: ("SIM failure", CallResult.SIM_MISSING),
    SIM_BUSY: ("SIM busy", CallResult.MODEM_ERROR),
    15: ("SIM wrong", CallResult.SIM_MISSING),
    16: ("incorrect password", CallResult.SIM_LOCKED),
    17: ("SIM PIN2 required", CallResult.SIM_LOCKED),
    18: ("SIM PUK2 required", CallResult.SIM_LOCKED),
    30: ("no network service", CallResult.NOT_REGISTERED),
    31: ("network timeout", CallResult.NOT_REGISTERED),
    32: ("network not allowed - emergency calls only", CallResult.NOT_REGISTERED),
    56: ("called number is not a fixed dial number", CallResult.CALL_BARRED),
    62: ("call barred", CallResult.CALL_BARRED),
    100: ("unknown", CallResult.MODEM_ERROR),
    103: ("illegal MS", CallResult.NOT_REGISTERED),
    106: ("illegal ME", CallResult.NOT_REGISTERED),
    111: ("PLMN not allowed", CallResult.NOT_REGISTERED),
    112: ("location area not allowed", CallResult.NOT_REGISTERED),
    113: ("roaming not allowed in this location area", CallResult.NOT_REGISTERED),
    132: ("service option not supported", CallResult.CALL_BARRED),
    133: ("requested service option not subscribed", CallResult.CALL_BARRED),
}

MESSAGE_ERRORS: Final[Mapping[int, tuple[str, CallResult]]] = {
    302: ("operation not allowed", CallResult.MODEM_ERROR),
    310: ("SIM not inserted", CallResult.SIM_MISSING),
    311: ("SIM PIN required", CallResult.SIM_LOCKED),
    312: ("PH-SIM PIN required", CallResult.SIM_LOCKED),
    313: ("SIM failure", CallResult.SIM_MISSING),
    MESSAGE_SIM_BUSY: ("SIM busy", CallResult.MODEM_ERROR),
    315: ("SIM wrong", CallResult.SIM_MISSING),
    316: ("SIM PUK required", CallResult.SIM_LOCKED),
    331: ("no network service", CallResult.NOT_REGISTERED),
    332: ("network timeout", CallResult.NOT_REGISTERED),
    500: ("unknown error", CallResult.MODEM_ERROR),
}

UNKNOWN: Final = ("", CallResult.MODEM_ERROR)
TABLES: Final = {Code.EQUIPMENT_ERROR: EQUIPMENT_ERRORS, Code.MESSAGE_ERROR: MESSAGE_ERRORS}

ADVICE: Final[Mapping[CallResult, str]] = {
    CallResult.SIM_MISSING: "The modem finds no SIM card that it can read. Switch the modem off, seat the "
    "card again or try another one.",
    CallResult.SIM_LOCKED: "The SIM card is locked. Give its PIN in the modem's settings; unlock it in a "
    "telephone when it wants the PUK.",
    CallResult.NOT_REGISTERED: "No network serves the modem. Check the antenna, the signal level and whether "
    "the operator has blocked the SIM card.",
    CallResult.CALL_BARRED: "The SIM card or its network does not allow this call. Ask the operator whether "
    "data calls (CSD) are subscribed and whether outgoing calls or this number are barred.",
    CallResult.MODEM_ERROR: "Check that the modem suits data calls and that its firmware is sound; restart "
    "it when this comes again.",
}
"""Likely cause and next step of what a modem's refusal means."""


def number_of(reply: Reply) -> int | None:
    """The number of a +CME or +CMS ERROR, also where the modem spells it out (AT+CMEE=2); None: not known."""
    table = TABLES.get(reply.code)
    said = reply.words.partition(":")[2].strip()
    if table is None:
        return None
    if said.isascii() and said.isdigit() and len(said) <= 4:
        return int(said)
    return next((number for number, (words, _) in table.items() if _same(words, said)), None)


def sim_is_busy(reply: Reply) -> bool:
    """Whether the same command may succeed in a few seconds."""
    busy = {Code.EQUIPMENT_ERROR: SIM_BUSY, Code.MESSAGE_ERROR: MESSAGE_SIM_BUSY}
    return reply.code in busy and number_of(reply) == busy[reply.code]


def refusal(command: str, reply: Reply, special: Mapping[int, CallResult] | None = None) -> CallFailed:
    """The error for a refused command; `special` says which +CME ERROR means something else there."""
    number = number_of(reply)
    known = TABLES.get(reply.code, {})
    words, result = UNKNOWN if number is None else known.get(number, UNKNOWN)
    if special and number is not None and reply.code is Code.EQUIPMENT_ERROR:
        result = special.get(number, result)
    meaning = f" ({words})" if words and words not in reply.words else ""
    text = f"The modem refused {command}: {reply.words}{meaning}. {ADVICE[result]}"
    return CallFailed(text, result, words or reply.words)


def _same(words: str, said: str) -> bool:
    return _letters(words) == _letters(said)


def _letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())
