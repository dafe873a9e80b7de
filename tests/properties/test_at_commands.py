"""Properties of the AT dialogue: what is dialled, how levels grow, and what noise before a result changes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from metering.calls import CallResult
from metering.errors import CallFailed
from protocols.at.release_causes import result_of
from protocols.at.result_codes import DIAL, INFORMATION, PLAIN, Code
from protocols.at_commands import dial
from protocols.signal_codes import from_cesq, from_csq
from tests.unit.scripted_modem import Driven, ScriptedModem, said

UNSOLICITED = st.lists(
    st.sampled_from(
        ["RING", "+CREG: 1", '+CREG: 2,"00C3","7B21"', '+CMTI: "SM",3', "^BOOT", "*PSUTTZ: 1", "2"]
    ),
    max_size=5,
)
NUMBERS = st.from_regex(r"\+?[0-9]{3,20}", fullmatch=True)


@given(NUMBERS)
def test_any_number_is_dialled_as_it_stands(number: str) -> None:
    modem = ScriptedModem({f"ATD{number}": said(result="CONNECT")})
    hand = Driven()
    assert hand.run(dial(number), modem) == "CONNECT"
    assert [exchange.request for exchange in hand.exchanges] == [f"ATD{number}\r".encode()]


@given(st.integers(0, 30), st.integers(0, 99))
def test_a_higher_csq_is_a_higher_level(rssi: int, ber: int) -> None:
    lower, higher = from_csq(rssi, ber).level, from_csq(rssi + 1, ber).level
    assert lower is not None and higher is not None and lower < higher


@given(*[st.integers(-10, 300)] * 6)
def test_cesq_is_always_within_what_radio_can_be(
    rxlev: int, ber: int, rscp: int, ecno: int, rsrq: int, rsrp: int
) -> None:
    report = from_cesq(rxlev, ber, rscp, ecno, rsrq, rsrp)
    assert report.level is None or -121 <= report.level <= -25
    assert report.reference_power is None or -141 <= report.reference_power <= -44
    assert report.reference_quality is None or -20 <= report.reference_quality <= -3


@given(UNSOLICITED, st.sampled_from(["OK", "ERROR", "+CME ERROR: 3"]), st.binary(max_size=40))
def test_the_result_ends_where_it_ends_whatever_stands_around_it(
    lines: list[str], result: str, behind: bytes
) -> None:
    reply = said(*lines, result=result)
    for codes in (PLAIN, INFORMATION):
        assert codes.end(reply + behind) == len(reply)
        assert all(codes.end(reply[:cut]) is None for cut in range(len(reply)))
        assert codes.read(reply).words == result


@given(UNSOLICITED, st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30))
def test_connect_with_any_tail(lines: list[str], tail: str) -> None:
    reply = DIAL.read(said(*lines, result=f"CONNECT {tail}"))
    assert reply.code is Code.CONNECT
    assert reply.words == f"CONNECT {tail}".strip()


@given(st.binary(max_size=60))
def test_whatever_comes_behind_the_question_ends_in_our_own_error(noise: bytes) -> None:
    modem = ScriptedModem({"ATD112": noise + said(result="NO CARRIER"), "AT+CEER": said("+CEER: 8")})
    try:
        Driven().run(dial("112"), modem)
    except CallFailed as error:
        assert str(error).isprintable() and error.cause.isprintable()


@given(st.text(max_size=200))
def test_a_release_report_of_any_text_is_read(report: str) -> None:
    assert result_of(report) in (None, CallResult.CALL_BARRED, CallResult.BUSY, CallResult.NO_ANSWER)
