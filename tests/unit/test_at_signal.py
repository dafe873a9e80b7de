"""What a modem says of its signal: 3GPP 27.007 sections 7.3, 8.5 and 8.69."""

from __future__ import annotations

import pytest

from metering.calls import CallResult
from metering.signals import RadioTechnology, Registration
from protocols.at_commands import (
    signal,
)
from tests.unit.scripted_modem import (
    ERROR,
    MODEM,
    OK,
    Driven,
    ScriptedModem,
    driven,
    failed,
    said,
)


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
