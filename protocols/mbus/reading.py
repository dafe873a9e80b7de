"""Reading out a meter: link reset, selection, application reset, telegram after telegram (m-bus.md 3, 11).

The frame count bit is toggled only after a good answer; a repetition is the session's, byte for byte, so the
meter repeats its telegram and nothing is skipped. Addresses and clocks of meters are never written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import cycle, islice
from typing import Final

from metering.errors import LineLost, TeploError, WrongMeter
from protocols.conversation import Conversation
from protocols.mbus.addressing import Address, Secondary
from protocols.mbus.dialogue import ALL_DATA, application_reset, deselect, request, select, tolerant, wake
from protocols.mbus.frames import FCB
from protocols.mbus.records import Telegram

MOST_TELEGRAMS: Final = 20
"""The longest chain known has 19; some meters announce another telegram for ever."""


@dataclass(frozen=True, slots=True)
class ReadOut:
    """The telegrams of one read-out; `broke_off` is why the announced rest of them is missing."""

    telegrams: tuple[Telegram, ...]
    broke_off: TeploError | None = None


def read_out(
    address: Address, *, sub_code: int | None = None, most: int = MOST_TELEGRAMS
) -> Conversation[ReadOut]:
    """All telegrams of a meter, from the first; with a sub-code, those that this application reset selects.

    What was read before a chain broke off is returned. WrongMeter: two meters answer at this address.
    """
    try:
        yield from _open(address, sub_code)
        out = yield from _chain(address, most)
    except LineLost:
        raise
    except TeploError:
        yield from _close(address, sub_code)
        raise
    if not isinstance(out.broke_off, LineLost):
        yield from _close(address, sub_code)
    return out


def _open(address: Address, sub_code: int | None) -> Conversation[None]:
    if isinstance(address, Secondary):
        yield from deselect()
        yield from select(address)
    else:
        yield from wake(address.number)
    if sub_code is not None:
        yield from application_reset(address, sub_code)


def _close(address: Address, sub_code: int | None) -> Conversation[None]:
    """Leave the meter in its default state: ordinary telegrams, not selected."""
    if sub_code is not None:
        yield from tolerant(application_reset(address, ALL_DATA))
    if isinstance(address, Secondary):
        yield from deselect()


def _chain(address: Address, most: int) -> Conversation[ReadOut]:
    telegrams = [(yield from request(address, FCB))]
    for count in islice(cycle((0, FCB)), most - 1):
        if not telegrams[-1].more_follows:
            break
        try:
            telegram = yield from _request_next(address, count, telegrams[-1])
        except TeploError as error:
            return ReadOut(tuple(telegrams), error)
        if _content(telegram) == _content(telegrams[-1]):
            break
        _check_identification(telegrams[0], telegram)
        telegrams.append(telegram)
    return ReadOut(tuple(telegrams))


def _request_next(address: Address, count: int, previous: Telegram) -> Conversation[Telegram]:
    """A telegram equal to the last one, access number and all, is its late repetition: ask once more."""
    telegram = yield from request(address, count)
    return (yield from request(address, count)) if telegram == previous else telegram


def _content(telegram: Telegram) -> Telegram:
    return replace(telegram, header=replace(telegram.header, access=0))


def _check_identification(first: Telegram, other: Telegram) -> None:
    expected, heard = first.header.identification, other.header.identification
    if heard != expected:
        raise WrongMeter(
            f"Meter {expected} began the read-out, {heard} went on: two meters have this address. "
            "Give each its own primary address or read them by secondary address."
        )
