"""The SIM card: whether it is there and open, and its PIN, which is given once only (3GPP 27.007, +CPIN).

A third wrong PIN locks the card until its PUK is typed. The same wrong PIN must therefore not be given at
every call: where the modem tells (+CPINR), nothing is tried once an attempt was lost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from metering.calls import CallResult
from metering.errors import CallFailed
from protocols.at.dialogue import SIM_TRIES, SIM_WAIT, SLOW, asked, exchanged, told
from protocols.at.refusals import ADVICE, number_of, refusal
from protocols.at.result_codes import INFORMATION, PLAIN, Code, Reply
from protocols.conversation import Conversation

READY: Final = frozenset({"READY", "SIM PIN2", "SIM PUK2"})
"""The second PIN guards the card's lists, never its calls."""
WANTS_PIN: Final = "SIM PIN"
ALL_ATTEMPTS: Final = 3
PIN_REFUSED: Final = "PIN refused"
"""The cause by which the caller knows that this PIN must not be given again, whoever calls next."""

_STATE: Final = re.compile(r'\+CPIN: *"?([A-Z0-9 -]{1,30}?)"? *', re.IGNORECASE)
_ATTEMPTS_LEFT: Final = re.compile(r'\+CPINR: *"?SIM PIN"? *, *(\d{1,2}).*', re.IGNORECASE)


def unlock(pin: str) -> Conversation[None]:
    """Gives the PIN where the card wants one. CallFailed: SIM_MISSING, SIM_LOCKED."""
    state = yield from _state()
    if state in READY:
        return
    if state != WANTS_PIN:
        raise _locked(f"The SIM card wants {state}")
    if not pin:
        raise _locked("The SIM card wants its PIN and none is set for this modem, or it was refused before")
    yield from _give(pin)
    for _ in range(SIM_TRIES):
        if (yield from _state()) in READY:
            return
        yield SIM_WAIT
    raise _locked("The SIM card took its PIN, but did not open")


def _state() -> Conversation[str]:
    reply = yield from asked("AT+CPIN?", SLOW, INFORMATION)
    if reply.code is not Code.OK:
        raise _unreadable(reply)
    state = _last(_STATE, reply.lines)
    if state is None:
        raise CallFailed(
            f"The modem does not say whether its SIM card is open. {ADVICE[CallResult.MODEM_ERROR]}"
        )
    return state.upper()


def _unreadable(reply: Reply) -> CallFailed:
    """A modem without extended errors says ERROR alone when there is no card."""
    if number_of(reply) is not None:
        return refusal("AT+CPIN?", reply)
    return CallFailed(
        f"The modem refused AT+CPIN?: {reply.words}. {ADVICE[CallResult.SIM_MISSING]}",
        CallResult.SIM_MISSING,
        reply.words,
    )


def _give(pin: str) -> Conversation[None]:
    left = _last(_ATTEMPTS_LEFT, (yield from told('AT+CPINR="SIM PIN"', SLOW)))
    if left is not None and int(left) < ALL_ATTEMPTS:
        raise _locked(
            f"A wrong PIN was given before and {left} attempts are left, so the PIN was not tried. Check it, "
            "and open the SIM card once in a telephone"
        )
    reply = yield from exchanged(f'AT+CPIN="{pin}"', PLAIN, timeout=SLOW, attempts=1, shown='AT+CPIN="****"')
    if reply.code is not Code.OK:
        raise _locked(
            f"The SIM card refused its PIN ({reply.words}); it was given once and is not tried again",
            PIN_REFUSED,
        )


def _locked(happened: str, cause: str = "") -> CallFailed:
    return CallFailed(f"{happened}. {ADVICE[CallResult.SIM_LOCKED]}", CallResult.SIM_LOCKED, cause)


def _last(pattern: re.Pattern[str], lines: Sequence[str]) -> str | None:
    found = [match[1] for line in lines if (match := pattern.fullmatch(line))]
    return found[-1] if found else None
