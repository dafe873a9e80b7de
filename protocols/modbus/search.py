"""Whose meter answers on an unknown line: by its own text, or by a clock and a serial number that make sense.

Nothing is written. Every question is asked once; who keeps silent to two of them is taken for nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final, TypeVar

from metering.errors import DecodeError, ExchangeError, FrameError, MeterError, NoResponse
from metering.meters import MeterConfiguration, MeterIdentity
from protocols.conversation import Conversation, Exchange, Step
from protocols.driver import LineDefaults
from protocols.family import Found, Search
from protocols.modbus import profile
from protocols.modbus.dialogue import Dialogue
from protocols.modbus.driver import ModbusDriver
from protocols.modbus.messages import Framing, report_id
from protocols.modbus.register_map import Profile

T = TypeVar("T")

EARLIEST_YEAR, LATEST_YEAR = 2001, 2079
"""A clock beyond these is no clock; numbers that mean something else seldom look like a date between."""

NOTHING: Final = MeterConfiguration()
_REFUSALS: Final = (MeterError, DecodeError, FrameError)


def ask(address: str) -> Conversation[Found]:
    """Who answers at this address; NoResponse when nobody does, DecodeError when it is no known meter."""
    heard = False
    try:
        text = yield from _once(_report(address))
        found = yield from _by_report(address, text)
        if found:
            return found
        heard = True
    except _REFUSALS:
        heard = True
    except NoResponse:
        pass
    return (yield from _by_clock(address, heard))


def _report(address: str) -> Conversation[str]:
    data = yield from Dialogue(address, Framing.RTU, iter(range(1, 0x10000))).ask(report_id())
    return data.partition(b"\x00")[0].decode("ascii", "replace")


def _by_report(address: str, text: str) -> Conversation[Found | None]:
    for known in _known():
        if any(words in f"{text} " for words in _reports(known)):
            try:
                identity = yield from _once(ModbusDriver(known).identify(address))
            except (*_REFUSALS, NoResponse):
                identity = MeterIdentity("", known.maker, text)
            return Found(known.name, identity)
    return None


def _by_clock(address: str, heard: bool) -> Conversation[Found]:
    for known in _known():
        if _reports(known):
            continue
        try:
            identity = yield from _once(_identified(known, address))
            return Found(known.name, identity)
        except _REFUSALS:
            heard = True
        except NoResponse:
            if not heard:
                raise
    raise DecodeError(
        f"Something speaks Modbus at address {address}, but no known meter: its clock and serial number are "
        "not where the profiles have them. Name the model, or add a profile."
    )


def _identified(known: Profile, address: str) -> Conversation[MeterIdentity]:
    driver = ModbusDriver(known)
    meter_time = yield from driver.read_clock(address, NOTHING)
    identity = yield from driver.identify(address)
    if not (_is_plausible(meter_time) and identity.serial.strip("0 ") and _fits(known, identity.firmware)):
        raise DecodeError(f"What answers at address {address} is no {known.title}.")
    return identity


def _reports(known: Profile) -> tuple[str, ...]:
    return known.detection.reports if known.detection else ()


def _is_plausible(meter_time: datetime | None) -> bool:
    return meter_time is not None and EARLIEST_YEAR <= meter_time.year <= LATEST_YEAR


def _fits(known: Profile, firmware: str) -> bool:
    wanted = known.detection
    if wanted is None or not (wanted.firmware_from or wanted.firmware_before):
        return True
    own = _version(firmware)
    return own >= _version(wanted.firmware_from) and (
        not wanted.firmware_before or own < _version(wanted.firmware_before)
    )


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdecimal())


def _once(conversation: Conversation[T]) -> Conversation[T]:
    """The same conversation with every question asked one time only."""
    try:
        step = next(conversation)
        while True:
            try:
                answer = yield _single(step)
            except ExchangeError as failure:
                step = conversation.throw(failure)
            else:
                step = conversation.send(answer)
    except StopIteration as end:
        result: T = end.value
        return result


def _single(step: Step) -> Step:
    return replace(step, attempts=1) if isinstance(step, Exchange) else step


def _known() -> Iterator[Profile]:
    """Every profile that can be told; of those that are told alike the first by name."""
    told = set()
    for known in map(profile.load, profile.names()):
        signs = (known.detection, known.identity, known.clock)
        if known.detection and signs not in told:
            told.add(signs)
            yield known


SEARCH: Final = Search(
    lines=(
        LineDefaults(9600, "N", timeout=1.0),
        LineDefaults(19200, "N", timeout=1.0),
        LineDefaults(4800, "N", timeout=1.0),
        LineDefaults(2400, "N", timeout=1.0),
    ),
    addresses=("1", "2", "0"),
    ask=ask,
)
