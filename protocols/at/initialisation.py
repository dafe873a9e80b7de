"""Bringing a modem of our own into a known state, whatever its profile says."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from metering.errors import CallFailed, ConfigurationError
from metering.modems import ModemIdentity
from protocols.at.dialogue import accepted, command
from protocols.at.identification import identify
from protocols.at.sim_card import unlock
from protocols.conversation import Conversation

V110: Final = "71,0,1"
"""9600 bit/s to a digital modem, asynchronous, with error correction."""
V32: Final = "7,0,1"
"""The same to an analogue modem; makes without V.110 call both by this number."""

WISHES: Final = ("AT&C1&D2", "ATS0=0", "ATS7=60")
"""Carrier on DCD, hang up when DTR drops, never answer a call, a minute to connect."""


@dataclass(frozen=True, slots=True)
class ModemSettings:
    """`pin`: 4 to 8 digits, "" where the SIM card has none. ConfigurationError for anything else.

    `bearer`: the parameters of AT+CBST; "" leaves the bearer alone, for modems that make no data calls.
    """

    pin: str = field(default="", repr=False)
    bearer: str = V110

    def __post_init__(self) -> None:
        if not re.fullmatch(r"(?:[0-9]{4,8})?", self.pin):
            raise ConfigurationError(
                "A SIM card's PIN has 4 to 8 digits and nothing else: correct the setting."
            )
        if not re.fullmatch(r"(?:[0-9]{1,3},[0-9],[0-9])?", self.bearer):
            raise ConfigurationError(
                f"The bearer {self.bearer!r} is not three numbers like {V110}: correct the modem's setting."
            )


def initialise(settings: ModemSettings) -> Conversation[ModemIdentity]:
    """Known state, open SIM card, bearer; says who the modem is. A silent modem is for `probe` first.

    CallFailed: SIM_MISSING, SIM_LOCKED, MODEM_SILENT, or MODEM_ERROR where codes or bearer are refused.
    """
    yield from accepted("ATZ")
    yield from command("ATE0V1Q0X4")
    yield from accepted("AT+CMEE=1")
    yield from unlock(settings.pin)
    yield from _set_bearer(settings.bearer)
    for wish in WISHES:
        yield from accepted(wish)
    return (yield from identify())


def _set_bearer(bearer: str) -> Conversation[None]:
    """The one asked for; where the make lacks it, the other spelling of 9600 bit/s."""
    if not bearer:
        return
    for parameters in (bearer, V32 if bearer != V32 else V110):
        if (yield from accepted(f"AT+CBST={parameters}")):
            return
    raise CallFailed(
        f"The modem refused the bearer {bearer} and the other one for 9600 bit/s: it makes no data calls "
        "(CSD), as many LTE modems. Use a GSM modem that makes them, or set the bearer that its manual names."
    )
