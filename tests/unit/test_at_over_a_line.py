"""The AT dialogue through a real session: replies cut anywhere, babble, and bounded time."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from metering.calls import CallResult
from metering.errors import CallFailed
from protocols.at.result_codes import DIAL, HANG_UP, INFORMATION, PLAIN, ResultCodes
from protocols.at_commands import (
    ModemSettings,
    await_registration,
    dial,
    escape,
    hang_up,
    initialise,
    probe,
    registration,
    reset,
    signal,
)
from protocols.conversation import Conversation
from tests.unit.scripted_modem import (
    DIALLED,
    MODEM,
    NUMBER,
    ScriptedModem,
    failed,
    over_a_line,
    said,
)

CONVERSATIONS: dict[str, Callable[[], Conversation[object]]] = {
    "probe": probe,
    "initialise": lambda: initialise(ModemSettings()),
    "registration": registration,
    "await_registration": lambda: await_registration(10),
    "signal": signal,
    "dial": lambda: dial(NUMBER),
    "escape": escape,
    "hang_up": hang_up,
    "reset": reset,
}


@pytest.mark.parametrize("echo", [False, True], ids=["quiet", "echo"])
@pytest.mark.parametrize("name", CONVERSATIONS)
def test_replies_cut_anywhere(name: str, echo: bool) -> None:
    """A cut inside the echo belongs here too; what comes of it is what comes of the whole."""
    unhurried = ScriptedModem(MODEM)
    whole = over_a_line(CONVERSATIONS[name](), unhurried, echo=echo)
    assert not isinstance(whole, Exception)
    longest = max(len(answer) for answer in MODEM.values()) + (len("AT+CPIN?") + 20 if echo else 0)
    for cut in range(longest):
        modem = ScriptedModem(MODEM)
        assert over_a_line(CONVERSATIONS[name](), modem, cut, echo) == whole, cut
        assert modem.asked == unhurried.asked, cut


@pytest.mark.parametrize(
    "result", ["BUSY", "NO CARRIER", "NO DIALTONE", "NO ANSWER", "+CME ERROR: 30", "ERROR"]
)
def test_failures_cut_anywhere(result: str) -> None:
    answer = said("+CREG: 1", result=result)
    expected = failed(dial(NUMBER), {DIALLED: answer})
    for cut in range(len(answer)):
        error = over_a_line(dial(NUMBER), ScriptedModem({**MODEM, DIALLED: answer}), cut)
        assert isinstance(error, CallFailed) and (error.result, str(error)) == (
            expected.result,
            str(expected),
        )


def test_a_babbling_modem_is_cut_off() -> None:
    error = over_a_line(signal(), ScriptedModem({"AT+CESQ": b"\r\n+CREG: 1\r\n" * 1000}))
    assert isinstance(error, CallFailed) and error.result is CallResult.MODEM_ERROR


@pytest.mark.parametrize("digit", ["0", "3", "4", "7"])
def test_a_line_of_one_digit_is_no_result_where_words_are_spoken(digit: str) -> None:
    """Information is framed by line ends on both sides, a numeric result has none before it (V.250 5.7.1)."""
    answer = said(digit)
    assert all(INFORMATION.end(answer[:cut]) is None for cut in range(len(answer)))
    assert [codes.end(answer) for codes in (INFORMATION, PLAIN, HANG_UP)] == [len(answer)] * 3
    assert DIAL.end(answer) is None


@pytest.mark.parametrize("codes", [PLAIN, INFORMATION, DIAL, HANG_UP])
@pytest.mark.parametrize(
    "piece", [b"\r", b"\r\nOK ", b"\r\nCONNECT  ", b"\r\n+CME ERROR: ", b" ", b"\rOK\r", b"\n2\r\n"]
)
def test_looking_for_a_result_takes_linear_time(piece: bytes, codes: ResultCodes) -> None:
    buffer = b"\r\nCONNECT" + piece * (1_000_000 // len(piece))
    began = time.perf_counter()
    codes.end(buffer)
    assert time.perf_counter() - began < 1.0
