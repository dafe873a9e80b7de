"""Changing the baud rate of a meter and of the line together (m-bus.md section 3.5)."""

from __future__ import annotations

from typing import Final

from metering.errors import ConfigurationError
from protocols.conversation import Conversation, Exchange, Retune
from protocols.mbus.addressing import Address
from protocols.mbus.dialogue import acknowledged, link_number, wake
from protocols.mbus.frames import SND_UD, LongFrame

BAUD_CODES: Final = {
    300: 0xB8,
    600: 0xB9,
    1200: 0xBA,
    2400: 0xBB,
    4800: 0xBC,
    9600: 0xBD,
    19200: 0xBE,
    38400: 0xBF,
}
"""The CI field that asks for the rate."""


def switch_baud(address: Address, present: int, wanted: int) -> Conversation[bool]:
    """Whether the meter answers at the wanted rate; if not, the line is back at the present one.

    A meter that hears nothing valid at the new rate falls back by itself, after half a minute to ten minutes.
    NotSupported: the link cannot change its rate; the meter was not asked then.
    """
    if wanted not in BAUD_CODES:
        raise ConfigurationError(f"{wanted} baud is not an M-Bus rate: {', '.join(map(str, BAUD_CODES))}.")
    yield Retune(present)  # a link that cannot do so must refuse before the meter has changed over
    code = bytes((BAUD_CODES[wanted],))
    yield Exchange(LongFrame(SND_UD, link_number(address), code).encode(), acknowledged)
    yield Retune(wanted)
    heard = yield from wake(link_number(address))
    if not heard:
        yield Retune(present)
    return heard
