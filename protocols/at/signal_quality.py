"""How well our modem hears its network: +CESQ or +CSQ, with operator, technology and cell (3GPP 27.007)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from metering.calls import CallResult
from metering.errors import CallFailed
from metering.signals import RadioTechnology, SignalReport
from protocols.at.dialogue import SLOW, asked, told
from protocols.at.refusals import ADVICE, refusal
from protocols.at.registration import served
from protocols.at.result_codes import INFORMATION, Code
from protocols.conversation import Conversation, Pause
from protocols.signal_codes import from_cesq, from_csq, technology_of

WAKING: Final = Pause(2.0)
"""A modem that was just switched on knows its level a little later."""

_CODE: Final = r" *(\d{1,3}) *"
_CSQ: Final = re.compile(rf"\+CSQ:{_CODE},{_CODE}")
_CESQ: Final = re.compile(rf"\+CESQ:{','.join([_CODE] * 6)}")
_OPERATOR: Final = re.compile(r'\+COPS: *\d *, *\d *, *"([^"]{0,64})" *(?:, *(\d{1,2}))?')


def signal() -> Conversation[SignalReport]:
    """What the modem knows now; what it does not know is absent. CallFailed when it refuses +CSQ.

    `level` is +CESQ's for GSM and UMTS. For LTE it is the RSSI of +CSQ, and `raw` then holds both.
    """
    report = yield from _level()
    place = yield from served()
    operator, technology = yield from _operator()
    return replace(
        report,
        technology=technology or place.technology or report.technology,
        registration=place.registration,
        operator=operator,
        cell=place.cell,
    )


def _level() -> Conversation[SignalReport]:
    extended = _codes(_CESQ, (yield from told("AT+CESQ")))
    report = from_cesq(*extended) if extended else None
    if report is None or report.technology is None:
        return (yield from _plain_level_when_awake())
    if report.level is not None:
        return report
    plain = _codes(_CSQ, (yield from told("AT+CSQ")))
    return _both(report, from_csq(*plain)) if plain else report


def _both(extended: SignalReport, plain: SignalReport) -> SignalReport:
    bit_errors = plain.bit_errors if extended.bit_errors is None else extended.bit_errors
    return replace(extended, raw=f"{extended.raw}; {plain.raw}", level=plain.level, bit_errors=bit_errors)


def _plain_level_when_awake() -> Conversation[SignalReport]:
    report = yield from _plain_level()
    if report.level is None:
        yield WAKING
        report = yield from _plain_level()
    return report


def _plain_level() -> Conversation[SignalReport]:
    reply = yield from asked("AT+CSQ", SLOW, INFORMATION)
    if reply.code is not Code.OK:
        raise refusal("AT+CSQ", reply)
    codes = _codes(_CSQ, reply.lines)
    if not codes:
        raise CallFailed(f"The modem answered AT+CSQ without a level. {ADVICE[CallResult.MODEM_ERROR]}")
    return from_csq(*codes)


def _operator() -> Conversation[tuple[str, RadioTechnology | None]]:
    """Format 0 and 1 name the operator, format 2 gives its number; a modem without a network names none."""
    for line in (yield from told("AT+COPS?", SLOW)):
        if said := _OPERATOR.fullmatch(line):
            return said[1].strip(), technology_of(int(said[2])) if said[2] else None
    return "", None


def _codes(pattern: re.Pattern[str], lines: Sequence[str]) -> list[int]:
    """The numbers of the last line of this kind; none where there is no such line."""
    found = [match for line in lines if (match := pattern.fullmatch(line))]
    return [int(code) for code in found[-1].groups()] if found else []
