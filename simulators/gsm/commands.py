"""What a modem makes of its commands: a table of names, and the answers by the standards.

ITU-T V.250 and 3GPP 27.007. Commands that only change or tell the state are carried out here; what needs
the network or the serial port is handed back as an action.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from metering.signals import RadioTechnology
from simulators.gsm import cell
from simulators.gsm.codes import CmeError
from simulators.gsm.command_line import Command, Form, parse
from simulators.gsm.endings import Cause
from simulators.gsm.makes import Make
from simulators.gsm.radio import Radio, Stat
from simulators.gsm.settings import Settings
from simulators.gsm.sim_card import SimCard


class Verb(Enum):
    """What a modem does besides answering."""

    DIAL = auto()
    HANG_UP = auto()
    RESUME = auto()
    ANSWER = auto()
    RESTART = auto()


@dataclass(frozen=True, slots=True)
class Action:
    """`number` of a call to dial; `tell_no_answer` is the dial modifier @."""

    verb: Verb
    number: str = ""
    tell_no_answer: bool = False


@dataclass(slots=True)
class ModemState:
    """Everything that commands look at or change."""

    make: Make
    imei: str
    sim: SimCard
    radio: Radio
    sim_busy: Callable[[], bool]
    settings: Settings = field(default_factory=Settings)
    stored: Settings = field(default_factory=Settings)
    cause: Cause = Cause.NONE
    in_call: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """Information lines, then an action, a refusal, or OK when there is neither."""

    lines: tuple[str, ...] = ()
    action: Action | None = None
    refused: CmeError | None = None


Outcome = tuple[str, ...] | CmeError | Action
Handler = Callable[[ModemState, Command], Outcome]


def interpret(text: str, state: ModemState) -> Reply:
    """Carries out the commands behind AT in their order, up to the first refused one."""
    commands = parse(text)
    if commands is None:
        return Reply(refused=CmeError.PLAIN)
    lines: tuple[str, ...] = ()
    action: Action | None = None
    for command in commands:
        outcome = _carry_out(command, state)
        if isinstance(outcome, CmeError):
            return Reply(lines, None, outcome)
        if isinstance(outcome, Action):
            action = outcome
        else:
            lines += outcome
    return Reply(lines, action)


def registration_line(state: ModemState, *, stat: Stat, asked: bool) -> str:
    """The text of +CREG, asked or unasked; with the cell where the setting wants it and it is known."""
    fields = [str(state.settings.registration)] if asked else []
    fields.append(str(int(stat)))
    if state.settings.registration == 2 and stat in (Stat.HOME, Stat.ROAMING):
        heard = state.radio.cell
        fields += [f'"{heard.area}"', f'"{heard.identity}"', *_technology(state)]
    return f"+CREG: {','.join(fields)}"


def _carry_out(command: Command, state: ModemState) -> Outcome:
    handler = _handler(command.name, state.make)
    if handler is None:
        return CmeError.PLAIN
    return () if command.form is Form.TEST else handler(state, command)


def _handler(name: str, make: Make) -> Handler | None:
    if name == "+CESQ" and not make.extended_quality:
        return None
    if name == make.card_command:
        return _card
    return _set_flag if name in FLAGS else HANDLERS.get(name)


def _set_flag(state: ModemState, command: Command) -> Outcome:
    name, highest = FLAGS[command.name]
    if command.form is Form.READ:
        return (f"{command.name}: {getattr(state.settings, name)}",)
    value = _only_number(command)
    if value is None or value > highest:
        return CmeError.PLAIN
    setattr(state.settings, name, value)
    return ()


def _only_number(command: Command) -> int | None:
    numbers = command.numbers
    return numbers[0] if numbers and len(numbers) == 1 else None


def _register(state: ModemState, command: Command) -> Outcome:
    numbers = command.numbers
    if numbers is None or max(numbers) > 255:
        return CmeError.PLAIN
    if command.form is Form.READ:
        return (f"{state.settings.registers.get(numbers[0], 0):03d}",)
    state.settings.registers[numbers[0]] = numbers[1]
    return ()


def _restore(state: ModemState, command: Command) -> Outcome:
    state.settings = copy.deepcopy(state.stored)
    return Action(Verb.HANG_UP) if state.in_call else ()


def _factory(state: ModemState, command: Command) -> Outcome:
    state.settings = Settings()
    return ()


def _store(state: ModemState, command: Command) -> Outcome:
    state.stored = copy.deepcopy(state.settings)
    return ()


def _information(state: ModemState, command: Command) -> Outcome:
    return (state.make.manufacturer, state.make.model, state.make.revision)


def _hang_up(state: ModemState, command: Command) -> Outcome:
    return Action(Verb.HANG_UP) if state.in_call else ()


def _dial(state: ModemState, command: Command) -> Outcome:
    """Voice calls end with a semicolon and are not for this modem; T and P choose a way of dialling."""
    if state.sim.refusal is not None:
        return state.sim.refusal
    dialled = DIALLED.fullmatch(command.arguments[0])
    if state.in_call or dialled is None:
        return CmeError.NOT_ALLOWED
    return Action(Verb.DIAL, dialled["number"], state.make.tells_no_answer or bool(dialled["wait"]))


def _pin(state: ModemState, command: Command) -> Outcome:
    if state.sim_busy():
        return CmeError.SIM_BUSY
    refusal = state.sim.refusal
    if command.form is not Form.SET:
        return _pin_state(refusal)
    if refusal is CmeError.PIN_REQUIRED and len(command.arguments) == 1:
        refused = state.sim.enter(command.arguments[0])
    elif refusal is CmeError.PUK_REQUIRED and len(command.arguments) == 2:
        refused = state.sim.unblock(*command.arguments)
    else:
        return refusal or CmeError.NOT_ALLOWED
    if refused is None:
        state.radio.search()
    return () if refused is None else refused


def _pin_state(refusal: CmeError | None) -> Outcome:
    wanted = {None: "READY", CmeError.PIN_REQUIRED: "SIM PIN", CmeError.PUK_REQUIRED: "SIM PUK"}
    return (f"+CPIN: {wanted[refusal]}",) if refusal in wanted else refusal or CmeError.SIM_FAILURE


def _of_the_sim(state: ModemState, tell: Callable[[SimCard], str]) -> Outcome:
    if state.sim_busy():
        return CmeError.SIM_BUSY
    return state.sim.refusal or (tell(state.sim),)


def _card(state: ModemState, command: Command) -> Outcome:
    return _of_the_sim(state, lambda sim: state.make.card_answer.format(iccid=sim.iccid))


def _subscriber(state: ModemState, command: Command) -> Outcome:
    return _of_the_sim(state, lambda sim: sim.imsi)


def _registration(state: ModemState, command: Command) -> Outcome:
    if command.form is Form.READ:
        return (registration_line(state, stat=state.radio.stat, asked=True),)
    mode = _only_number(command)
    if mode is None or mode > 2:
        return CmeError.PLAIN
    state.settings.registration = mode
    return ()


def _operator(state: ModemState, command: Command) -> Outcome:
    if command.form is not Form.READ:
        return CmeError.NOT_SUPPORTED
    if not state.radio.served:
        return ("+COPS: 0",)
    return (",".join((f'+COPS: 0,0,"{state.radio.cell.operator}"', *_technology(state))),)


def _technology(state: ModemState) -> tuple[str, ...]:
    return (str(TECHNOLOGIES[state.radio.cell.technology]),) if state.make.tells_technology else ()


def _quality(state: ModemState, command: Command) -> Outcome:
    level = state.radio.level
    errors = cell.bit_errors(level) if state.in_call else cell.UNKNOWN
    return (f"+CSQ: {cell.csq(level)},{errors}",)


def _extended_quality(state: ModemState, command: Command) -> Outcome:
    fields = cell.cesq(state.radio.level, state.radio.cell.technology)
    return (f"+CESQ: {','.join(map(str, fields))}",)


def _bearer(state: ModemState, command: Command) -> Outcome:
    if command.form is Form.READ:
        return (f"+CBST: {','.join(map(str, state.settings.bearer))}",)
    numbers = command.numbers
    if numbers is None or len(numbers) != 3:
        return CmeError.PLAIN
    speed, name, error_correction = numbers
    known = speed in SPEEDS and name == 0 and error_correction <= 3
    if not known or (state.make.bearers is not None and numbers not in state.make.bearers):
        return CmeError.NOT_SUPPORTED
    state.settings.bearer = numbers
    return ()


def _last_cause(state: ModemState, command: Command) -> Outcome:
    return (state.make.cause.format(number=state.cause.number, text=state.cause.words),)


def _activity(state: ModemState, command: Command) -> Outcome:
    return (f"+CPAS: {4 if state.in_call else 0}",)


def _functionality(state: ModemState, command: Command) -> Outcome:
    if command.form is Form.READ:
        return (f"+CFUN: {state.radio.functionality}",)
    numbers = command.numbers
    if numbers == (1, 1):
        return Action(Verb.RESTART)
    if not numbers or numbers[0] not in (0, 1, 4) or numbers[1:] not in ((), (0,)):
        return CmeError.PLAIN
    state.radio.switch(numbers[0])
    return ()


FLAGS: Final[Mapping[str, tuple[str, int]]] = {
    "E": ("echo", 1),
    "V": ("verbose", 1),
    "Q": ("quiet", 1),
    "X": ("extended", 4),
    "&D": ("terminal_ready", 2),
    "+CMEE": ("errors", 2),
    "+CR": ("service_report", 1),
}
"""Commands that set one number: which, and the highest it may be."""
TAKEN: Final = ("&C", "&S", "&K", "\\Q", "+IPR", "+ICF", "+IFC", "+CRC", "+CMGF", "+CNMI", "+CSCS", "+CNUM")
"""Commands without any effect here: they are answered with OK."""
DIALLED: Final = re.compile(r"[TP]?(?P<number>\+?\d+)(?P<wait>@?)", re.I)
SPEEDS: Final = frozenset({0, 1, 2, 3, 4, 5, 6, 7, 12, 14, 65, 66, 68, 70, 71, 75})
TECHNOLOGIES: Final[Mapping[RadioTechnology, int]] = {
    RadioTechnology.GSM: 0,
    RadioTechnology.UMTS: 2,
    RadioTechnology.LTE: 7,
    RadioTechnology.NB_IOT: 9,
    RadioTechnology.NR: 11,
}
"""The AcT of 3GPP 27.007, 7.3."""
HANDLERS: Final[Mapping[str, Handler]] = {
    **dict.fromkeys(TAKEN, lambda state, command: ()),
    "A": lambda state, command: Action(Verb.ANSWER),
    "D": _dial,
    "H": _hang_up,
    "I": _information,
    "O": lambda state, command: Action(Verb.RESUME) if state.in_call else CmeError.NOT_ALLOWED,
    "S": _register,
    "Z": _restore,
    "&F": _factory,
    "&W": _store,
    "+CBST": _bearer,
    "+CEER": _last_cause,
    "+CESQ": _extended_quality,
    "+CFUN": _functionality,
    "+CGMI": lambda state, command: (state.make.manufacturer,),
    "+CGMM": lambda state, command: (state.make.model,),
    "+CGMR": lambda state, command: (state.make.revision,),
    "+CGSN": lambda state, command: (state.imei,),
    "+CHUP": _hang_up,
    "+CIMI": _subscriber,
    "+COPS": _operator,
    "+CPAS": _activity,
    "+CPIN": _pin,
    "+CREG": _registration,
    "+CSQ": _quality,
    "+GMI": lambda state, command: (state.make.manufacturer,),
    "+GMM": lambda state, command: (state.make.model,),
    "+GMR": lambda state, command: (state.make.revision,),
    "+GSN": lambda state, command: (state.imei,),
}
