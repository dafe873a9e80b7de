"""What simulated modems of both makes answer; the ids name the sections of the modem reference."""

from __future__ import annotations

import pytest

from metering.signals import RadioTechnology
from simulators.gsm import identities
from simulators.gsm.cell import Cell
from simulators.gsm.codes import CmeError
from simulators.gsm.command_line import Command, Form, LineEditor, body, parse
from simulators.gsm.commands import Action, ModemState, Reply, Verb, interpret
from simulators.gsm.endings import Cause
from simulators.gsm.makes import CINTERION, MAKES, SIMCOM, Make
from simulators.gsm.radio import Radio, Stat
from simulators.gsm.sim_card import SimCard

CELL = Cell(mean=-75.0, fading=0.0, operator="Steppe Mobile", area="01A7", identity="2C3F")
OK = Reply()
ERROR = Reply(refused=CmeError.PLAIN)


def modem(make: Make = CINTERION, *, pin: str = "", cell: Cell = CELL) -> ModemState:
    sim = SimCard(identities.iccid(1), identities.imsi(1), pin=pin, puk="87654321")
    radio = Radio(cell, sim, lambda: 100.0, lambda: 30.0)
    return ModemState(make, identities.imei(1), sim, radio, lambda: False)


def luhn(digits: str) -> bool:
    doubled = [int(digit) * factor for digit, factor in zip(reversed(digits), [1, 2] * 10, strict=False)]
    return sum(sum(divmod(value, 10)) for value in doubled) % 10 == 0


BOTH = [pytest.param(make, id=make.name) for make in MAKES.values()]
ANSWERS = [
    pytest.param(CINTERION, "+CSQ", "+CSQ: 19,99", id="3.1 -75 dBm is 19; bit errors unknown while idle"),
    pytest.param(SIMCOM, "+CESQ", "+CESQ: 36,99,255,255,255,255", id="3.2 -75 dBm is bin -111+36"),
    pytest.param(CINTERION, "+CREG?", "+CREG: 0,1", id="3.4 registered at home"),
    pytest.param(CINTERION, "+CREG=2;+CREG?", '+CREG: 2,1,"01A7","2C3F"', id="3.4 with the cell"),
    pytest.param(SIMCOM, "+CREG=2;+CREG?", '+CREG: 2,1,"01A7","2C3F",0', id="3.4 with cell and AcT"),
    pytest.param(CINTERION, "+COPS?", '+COPS: 0,0,"Steppe Mobile"', id="2 operator"),
    pytest.param(SIMCOM, "+COPS?", '+COPS: 0,0,"Steppe Mobile",0', id="2 operator and AcT"),
    pytest.param(CINTERION, "+CPIN?", "+CPIN: READY", id="2 a SIM without PIN"),
    pytest.param(CINTERION, "+CPAS", "+CPAS: 0", id="4.2 ready"),
    pytest.param(CINTERION, "+CBST?", "+CBST: 71,0,1", id="4.1 bearer"),
    pytest.param(CINTERION, "+CFUN?", "+CFUN: 1", id="1 full functionality"),
    pytest.param(CINTERION, "+CMEE=2;+CMEE?", "+CMEE: 2", id="6 extended errors"),
    pytest.param(CINTERION, "S7=45S7?", "045", id="1 S registers"),
    pytest.param(SIMCOM, "S12?", "050", id="1 guard time of one second"),
    pytest.param(CINTERION, "+CGMI", "Cinterion", id="1 maker"),
    pytest.param(SIMCOM, "+CGMM", "SIM800", id="1 model"),
]
TAKEN = [
    pytest.param("", id="1 AT alone"),
    pytest.param("E0V1Q0X4", id="2 settings"),
    pytest.param("E0 V1 Q0 X4", id="1 blanks count for nothing"),
    pytest.param("e0v1", id="1 small letters"),
    pytest.param("&C1&D2S0=0S7=60", id="2 line control"),
    pytest.param("Z", id="1 restore"),
    pytest.param("Z0", id="1 restore profile 0"),
    pytest.param("&F", id="1 factory"),
    pytest.param("&W", id="1 save"),
    pytest.param("H", id="4.2 nothing to hang up"),
    pytest.param("+CBST=71,0,1", id="4.1 V.110 non-transparent"),
    pytest.param("+CBST=?", id="4.1 which bearers"),
    pytest.param("+CRC=1", id="2 typed ring"),
    pytest.param("+CR=1", id="4.1 service report"),
    pytest.param("+CREG=0", id="3.4 no announcements"),
    pytest.param("+CNUM", id="2 own numbers are often empty"),
    pytest.param("+IPR=115200", id="1 local speed"),
]
REFUSED = [
    pytest.param(CINTERION, "+CWRONG", CmeError.PLAIN, id="1 unknown command"),
    pytest.param(CINTERION, "+CESQ", CmeError.PLAIN, id="3.2 not every make has it"),
    pytest.param(CINTERION, "+CCID", CmeError.PLAIN, id="2 the name depends on the vendor"),
    pytest.param(SIMCOM, "^SCID", CmeError.PLAIN, id="2 the name depends on the vendor"),
    pytest.param(CINTERION, "+CBST=7,0,1", CmeError.NOT_SUPPORTED, id="4.1 one bearer only"),
    pytest.param(SIMCOM, "+CBST=71,0,9", CmeError.NOT_SUPPORTED, id="4.1 ce is 0 to 3"),
    pytest.param(SIMCOM, "+CBST=71,0", CmeError.PLAIN, id="4.1 three numbers"),
    pytest.param(CINTERION, "X5", CmeError.PLAIN, id="1 X0 to X4"),
    pytest.param(CINTERION, "+CMEE=3", CmeError.PLAIN, id="6 0 to 2"),
    pytest.param(CINTERION, "S0=256", CmeError.PLAIN, id="1 a register holds a byte"),
    pytest.param(CINTERION, "O", CmeError.NOT_ALLOWED, id="4.2 no call to resume"),
    pytest.param(CINTERION, "D", CmeError.NOT_ALLOWED, id="4.2 no number"),
    pytest.param(CINTERION, "D+77015550001;", CmeError.NOT_ALLOWED, id="4.2 a semicolon is a voice call"),
    pytest.param(CINTERION, '+CPIN="1234"', CmeError.NOT_ALLOWED, id="2 no PIN is wanted"),
    pytest.param(CINTERION, "+", CmeError.PLAIN, id="1 syntax"),
    pytest.param(CINTERION, "E0" * 300, CmeError.PLAIN, id="1 longer than 560 characters"),
]


@pytest.mark.parametrize(("make", "text", "line"), ANSWERS)
def test_a_question_is_answered(make: Make, text: str, line: str) -> None:
    assert interpret(text, modem(make)) == Reply((line,))


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize("text", TAKEN)
def test_a_command_is_carried_out(make: Make, text: str) -> None:
    assert interpret(text, modem(make)) == OK


@pytest.mark.parametrize(("make", "text", "error"), REFUSED)
def test_a_command_is_refused(make: Make, text: str, error: CmeError) -> None:
    assert interpret(text, modem(make)).refused is error


@pytest.mark.parametrize("make", BOTH)
def test_the_numbers_of_modem_and_sim_have_their_form(make: Make) -> None:
    """2: 15 digits with Luhn's check digit; 15 digits; 19 or 20 digits that begin with 89."""
    state = modem(make)
    (imei,), (imsi,) = interpret("+CGSN", state).lines, interpret("+CIMI", state).lines
    (card,) = interpret(make.card_command, state).lines
    iccid = card.removeprefix("^SCID: ")
    assert len(imei) == len(imsi) == 15
    assert luhn(imei) and luhn(iccid)
    assert len(iccid) in (19, 20) and iccid.startswith("89")


def test_the_tests_own_check_digit_is_right() -> None:
    """A number from outside: the example IMEI of 3GPP 23.003 users, and one digit off."""
    assert luhn("490154203237518")
    assert not luhn("490154203237519")


@pytest.mark.parametrize(
    ("text", "number", "tells"),
    [
        pytest.param("D+77015550001", "+77015550001", False, id="4.2 international"),
        pytest.param("DT87015550001", "87015550001", False, id="4.2 tone"),
        pytest.param("dp87015550001", "87015550001", False, id="4.2 pulse"),
        pytest.param("D+77015550001@", "+77015550001", True, id="1 the dial modifier @ gives NO ANSWER"),
    ],
)
def test_a_number_is_dialled(text: str, number: str, tells: bool) -> None:
    assert interpret(text, modem()).action == Action(Verb.DIAL, number, tells)


@pytest.mark.parametrize(
    ("cell", "stat"),
    [
        pytest.param(Cell(roaming=True), Stat.ROAMING, id="3.4 roaming is 5"),
        pytest.param(Cell(outage=1.0), Stat.SEARCHING, id="3.4 searching is 2"),
    ],
)
def test_registration_follows_the_cell(cell: Cell, stat: int) -> None:
    assert interpret("+CREG?", modem(cell=cell)).lines == (f"+CREG: 0,{stat:d}",)


def test_without_a_cell_there_is_no_level_and_no_operator() -> None:
    state = modem(SIMCOM, cell=Cell(outage=1.0))
    assert interpret("+CSQ;+COPS?", state).lines == ("+CSQ: 99,99", "+COPS: 0")


def test_an_lte_modem_says_so() -> None:
    state = modem(SIMCOM, cell=Cell(technology=RadioTechnology.LTE))
    assert interpret("+COPS?", state).lines == ('+COPS: 0,0,"Steppe Mobile",7',)


def test_bit_errors_are_known_in_a_call() -> None:
    state = modem()
    state.in_call = True
    assert interpret("+CSQ;+CPAS", state).lines == ("+CSQ: 19,0", "+CPAS: 4")


def test_the_rest_of_a_line_falls_with_its_first_refused_command() -> None:
    state = modem()
    assert interpret("E0+CWRONG;V0", state) == ERROR
    assert (state.settings.echo, state.settings.verbose) == (0, 1)


def test_a_profile_is_stored_and_restored() -> None:
    state = modem()
    for text in ("E0S7=33&W", "E1S7=90Z"):
        interpret(text, state)
    assert (state.settings.echo, state.settings.registers[7]) == (0, 33)
    interpret("&F", state)
    assert (state.settings.echo, state.settings.registers[7]) == (1, 60)


def test_without_a_sim_only_the_modem_answers() -> None:
    state = modem()
    state.sim.inserted = False
    for text in ("+CPIN?", "+CIMI", "^SCID", "D123"):
        assert interpret(text, state).refused is CmeError.SIM_NOT_INSERTED
    assert interpret("+CREG?", state).lines == ("+CREG: 0,0",)
    assert interpret("+CGSN", state).refused is None


def test_the_right_pin_unlocks_and_begins_the_search() -> None:
    state = modem(pin="4321")
    assert interpret("+CPIN?", state).lines == ("+CPIN: SIM PIN",)
    assert interpret("+CIMI", state).refused is CmeError.PIN_REQUIRED
    assert interpret('+CPIN="4321"', state) == OK
    assert interpret("+CPIN?;+CREG?", state).lines == ("+CPIN: READY", "+CREG: 0,2")


def test_three_wrong_pins_want_the_puk_and_ten_wrong_puks_end_the_sim() -> None:
    state = modem(pin="4321")
    refusals = [interpret('+CPIN="0000"', state).refused for _ in range(3)]
    assert refusals == [CmeError.INCORRECT_PASSWORD] * 2 + [CmeError.PUK_REQUIRED]
    assert interpret("+CPIN?", state).lines == ("+CPIN: SIM PUK",)
    assert interpret('+CPIN="4321"', state).refused is CmeError.PUK_REQUIRED
    assert interpret('+CPIN="87654321","1111"', state) == OK
    for _ in range(3):
        state.sim.restart()
        interpret('+CPIN="0000"', state)
    for _ in range(10):
        last = interpret('+CPIN="00000000","1111"', state).refused
    assert last is CmeError.SIM_FAILURE
    assert interpret("+CPIN?", state).refused is CmeError.SIM_FAILURE


def test_a_busy_sim_says_so() -> None:
    state = modem()
    state.sim_busy = lambda: True
    assert interpret("+CPIN?", state).refused is CmeError.SIM_BUSY


def test_the_last_cause_is_told_in_the_makes_own_way() -> None:
    told: list[str] = []
    for make in (CINTERION, SIMCOM):
        state = modem(make)
        state.cause = Cause.USER_BUSY
        told += interpret("+CEER", state).lines
    assert told == ['+CEER: "User busy"', "+CEER: 17,User busy"]


def test_radio_off_is_not_registered_and_back_on_searches() -> None:
    state = modem()
    assert interpret("+CFUN=4;+CREG?;+CSQ", state).lines == ("+CREG: 0,0", "+CSQ: 99,99")
    assert interpret("+CFUN=1;+CREG?", state).lines == ("+CREG: 0,2",)
    assert interpret("+CFUN=1,1", state).action == Action(Verb.RESTART)
    assert interpret("+CFUN=9", state) == ERROR


def test_a_line_is_taken_apart() -> None:
    assert parse('E0&C1S0=0+CPIN="1234";^SCID;+CREG?') == (
        Command("E", Form.SET, ("0",)),
        Command("&C", Form.SET, ("1",)),
        Command("S", Form.SET, ("0", "0")),
        Command("+CPIN", Form.SET, ("1234",)),
        Command("^SCID"),
        Command("+CREG", Form.READ),
    )


@pytest.mark.parametrize(
    ("line", "text"), [("AT", ""), ("atE0", "E0"), ("xxAT+CSQ", "+CSQ"), ("T+CSQ", None), ("", None)]
)
def test_a_line_without_at_is_nobodys(line: str, text: str | None) -> None:
    assert body(line) == text


def test_an_editor_takes_characters_one_by_one_and_rubs_out() -> None:
    editor = LineEditor()
    for octet in b"ATX\x08E0":
        assert editor.feed(bytes([octet])) == (bytes([octet]), None, b"")
    assert editor.feed(b"\rAT\r") == (b"\r", "ATE0", b"AT\r")


def test_an_endless_line_takes_no_endless_memory() -> None:
    editor = LineEditor()
    editor.feed(b"A" * 100_000)
    _, line, _ = editor.feed(b"\r")
    assert line is not None and len(line) < 600
