"""Two makes of modems as tables of habits: both keep to the standard and differ wherever it lets them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Make:
    """`bearers` None means that +CBST takes any asynchronous one; formats are filled in by name."""

    name: str
    manufacturer: str
    model: str
    revision: str
    started: tuple[str, ...]
    """What it says unasked once it has booted."""
    card_command: str
    card_answer: str
    """Filled in with `iccid`."""
    connect: str
    """What it says with CONNECT unless X0 forbids it."""
    cause: str
    """The answer to +CEER, filled in with `number` and `text`."""
    bearers: frozenset[tuple[int, ...]] | None
    extended_quality: bool
    """Whether it has +CESQ."""
    tells_technology: bool
    """Whether +COPS and +CREG end with the access technology."""
    tells_no_answer: bool
    """Whether an unanswered call is NO ANSWER without the dial modifier @ as well."""


CINTERION: Final = Make(
    name="cinterion",
    manufacturer="Cinterion",
    model="BGS2-W",
    revision="REVISION 02.000",
    started=("^SYSSTART",),
    card_command="^SCID",
    card_answer="^SCID: {iccid}",
    connect="CONNECT 9600/RLP",
    cause='+CEER: "{text}"',
    bearers=frozenset({(71, 0, 1)}),
    extended_quality=False,
    tells_technology=False,
    tells_no_answer=False,
)
SIMCOM: Final = Make(
    name="simcom",
    manufacturer="SIMCOM_Ltd",
    model="SIM800",
    revision="Revision:1418B05SIM800L24",
    started=("RDY", "+CFUN: 1"),
    card_command="+CCID",
    card_answer="{iccid}",
    connect="CONNECT 9600",
    cause="+CEER: {number},{text}",
    bearers=None,
    extended_quality=True,
    tells_technology=True,
    tells_no_answer=True,
)
MAKES: Final[Mapping[str, Make]] = {make.name: make for make in (CINTERION, SIMCOM)}
