"""Signing on: the request, the identification and the speed that it announces (iec62056-21-heat.md 1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from metering.errors import ConfigurationError
from protocols.vendor.iec62056_21.characters import END_OF_LINE, is_even, with_parity, without_parity

SIGN_ON_BAUD: Final = 300
ANYBODY: Final = "0"
"""Our address for whoever is there; such a request names nobody."""

SPEEDS: Final[Mapping[str, int]] = {
    "A": 600,
    "B": 1200,
    "C": 2400,
    "D": 4800,
    "E": 9600,
    "F": 19200,
}
"""Of mode B, by the baud identification: the meter changes over by itself."""

STAY: Final = with_parity(b"\x06000" + END_OF_LINE)
"""Acknowledgement of mode C: data read-out at the speed of the sign-on."""

_IDENTIFICATION: Final = re.compile(rb"/([A-Za-z]{3})([ -~])([ -.0-~]{0,16})\r\n")
_ADDRESS: Final = re.compile(r"[0-9A-Za-z ]{1,32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Identification:
    """Who answered: three letters of the maker, the baud identification, the maker's own text."""

    maker: str
    baud: str
    text: str
    end: int

    @property
    def speed(self) -> int:
        """The speed at which a meter of mode B goes on."""
        return SPEEDS.get(self.baud, SIGN_ON_BAUD)


def request(address: str, question: str, wake: int) -> bytes:
    """`wake` NULs and the sign-on; `question` is ? or a maker's own character. ConfigurationError."""
    if _ADDRESS.fullmatch(address) is None:
        raise ConfigurationError(
            f"{address!r} is no address of IEC 62056-21: write up to 32 letters and digits, or {ANYBODY} for "
            "whoever is there."
        )
    named = "" if address == ANYBODY else address
    return bytes(wake) + with_parity(f"/{question}{named}!".encode("ascii") + END_OF_LINE)


def find_identification(buffer: bytes) -> Identification | None:
    """The first identification line whose parity is right."""
    for found in _IDENTIFICATION.finditer(without_parity(buffer)):
        if is_even(buffer[found.start() : found.end()]):
            maker, baud, text = (part.decode("ascii") for part in found.groups())
            return Identification(maker, baud, text, found.end())
    return None
