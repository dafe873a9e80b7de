"""Data calls: dialling, back to commands, hanging up (V.250 section 6.3, 3GPP 27.007 +CEER)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from metering.calls import CallResult
from metering.errors import CallFailed, ConfigurationError, ExchangeError
from protocols.at.dialogue import QUICK, exchanged, told
from protocols.at.refusals import ADVICE, refusal
from protocols.at.release_causes import result_of
from protocols.at.result_codes import DIAL, HANG_UP, Code, Reply
from protocols.conversation import Conversation, Exchange, Pause

DIAL_TIMEOUT: Final = 70.0
"""S7, a minute, and ten seconds for the modem to say so."""
GUARD: Final = Pause(1.1)
"""Silence around +++ that tells it from data; S12 is one second."""
ESCAPE_TIMEOUT: Final = 3.0
RELEASE: Final = Pause(1.0)
"""What the network needs to take a call down."""

FAILURES: Final[Mapping[Code, CallResult]] = {
    Code.NO_CARRIER: CallResult.NO_CARRIER,
    Code.NO_DIAL_TONE: CallResult.NO_DIAL_TONE,
    Code.BUSY: CallResult.BUSY,
    Code.NO_ANSWER: CallResult.NO_ANSWER,
    Code.CALL_BARRED: CallResult.CALL_BARRED,
}
"""What the network made of the call."""

REFUSED: Final[Mapping[Code, str]] = {
    Code.ERROR: "The SIM card may be missing, or the modem is in a call already. Ask it AT+CPIN?, hang up "
    "and restart it.",
    Code.HELD_BACK: "The modem's guard against repeated calls holds this number back. Call through another "
    "modem, or restart this one.",
}
"""Our modem did not call: MODEM_ERROR, as another one of the pool may succeed at once."""

REFUSED_DIALLING: Final[Mapping[int, CallResult]] = {3: CallResult.CALL_BARRED}
"""+CME ERROR 3, operation not allowed: for a number that is written well, the SIM card's own barring."""

REACTIONS: Final[Mapping[CallResult, str]] = {
    CallResult.NO_CARRIER: "Within 5 s: data calls are not subscribed, the number is wrong or the remote "
    "modem is off. Later: it does not answer or is out of coverage. Check number, power and signal there.",
    CallResult.NO_DIAL_TONE: "Our modem has no network. Check its SIM card, antenna and registration, and "
    "restart it.",
    CallResult.BUSY: "The remote modem is in another call, perhaps with another client. Ask again in some "
    "minutes.",
    CallResult.NO_ANSWER: "The remote modem rings, but does not pick up. It must answer calls (S0=1) and be "
    "free of other programs.",
    CallResult.CALL_BARRED: ADVICE[CallResult.CALL_BARRED],
}


def dial(number: str) -> Conversation[str]:
    """ATD, once: the words of CONNECT. CallFailed with its own result for every other end.

    ConfigurationError: the number is not 3 to 20 digits, with or without a leading plus.
    """
    if not re.fullmatch(r"\+?[0-9]{3,20}", number):
        raise ConfigurationError(
            f"{number!r} is no number to dial: it has 3 to 20 digits and may begin with +. "
            "Correct the line's URL."
        )
    reply = yield from exchanged(f"ATD{number}", DIAL, timeout=DIAL_TIMEOUT, attempts=1)
    if reply.code is Code.CONNECT:
        return reply.words
    if reply.code in FAILURES:
        raise (yield from _failure(number, reply, FAILURES[reply.code]))
    if reply.code in REFUSED:
        text = f"Call to {number}: {reply.words}. {REFUSED[reply.code]}"
        raise CallFailed(text, CallResult.MODEM_ERROR, reply.words)
    raise refusal(f"to dial {number}", reply, REFUSED_DIALLING)


def _failure(number: str, reply: Reply, result: CallResult) -> Conversation[CallFailed]:
    cause = reply.words
    if reply.code is Code.NO_CARRIER:
        report = yield from _release_cause()
        result, cause = result_of(report) or result, report or cause
    said = reply.words if cause == reply.words else f"{reply.words} ({cause})"
    return CallFailed(f"Call to {number}: {said}. {REACTIONS[result]}", result, cause)


def _release_cause() -> Conversation[str]:
    """AT+CEER, the network's words for the end of the last call; many modems know none."""
    try:
        lines = yield from told("AT+CEER")
    except CallFailed:
        return ""
    reports = [
        line.partition(":")[2].replace('"', "").strip() for line in lines if line.upper().startswith("+CEER:")
    ]
    return reports[0] if reports else ""


def escape() -> Conversation[None]:
    """+++ between silences: from the call's data back to commands, the call still up.

    Silence is no failure: a modem whose call has ended already listens to commands and says nothing.
    """
    yield GUARD
    try:
        yield Exchange(b"+++", HANG_UP.end, ESCAPE_TIMEOUT, attempts=1)
    except ExchangeError:
        return
    yield GUARD


def hang_up() -> Conversation[None]:
    """ATH; a modem that has no call may refuse it. CallFailed MODEM_SILENT: it may still be in the call."""
    yield from exchanged("ATH", HANG_UP, timeout=QUICK)
    yield RELEASE
