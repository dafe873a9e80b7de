"""Whether a network serves the modem: every answer of 3GPP 27.007 section 7.2."""

from __future__ import annotations

import pytest

from metering.calls import CallResult
from metering.errors import CallFailed
from metering.signals import Registration
from protocols.at_commands import (
    await_registration,
    registration,
)
from tests.unit.scripted_modem import (
    MODEM,
    Driven,
    ScriptedModem,
    driven,
    said,
)


@pytest.mark.parametrize(
    ("line", "state"),
    [
        pytest.param("+CREG: 0,1", "home", id="27.007 7.2 home"),
        pytest.param("+CREG: 0,5", "roaming", id="27.007 7.2 roaming"),
        pytest.param("+CREG: 0,2", "searching", id="27.007 7.2 searching"),
        pytest.param("+CREG: 0,3", "denied", id="27.007 7.2 denied"),
        pytest.param("+CREG: 0,8", "emergency_only", id="27.007 7.2 emergency"),
        pytest.param("+CREG: 0,10", "roaming", id="27.007 7.2 roaming, CSFB not preferred"),
        pytest.param('+CREG: 2,1,"00C3","7B21",0', "home", id="27.007 7.2 n=2"),
        pytest.param("+CREG: 2,5,00C3,7B21", "roaming", id="27.007 7.2 n=2 unquoted"),
        pytest.param("+CREG:0,1", "home", id="no space"),
        pytest.param("+CREG: 1", "unknown", id="an unsolicited line only"),
        pytest.param('+CREG: 1,"00C3","7B21"', "unknown", id="an unsolicited line with a cell"),
    ],
)
def test_registration(line: str, state: str) -> None:
    assert driven(registration(), {"AT+CREG?": said(line)}) is Registration(state)


def test_an_unsolicited_line_beside_the_answer() -> None:
    assert (
        driven(registration(), {"AT+CREG?": said("+CREG: 2", "+CREG: 1,5", "+CREG: 1")})
        is Registration.ROAMING
    )


@pytest.mark.parametrize("stat", [1, 5])
def test_home_and_roaming_end_the_wait(stat: int) -> None:
    answers, hand = [said("+CREG: 0,2"), said("+CREG: 0,3"), said(f"+CREG: 0,{stat}")], Driven()
    assert hand.run(await_registration(60), ScriptedModem({"AT+CREG?": answers})).served
    assert sum(hand.pauses) < 6


def test_a_late_answer_before_the_right_one() -> None:
    late_and_right = said("+CREG: 0,2", "+CREG: 0,5")
    assert driven(registration(), {"AT+CREG?": late_and_right}) is Registration.ROAMING


@pytest.mark.parametrize("stat", [0, 2, 3, 4, 6, 8])
def test_the_wait_ends_in_its_time(stat: int) -> None:
    hand = Driven()
    with pytest.raises(CallFailed) as caught:
        hand.run(await_registration(60), ScriptedModem({"AT+CREG?": said(f"+CREG: 0,{stat}")}))
    assert caught.value.result is CallResult.NOT_REGISTERED
    assert 60 <= sum(hand.pauses) < 65


def test_no_wait_at_all_still_looks_once() -> None:
    assert driven(await_registration(0), MODEM) is Registration.HOME
