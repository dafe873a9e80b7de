"""Every result code of a call, and probing, escape, hanging up and restarting, without a modem."""

from __future__ import annotations

import pytest

from metering.calls import CallResult
from metering.errors import CallFailed, ConfigurationError
from protocols.at_commands import (
    ModemSettings,
    await_registration,
    dial,
    escape,
    hang_up,
    initialise,
    probe,
    reset,
)
from protocols.conversation import Conversation
from tests.unit.scripted_modem import (
    DIALLED,
    ERROR,
    MODEM,
    NUMBER,
    OK,
    Answers,
    Driven,
    ScriptedModem,
    driven,
    failed,
    over_a_line,
    said,
)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(b"\r\nCONNECT\r\n", "CONNECT", id="V.250 CONNECT"),
        pytest.param(b"\r\nCONNECT 9600\r\n", "CONNECT 9600", id="V.250 CONNECT with speed"),
        pytest.param(b"\r\nCONNECT 9600/RLP\r\n", "CONNECT 9600/RLP", id="CONNECT with protocol"),
        pytest.param(b"\r\n+CR: REL ASYNC\r\n\r\nCONNECT 9600\r\n", "CONNECT 9600", id="27.007 6.9 +CR"),
        pytest.param(b"ATD+77015550001\r\r\nCONNECT\r\n", "CONNECT", id="V.250 echo"),
        pytest.param(b"TD+77015550001\r\r\nCONNECT\r\n", "CONNECT", id="echo without its first character"),
        pytest.param(b"CONNECT 9600\r\n", "CONNECT 9600", id="line end before it lost"),
        pytest.param(b"\r\n+CREG: 1\r\n\r\n^BOOT\r\n\r\nCONNECT\r\n", "CONNECT", id="unsolicited lines"),
        pytest.param(b"\r\nOK\r\n\r\nCONNECT\r\n", "CONNECT", id="late OK of an earlier command"),
        pytest.param(b"1\r", "1", id="V.250 numeric 1"),
    ],
)
def test_connect(answer: bytes, words: str) -> None:
    assert driven(dial(NUMBER), {DIALLED: answer}) == words


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        pytest.param(b"\r\nNO CARRIER\r\n", "no_carrier", id="V.250 NO CARRIER"),
        pytest.param(b"3\r", "no_carrier", id="V.250 numeric 3"),
        pytest.param(b"\r\nBUSY\r\n", "busy", id="V.250 BUSY"),
        pytest.param(b"7\r", "busy", id="V.250 numeric 7"),
        pytest.param(b"\r\nNO DIALTONE\r\n", "no_dial_tone", id="V.250 NO DIALTONE"),
        pytest.param(b"\r\nNO DIAL TONE\r\n", "no_dial_tone", id="NO DIAL TONE of some makes"),
        pytest.param(b"6\r", "no_dial_tone", id="V.250 numeric 6"),
        pytest.param(b"\r\nNO ANSWER\r\n", "no_answer", id="V.250 NO ANSWER"),
        pytest.param(b"8\r", "no_answer", id="V.250 numeric 8"),
        pytest.param(b"\r\nERROR\r\n", "modem_error", id="V.250 ERROR"),
        pytest.param(b"4\r", "modem_error", id="V.250 numeric 4"),
        pytest.param(b"\r\nCALL BARRED\r\n", "call_barred", id="CALL BARRED of some makes"),
        pytest.param(b"\r\nBLACKLISTED\r\n", "modem_error", id="BLACKLISTED of some makes"),
        pytest.param(b"\r\nDELAYED\r\n", "modem_error", id="DELAYED of some makes"),
        pytest.param(b"\r\nRING\r\n\r\nBUSY\r\n", "busy", id="V.250 RING before BUSY"),
        pytest.param(b"2\r7\r", "busy", id="V.250 numeric RING before BUSY"),
    ],
)
def test_calls_that_fail(answer: bytes, result: str) -> None:
    error = failed(dial(NUMBER), {DIALLED: answer})
    assert error.result is CallResult(result)
    assert NUMBER in str(error)


EQUIPMENT_ERRORS = [
    (0, "phone failure", "modem_error"),
    (3, "operation not allowed", "call_barred"),
    (4, "operation not supported", "modem_error"),
    (5, "PH-SIM PIN required", "sim_locked"),
    (10, "SIM not inserted", "sim_missing"),
    (11, "SIM PIN required", "sim_locked"),
    (12, "SIM PUK required", "sim_locked"),
    (13, "SIM failure", "sim_missing"),
    (15, "SIM wrong", "sim_missing"),
    (16, "incorrect password", "sim_locked"),
    (17, "SIM PIN2 required", "sim_locked"),
    (30, "no network service", "not_registered"),
    (31, "network timeout", "not_registered"),
    (32, "network not allowed - emergency calls only", "not_registered"),
    (62, "call barred", "call_barred"),
    (100, "unknown", "modem_error"),
    (103, "Illegal MS", "not_registered"),
    (111, "PLMN not allowed", "not_registered"),
    (113, "Roaming not allowed in this location area", "not_registered"),
    (133, "requested service option not subscribed", "call_barred"),
    (9999, "something of the maker's own", "modem_error"),
]


@pytest.mark.parametrize("numeric", [True, False], ids=["CMEE=1", "CMEE=2"])
@pytest.mark.parametrize(
    ("number", "words", "result"),
    EQUIPMENT_ERRORS,
    ids=[f"27.007 9.2 CME {row[0]}" for row in EQUIPMENT_ERRORS],
)
def test_equipment_errors(number: int, words: str, result: str, numeric: bool) -> None:
    said_of_it = str(number) if numeric else words
    error = failed(dial(NUMBER), {DIALLED: said(result=f"+CME ERROR: {said_of_it}")})
    assert error.result is CallResult(result)
    assert f"+CME ERROR: {said_of_it}" in str(error)


@pytest.mark.parametrize(
    ("words", "result"),
    [
        pytest.param("302", "modem_error", id="27.005 3.2.5 CMS 302"),
        pytest.param("310", "sim_missing", id="27.005 3.2.5 CMS 310"),
        pytest.param("SIM PIN required", "sim_locked", id="27.005 3.2.5 CMS 311"),
        pytest.param("316", "sim_locked", id="27.005 3.2.5 CMS 316"),
        pytest.param("331", "not_registered", id="27.005 3.2.5 CMS 331"),
        pytest.param("", "modem_error", id="no number"),
    ],
)
def test_message_errors(words: str, result: str) -> None:
    assert failed(dial(NUMBER), {DIALLED: said(result=f"+CMS ERROR: {words}")}).result is CallResult(result)


@pytest.mark.parametrize(
    ("report", "result", "cause"),
    [
        pytest.param('"Normal call clearing"', "no_carrier", "Normal", id="27.007 6.10 text"),
        pytest.param("Operator determined barring", "call_barred", "barring", id="24.008 H cause 8 text"),
        pytest.param("Outgoing calls barred", "call_barred", "barred", id="24.008 H barred text"),
        pytest.param("8", "call_barred", "8", id="24.008 H cause 8"),
        pytest.param("Error 10", "call_barred", "10", id="24.008 H cause 10"),
        pytest.param("16", "no_carrier", "16", id="24.008 H cause 16"),
        pytest.param("8,8,0", "call_barred", "8,8,0", id="24.008 H cause 8 at its place"),
        pytest.param("8,21,0", "no_carrier", "8,21,0", id="24.008 H call rejected"),
        pytest.param("2,8,0", "no_carrier", "2,8,0", id="an 8 of another place"),
        pytest.param("User busy", "busy", "User busy", id="24.008 H cause 17 text"),
        pytest.param("Cause: 17", "busy", "17", id="24.008 H cause 17"),
        pytest.param("User alerting, no answer", "no_answer", "no answer", id="24.008 H cause 19 text"),
        pytest.param("8,19,0", "no_answer", "8,19,0", id="24.008 H cause 19 at its place"),
    ],
)
def test_the_networks_cause_refines_no_carrier(report: str, result: str, cause: str) -> None:
    error = failed(dial(NUMBER), {DIALLED: said(result="NO CARRIER"), "AT+CEER": said(f"+CEER: {report}")})
    assert error.result is CallResult(result)
    assert cause in error.cause and cause in str(error)
    assert '"' not in error.cause


@pytest.mark.parametrize("answer", [ERROR, OK, b"", b"\xff\xfe"], ids=["refused", "empty", "silent", "noise"])
def test_a_modem_that_knows_no_cause(answer: bytes) -> None:
    error = failed(dial(NUMBER), {DIALLED: said(result="NO CARRIER"), "AT+CEER": answer})
    assert error.result is CallResult.NO_CARRIER
    assert error.cause == "NO CARRIER"


def test_dialling_is_done_once_and_waits_longer_than_the_modem() -> None:
    hand = Driven()
    hand.run(dial(NUMBER), ScriptedModem(MODEM))
    [exchange] = hand.exchanges
    assert exchange.request == b"ATD+77015550001\r"
    assert (exchange.attempts, exchange.timeout) == (1, 70.0)


@pytest.mark.parametrize(
    "number",
    ["", "+", "12", "+7701;", "7701\rATD1", "7701,1", "+7 701 555", "112W3", "٣٣٣٣", "1" * 21, "+7701\n"],
)
def test_nothing_but_a_number_is_dialled(number: str) -> None:
    modem = ScriptedModem()
    with pytest.raises(ConfigurationError, match="digits"):
        Driven().run(dial(number), modem)
    assert modem.asked == []


def test_a_modem_that_falls_silent_while_dialling() -> None:
    assert failed(dial(NUMBER), {DIALLED: b""}).result is CallResult.MODEM_SILENT


def test_three_probes_of_a_second_then_silence_is_told() -> None:
    modem = ScriptedModem({"AT": b""})
    error = over_a_line(probe(), modem)
    assert isinstance(error, CallFailed) and error.result is CallResult.MODEM_SILENT
    assert modem.asked == ["AT"] * 3


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([b"", OK], id="first one lost"),
        pytest.param([b"\xf8\x1c", b"", OK], id="rate found at the third"),
        pytest.param([b"0\r"], id="V.250 numeric 0"),
        pytest.param([b"AT\r\r\nOK\r\n"], id="V.250 echo verbose"),
        pytest.param([b"AT\r0\r"], id="V.250 echo numeric"),
        pytest.param([b"T\r\r\nOK\r\n"], id="echo without its first character"),
        pytest.param([b"\r\nRING\r\n\r\nOK\r\n"], id="V.250 RING"),
        pytest.param([b'\r\n+CMTI: "SM",1\r\n\r\nOK\r\n'], id="27.005 +CMTI"),
    ],
)
def test_probe(answers: list[bytes]) -> None:
    assert over_a_line(probe(), ScriptedModem({"AT": answers})) is None


def test_something_that_is_no_modem() -> None:
    error = over_a_line(probe(), ScriptedModem({"AT": b"\x68\x03\x03\x68\x16"}))
    assert isinstance(error, CallFailed) and error.result is CallResult.MODEM_ERROR
    assert "baud" in str(error)


def test_an_echo_alone_is_silence() -> None:
    error = over_a_line(probe(), ScriptedModem({"AT": b""}), echo=True)
    assert isinstance(error, CallFailed) and error.result is CallResult.MODEM_SILENT


def test_escape_keeps_its_guard_times() -> None:
    hand = Driven()
    hand.run(escape(), ScriptedModem())
    assert [exchange.request for exchange in hand.exchanges] == [b"+++"]
    assert hand.exchanges[0].attempts == 1
    assert len(hand.pauses) == 2 and min(hand.pauses) > 1.0, "S12 is one second, before and after"


@pytest.mark.parametrize("answer", [b"", said(result="NO CARRIER"), b"\x10\x5b\x01\x5c\x16"])
def test_escape_out_of_a_call_that_has_ended(answer: bytes) -> None:
    driven(escape(), {"+++": answer})


@pytest.mark.parametrize("answer", [OK, ERROR, said(result="NO CARRIER"), b"0\r", b"3\r", b"ATH\r\r\nOK\r\n"])
def test_hang_up(answer: bytes) -> None:
    driven(hang_up(), {"ATH": answer})


def test_a_modem_that_stays_in_its_call() -> None:
    assert failed(hang_up(), {"ATH": b""}).result is CallResult.MODEM_SILENT


@pytest.mark.parametrize("answer", [OK, b"", b"\r\n^SYSSTART\r\n"], ids=["OK", "silent", "boot message"])
def test_reset_waits_until_the_modem_is_back(answer: bytes) -> None:
    modem = ScriptedModem({"AT+CFUN=1,1": answer, "AT": [b"", b"", b"\r\n^BOOT\r\n", OK]})
    Driven().run(reset(), modem)
    assert modem.asked == ["AT+CFUN=1,1", "AT", "AT", "AT", "AT"]


def test_a_modem_that_does_not_come_back() -> None:
    hand = Driven()
    with pytest.raises(CallFailed) as caught:
        hand.run(reset(), ScriptedModem({"AT": b""}))
    assert caught.value.result is CallResult.MODEM_SILENT
    assert 60 <= sum(hand.pauses) < 70


def test_a_reset_that_is_refused() -> None:
    assert failed(reset(), {"AT+CFUN=1,1": said(result="+CME ERROR: 4")}).result is CallResult.MODEM_ERROR


def test_every_word_of_a_failed_call_is_said_by_some_dialogue() -> None:
    cases: list[tuple[Conversation[object], Answers]] = [
        (dial(NUMBER), {DIALLED: said(result="BUSY")}),
        (dial(NUMBER), {DIALLED: said(result="NO CARRIER")}),
        (dial(NUMBER), {DIALLED: said(result="NO ANSWER")}),
        (dial(NUMBER), {DIALLED: said(result="NO DIALTONE")}),
        (dial(NUMBER), {DIALLED: said(result="CALL BARRED")}),
        (initialise(ModemSettings()), {"AT+CPIN?": said(result="+CME ERROR: 10")}),
        (initialise(ModemSettings()), {"AT+CPIN?": said("+CPIN: SIM PUK")}),
        (await_registration(10), {"AT+CREG?": said("+CREG: 0,2")}),
        (probe(), {"AT": b""}),
        (initialise(ModemSettings()), {"ATE0V1Q0X4": ERROR}),
    ]
    texts = {(error.result, str(error)) for error in (failed(*case) for case in cases)}
    assert {result for result, _ in texts} == set(CallResult) - {
        CallResult.CONNECTED,
        CallResult.NO_FREE_MODEM,
    }
    assert len({text for _, text in texts}) == len(cases), "no two causes share a text"
