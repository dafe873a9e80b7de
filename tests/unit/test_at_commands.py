"""Every result code and every step of the AT dialogue, without a modem."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import pytest

from metering.calls import CallResult
from metering.errors import CallFailed, ConfigurationError
from metering.modems import ModemIdentity
from metering.signals import RadioTechnology, Registration
from protocols.at.result_codes import DIAL, HANG_UP, INFORMATION, PLAIN
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
from tests.unit.scripted_modem import ERROR, OK, Driven, ScriptedModem, driven, over_a_line, said

Answers = Mapping[str, bytes | list[bytes]]

NUMBER = "+77015550001"
IMEI = "356938035643809"
ICCID = "8970102123456789012"
DIALLED = f"ATD{NUMBER}"
READY = said("+CPIN: READY")
MODEM: dict[str, bytes | list[bytes]] = {
    "AT+CPIN?": READY,
    "AT+CGSN": said(IMEI),
    "AT+CIMI": said("250026711234567"),
    "AT+CCID": said('+CCID: "89701021234567890123"'),
    "AT+CNUM": said('+CNUM: "data","+77010000001",145'),
    "AT+CGMI": said("Cinterion"),
    "AT+CGMM": said("MC52i"),
    "AT+CGMR": said("REVISION 01.201"),
    "AT+CSQ": said("+CSQ: 14,99"),
    "AT+CESQ": said("+CESQ: 30,0,255,255,255,255"),
    "AT+CREG?": said('+CREG: 2,1,"00C3","7B21"'),
    "AT+COPS?": said('+COPS: 0,0,"KCELL",0'),
    "AT+CEER": said('+CEER: "Normal call clearing"'),
    DIALLED: said(result="CONNECT 9600/RLP"),
}
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


def failed(conversation: Conversation[object], answers: Answers) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        driven(conversation, {**MODEM, **answers})
    assert len(str(caught.value)) > 60, "what happened, the likely cause and the next step"
    return caught.value


# Dialling: V.250 section 6.3, 3GPP 27.007 sections 6 and 9


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


# Probing, escape, hanging up, restarting: V.250 sections 5.2 and 6.3, 3GPP 27.007 section 8.2


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
    assert hand.pauses[0] > 1.0 and hand.pauses[-1] > 1.0


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


# Initialisation: gsm-modem.md section 2


def test_initialisation_says_who_the_modem_is() -> None:
    modem = ScriptedModem(MODEM)
    assert Driven().run(initialise(ModemSettings()), modem) == ModemIdentity(
        imei=IMEI,
        iccid="89701021234567890123",
        imsi="250026711234567",
        maker="Cinterion",
        model="MC52i",
        firmware="REVISION 01.201",
        phone="+77010000001",
    )
    assert modem.asked[:8] == [
        "ATZ", "ATE0V1Q0X4", "AT+CMEE=1", "AT+CPIN?", "AT+CBST=71,0,1", "AT&C1&D2", "ATS0=0", "ATS7=60"
    ]  # fmt: skip


def test_initialisation_from_a_numeric_echoing_profile() -> None:
    answers = {"ATZ": b"ATZ\r0\r", "ATE0V1Q0X4": b"ATE0V1Q0X4\r0\r"}
    assert driven(initialise(ModemSettings()), {**MODEM, **answers}).imei == IMEI


def test_refused_wishes_and_identification_are_tolerated() -> None:
    wishes = ("ATZ", "AT+CMEE=1", "AT&C1&D2", "ATS0=0", "ATS7=60")
    names = ("GSN", "CGSN", "CIMI", "CCID", "ICCID", "CNUM", "CGMI", "CGMM", "CGMR", "GMI", "GMM", "GMR")
    refused = [*wishes, *(f"AT+{name}" for name in names), "AT^SCID", "AT#CCID"]
    assert driven(initialise(ModemSettings()), {**MODEM, **dict.fromkeys(refused, ERROR)}) == ModemIdentity()


@pytest.mark.parametrize(
    ("answers", "field", "value"),
    [
        pytest.param({"AT+CGSN": ERROR, "AT+GSN": said(IMEI)}, "imei", IMEI, id="V.250 +GSN"),
        pytest.param({"AT+CGSN": said(f'+CGSN: "{IMEI}"')}, "imei", IMEI, id="27.007 5.4 with its name"),
        pytest.param(
            {"AT+CCID": ERROR, "AT+ICCID": ERROR, "AT^SCID": said(f'^SCID: "{ICCID}"')},
            "iccid", ICCID, id="AT^SCID",
        ),
        pytest.param(
            {"AT+CCID": ERROR, "AT+ICCID": ERROR, "AT^SCID": ERROR, "AT#CCID": said(f"#CCID: {ICCID}F")},
            "iccid", ICCID, id="AT#CCID padded",
        ),
        pytest.param({"AT+CGMI": said("+CREG: 1", "Telit")}, "maker", "Telit", id="unsolicited line before"),
        pytest.param({"AT+CGMM": b"AT+CGMM\r\r\nGT863\r\n\r\nOK\r\n"}, "model", "GT863", id="echo before"),
        pytest.param({"AT+CGMR": said("RING", "+CGMR: 10.0")}, "firmware", "10.0", id="RING before"),
        pytest.param({"AT+CGMI": said("X" * 5000)}, "maker", "", id="endless name"),
    ],
)  # fmt: skip
def test_identification_of_makes(answers: Answers, field: str, value: str) -> None:
    assert getattr(driven(initialise(ModemSettings()), {**MODEM, **answers}), field) == value


def test_the_pin_is_given_once() -> None:
    modem = ScriptedModem({**MODEM, "AT+CPIN?": [said("+CPIN: SIM PIN"), READY]})
    Driven().run(initialise(ModemSettings(pin="1234")), modem)
    assert modem.asked.count('AT+CPIN="1234"') == 1


@pytest.mark.parametrize(
    "answer",
    [said(result="+CME ERROR: 16"), ERROR, said(result="+CME ERROR: 14"), said(result="+CME ERROR: 12")],
    ids=["27.007 9.2 CME 16", "V.250 ERROR", "27.007 9.2 CME 14", "27.007 9.2 CME 12"],
)
def test_a_refused_pin_is_never_tried_again_nor_told(answer: bytes) -> None:
    modem = ScriptedModem({**MODEM, "AT+CPIN?": said("+CPIN: SIM PIN"), 'AT+CPIN="1234"': answer})
    with pytest.raises(CallFailed) as caught:
        Driven().run(initialise(ModemSettings(pin="1234")), modem)
    assert caught.value.result is CallResult.SIM_LOCKED
    assert modem.asked.count('AT+CPIN="1234"') == 1
    assert "1234" not in str(caught.value)


def test_the_pin_exchange_itself_is_put_once() -> None:
    modem = ScriptedModem({**MODEM, "AT+CPIN?": said("+CPIN: SIM PIN"), 'AT+CPIN="1234"': b""})
    error = over_a_line(initialise(ModemSettings(pin="1234")), modem)
    assert isinstance(error, CallFailed) and "1234" not in str(error)
    assert modem.asked.count('AT+CPIN="1234"') == 1


def test_a_pin_that_lost_attempts_before_is_not_tried() -> None:
    answers = {"AT+CPIN?": said("+CPIN: SIM PIN"), 'AT+CPINR="SIM PIN"': said("+CPINR: SIM PIN,2,3")}
    modem = ScriptedModem({**MODEM, **answers})
    with pytest.raises(CallFailed, match="2 attempts are left") as caught:
        Driven().run(initialise(ModemSettings(pin="1234")), modem)
    assert caught.value.result is CallResult.SIM_LOCKED
    assert 'AT+CPIN="1234"' not in modem.asked


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        pytest.param(said("+CPIN: SIM PIN"), "sim_locked", id="27.007 8.3 no PIN set"),
        pytest.param(said("+CPIN: SIM PUK"), "sim_locked", id="27.007 8.3 SIM PUK"),
        pytest.param(said("+CPIN: PH-SIM PIN"), "sim_locked", id="27.007 8.3 PH-SIM PIN"),
        pytest.param(said(result="+CME ERROR: 10"), "sim_missing", id="27.007 9.2 CME 10"),
        pytest.param(said(result="+CME ERROR: 13"), "sim_missing", id="27.007 9.2 CME 13"),
        pytest.param(said(result="+CME ERROR: SIM wrong"), "sim_missing", id="27.007 9.2 CME 15"),
        pytest.param(ERROR, "sim_missing", id="V.250 ERROR alone"),
        pytest.param(said(result="+CME ERROR: 14"), "modem_error", id="27.007 9.2 CME 14 for ever"),
        pytest.param(OK, "modem_error", id="no word"),
    ],
)
def test_sim_cards_that_do_not_work(answer: bytes, result: str) -> None:
    assert failed(initialise(ModemSettings()), {"AT+CPIN?": answer}).result is CallResult(result)


@pytest.mark.parametrize("state", ["READY", "SIM PIN2", "SIM PUK2"])
def test_sim_cards_that_can_call(state: str) -> None:
    driven(initialise(ModemSettings()), {**MODEM, "AT+CPIN?": said(f"+CPIN: {state}")})


def test_a_busy_sim_card_is_asked_again_after_a_while() -> None:
    busy = said(result="+CME ERROR: 14")
    modem, hand = ScriptedModem({**MODEM, "AT+CPIN?": [busy, busy, READY]}), Driven()
    hand.run(initialise(ModemSettings()), modem)
    assert modem.asked.count("AT+CPIN?") == 3
    assert hand.pauses.count(2.0) == 2


def test_a_sim_card_busy_for_ever_is_asked_five_times() -> None:
    modem = ScriptedModem({**MODEM, "AT+CPIN?": said(result="+CME ERROR: SIM busy")})
    with pytest.raises(CallFailed, match="SIM busy"):
        Driven().run(initialise(ModemSettings()), modem)
    assert modem.asked.count("AT+CPIN?") == 5


@pytest.mark.parametrize("refusal", [ERROR, said(result="+CME ERROR: 4")], ids=["ERROR", "CME 4"])
def test_the_other_bearer_is_taken_where_one_is_refused(refusal: bytes) -> None:
    modem = ScriptedModem({**MODEM, "AT+CBST=71,0,1": refusal})
    Driven().run(initialise(ModemSettings()), modem)
    assert "AT+CBST=7,0,1" in modem.asked


def test_a_modem_without_data_calls_says_so() -> None:
    error = failed(initialise(ModemSettings()), {"AT+CBST=71,0,1": ERROR, "AT+CBST=7,0,1": ERROR})
    assert error.result is CallResult.MODEM_ERROR
    assert "bearer 71,0,1" in str(error)


def test_a_modem_for_measuring_alone_gets_no_bearer() -> None:
    modem = ScriptedModem(MODEM)
    Driven().run(initialise(ModemSettings(bearer="")), modem)
    assert not [command for command in modem.asked if "CBST" in command]


@pytest.mark.parametrize(
    "settings",
    [{"pin": "12"}, {"pin": '1234"\rATD1'}, {"pin": "1234\n"}, {"bearer": "71"}, {"bearer": "7,0,1;D1"}],
)
def test_settings_that_could_inject_a_command(settings: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        ModemSettings(**settings)


def test_result_codes_refused() -> None:
    assert failed(initialise(ModemSettings()), {"ATE0V1Q0X4": ERROR}).result is CallResult.MODEM_ERROR


# Registration: 3GPP 27.007 section 7.2


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
    answers = [said("+CREG: 0,2"), said("+CREG: 0,3"), said(f"+CREG: 0,{stat}")]
    assert driven(await_registration(60), {"AT+CREG?": answers}).served


@pytest.mark.parametrize("stat", [0, 2, 3, 4, 6, 8])
def test_the_wait_ends_in_its_time(stat: int) -> None:
    hand = Driven()
    with pytest.raises(CallFailed) as caught:
        hand.run(await_registration(60), ScriptedModem({"AT+CREG?": said(f"+CREG: 0,{stat}")}))
    assert caught.value.result is CallResult.NOT_REGISTERED
    assert 60 <= sum(hand.pauses) < 65


def test_no_wait_at_all_still_looks_once() -> None:
    assert driven(await_registration(0), MODEM) is Registration.HOME


# Signal: 3GPP 27.007 sections 8.5, 8.69 and 7.3


def report(**answers: str | bytes) -> object:
    written = {
        f"AT+{name}": text if isinstance(text, bytes) else said(text) for name, text in answers.items()
    }
    asked = {"AT+CREG?": MODEM["AT+CREG?"], "AT+COPS?": MODEM["AT+COPS?"], "AT+CESQ": ERROR}
    found = driven(signal(), asked | {name.replace("_", "?"): text for name, text in written.items()})
    level = None if found.level is None else str(found.level)
    return found.raw, level, found.bit_errors


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param({"CSQ": "+CSQ: 14,99"}, ("CSQ 14,99", "-85", None), id="27.007 8.5"),
        pytest.param({"CSQ": "+CSQ: 31,0"}, ("CSQ 31,0", "-51", 0), id="27.007 8.5 with errors"),
        pytest.param({"CSQ": "+CSQ: 99,99"}, ("CSQ 99,99", None, None), id="27.007 8.5 unknown"),
        pytest.param({"CSQ": "+CSQ: 141,99"}, ("CSQ 141,99", None, None), id="vendor's own"),
        pytest.param(
            {"CESQ": "+CESQ: 30,2,255,255,255,255"},
            ("CESQ 30,2,255,255,255,255", "-81", 2),
            id="27.007 8.69 GSM",
        ),
        pytest.param(
            {"CESQ": "+CESQ: 99,99,40,30,255,255"},
            ("CESQ 99,99,40,30,255,255", "-81", None),
            id="27.007 8.69 UMTS",
        ),
        pytest.param(
            {"CESQ": "+CESQ: 99,99,255,255,20,40", "CSQ": "+CSQ: 14,99"},
            ("CESQ 99,99,255,255,20,40; CSQ 14,99", "-85", None),
            id="27.007 8.69 LTE, level from 8.5",
        ),
        pytest.param(
            {"CESQ": "+CESQ: 99,99,255,255,20,40", "CSQ": ERROR},
            ("CESQ 99,99,255,255,20,40", None, None),
            id="27.007 8.69 LTE alone",
        ),
        pytest.param(
            {"CESQ": "+CESQ: 99,99,255,255,255,255", "CSQ": "+CSQ: 9,1"},
            ("CSQ 9,1", "-95", 1),
            id="27.007 8.69 empty",
        ),
    ],
)
def test_signal_level(answers: dict[str, str | bytes], expected: object) -> None:
    assert report(**answers) == expected


def test_an_lte_modem_tells_power_and_quality() -> None:
    cesq, cops = said("+CESQ: 99,99,255,255,20,40"), said('+COPS: 0,2,"40101",7')
    found = driven(signal(), {**MODEM, "AT+CESQ": cesq, "AT+COPS?": cops})
    assert (str(found.reference_power), str(found.reference_quality)) == ("-101", "-10.0")
    assert (found.technology, found.operator, found.cell) == (RadioTechnology.LTE, "40101", "00C3/7B21")
    assert found.registration is Registration.HOME


def test_an_unknown_level_is_asked_once_more_after_power_up() -> None:
    modem = ScriptedModem({**MODEM, "AT+CESQ": ERROR, "AT+CSQ": [said("+CSQ: 99,99"), said("+CSQ: 20,99")]})
    assert str(Driven().run(signal(), modem).level) == "-73"
    assert modem.asked.count("AT+CSQ") == 2


@pytest.mark.parametrize(
    ("cops", "operator", "technology"),
    [
        pytest.param('+COPS: 0,0,"KCELL",2', "KCELL", "umts", id="27.007 7.3 format 0"),
        pytest.param('+COPS: 1,2,"40101"', "40101", "gsm", id="27.007 7.3 format 2 without AcT"),
        pytest.param("+COPS: 0", "", "gsm", id="27.007 7.3 no operator"),
        pytest.param("nothing of the kind", "", "gsm", id="strange"),
    ],
)
def test_operator(cops: str, operator: str, technology: str) -> None:
    found = driven(signal(), {**MODEM, "AT+COPS?": said(cops)})
    assert (found.operator, found.technology) == (operator, RadioTechnology(technology))


def test_packets_serve_a_modem_that_has_no_circuits() -> None:
    answers = {
        "AT+CREG?": said("+CREG: 2,0"),
        "AT+CGREG?": ERROR,
        "AT+CEREG?": said('+CEREG: 2,5,"1A","01B2C3D4",7'),
    }
    found = driven(signal(), {**MODEM, **answers, "AT+COPS?": ERROR})
    assert (found.registration, found.cell) == (Registration.ROAMING, "1A/01B2C3D4")
    assert found.technology is RadioTechnology.LTE


def test_no_cell_is_told_without_being_asked_during_a_call() -> None:
    modem = ScriptedModem(MODEM)
    Driven().run(signal(), modem)
    assert modem.asked[-4:] == ["AT+CREG=2", "AT+CREG?", "AT+CREG=0", "AT+COPS?"]


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (said(result="+CME ERROR: 10"), "sim_missing"),
        (ERROR, "modem_error"),
        (OK, "modem_error"),
        (said("+CSQ: strong"), "modem_error"),
        (b"", "modem_silent"),
    ],
)
def test_a_modem_that_tells_no_signal(answer: bytes, result: str) -> None:
    assert failed(signal(), {"AT+CESQ": ERROR, "AT+CSQ": answer}).result is CallResult(result)


# Over a line


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


@pytest.mark.parametrize("codes", [PLAIN, INFORMATION, DIAL, HANG_UP])
@pytest.mark.parametrize(
    "piece", [b"\r", b"\r\nOK ", b"\r\nCONNECT  ", b"\r\n+CME ERROR: ", b" ", b"\rOK\r", b"\n2\r\n"]
)
def test_looking_for_a_result_takes_linear_time(piece: bytes, codes: object) -> None:
    buffer = b"\r\nCONNECT" + piece * (1_000_000 // len(piece))
    began = time.perf_counter()
    codes.end(buffer)
    assert time.perf_counter() - began < 1.0


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
