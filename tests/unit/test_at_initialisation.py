"""The modem brought into a known state: SIM card, PIN, bearer, identity (gsm-modem.md section 2)."""

from __future__ import annotations

import pytest

from metering.calls import CallResult
from metering.errors import CallFailed, ConfigurationError
from metering.modems import ModemIdentity
from protocols.at_commands import (
    ModemSettings,
    initialise,
)
from storage.modem_rows import LeasedModem
from tests.unit.scripted_modem import (
    ERROR,
    ICCID,
    IMEI,
    MODEM,
    OK,
    READY,
    Answers,
    Driven,
    ScriptedModem,
    driven,
    failed,
    over_a_line,
    said,
)


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


@pytest.mark.parametrize(
    "record", [ModemSettings(pin="9173"), LeasedModem(1, "serial:/dev/ttyS0", "9173", 0)]
)
def test_a_record_with_a_pin_does_not_show_it(record: object) -> None:
    assert "9173" not in f"{record!r} {record}"


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
