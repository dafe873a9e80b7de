"""The address text of a meter on an M-Bus line: primary `5`, or secondary `12345678:KAM:08:04` (section 3.3).

A secondary address is identification, manufacturer, version and medium. In the identification `F` stands
for any digit; the other parts may be left out or empty for "any"; version and medium are hexadecimal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from metering.errors import ConfigurationError
from protocols.mbus.headers import manufacturer_code

SELECTED: Final = 253
"""Whoever was selected by its secondary address answers here."""
ANYBODY: Final = 254
"""Everybody answers here: for a single meter on the line."""
ANY: Final = "F"
"""Instead of a digit of the identification."""
ANY_MANUFACTURER: Final = 0xFFFF
ANY_BYTE: Final = 0xFF

_PARTS: Final = ("identification", "manufacturer", "version", "medium")
_PRIMARY: Final = re.compile(r"\d{1,3}")
_SECONDARY: Final = re.compile(
    r"(?P<identification>[0-9A-F]{8})(:(?P<manufacturer>[A-Z]{3})?(:(?P<version>[0-9A-F]{2})?(:(?P<medium>[0-9A-F]{2})?)?)?)?"
)


@dataclass(frozen=True, slots=True)
class Primary:
    """A meter known by its primary address: 0..250, or 254 for the only meter of a line."""

    number: int

    def __str__(self) -> str:
        return str(self.number)


@dataclass(frozen=True, slots=True)
class Secondary:
    """A meter known by what it says of itself; None is a wildcard, so is `F` in the identification."""

    identification: str
    manufacturer: str | None = None
    version: int | None = None
    medium: int | None = None

    def __str__(self) -> str:
        version = "" if self.version is None else f"{self.version:02X}"
        medium = "" if self.medium is None else f"{self.medium:02X}"
        return ":".join((self.identification, self.manufacturer or "", version, medium)).rstrip(":")

    def encode(self) -> bytes:
        """The eight bytes of a selection (CI 52)."""
        digits = bytes.fromhex(self.identification)[::-1]
        maker = ANY_MANUFACTURER if self.manufacturer is None else manufacturer_code(self.manufacturer)
        rest = (ANY_BYTE if part is None else part for part in (self.version, self.medium))
        return digits + maker.to_bytes(2, "little") + bytes(rest)

    def covers(self, identification: str) -> bool:
        """Whether a meter of this identification number matches, digit by digit."""
        pairs = zip_longest(self.identification, identification)
        return all(wanted in (ANY, digit) for wanted, digit in pairs)


Address = Primary | Secondary


def parse(text: str) -> Address:
    """The address that an operator wrote; ConfigurationError when it cannot be one."""
    written = text.strip().upper()
    if _PRIMARY.fullmatch(written):
        return _primary(int(written))
    parts = _SECONDARY.fullmatch(written)
    if parts is None:
        raise ConfigurationError(
            f"{text!r} is not an M-Bus address: write a primary (5) or a secondary one (12345678:KAM:08:04)."
        )
    identification, manufacturer, version, medium = parts.group(*_PARTS)
    return Secondary(identification, manufacturer, _hex(version), _hex(medium))


def _primary(number: int) -> Primary:
    if number <= 250 or number == ANYBODY:
        return Primary(number)
    raise ConfigurationError(f"Primary address {number}: a meter has 0..250, or 254 when alone on the line.")


def _hex(digits: str | None) -> int | None:
    return None if digits is None else int(digits, 16)
