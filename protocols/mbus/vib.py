"""The value information block of a record: VIF, plain-text unit, VIFEs (m-bus.md sections 7 and 8.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from metering.errors import DecodeError
from protocols.mbus import vife
from protocols.mbus.dif import EXTENSION, MOST_EXTENSIONS, extensions_end
from protocols.mbus.vif import (
    EXTENSION_FB,
    EXTENSION_FD,
    EXTENSION_FD_FD,
    MANUFACTURER_SPECIFIC,
    PRIMARY,
    RESERVED,
    Meaning,
    plain_text,
)
from protocols.mbus.vife import ValueInformation

_CODE: Final = 0x7F
_PLAIN_TEXT: Final = 0x7C
_MANUFACTURER: Final = 0x7F
_TABLES: Final[Mapping[int, Mapping[int, Meaning]]] = {
    0xEF: {},
    0xFB: EXTENSION_FB,
    0xFD: EXTENSION_FD,
}
"""The tables that a first byte leads to; of the one behind EF every code is reserved."""


BareVifs = Mapping[int, int]
"""VIFs that a maker sends with their extension bit set and no VIFE behind, and the VIFs that they mean."""
NO_BARE_VIFS: Final[BareVifs] = {}


def parse(octets: bytes, start: int, bare: BareVifs = NO_BARE_VIFS) -> tuple[ValueInformation, int]:
    """What the VIF at `start` and its VIFEs say, and where the record's data begin."""
    if start >= len(octets):
        raise DecodeError(f"The telegram ends where a VIF should stand, at byte {start}.")
    if octets[start] in bare:
        return _listed(bytes((bare[octets[start]],))), start + 1
    if octets[start] & _CODE == _PLAIN_TEXT:
        return _spelled_out(octets, start)
    end = extensions_end(octets, start, "VIF")
    return _listed(octets[start:end]), end


def _listed(block: bytes) -> ValueInformation:
    if block[0] & _CODE == _MANUFACTURER:
        return vife.makers_own(ValueInformation(MANUFACTURER_SPECIFIC), block[1:])
    table, position = _table(block)
    meaning = table.get(block[position] & _CODE, RESERVED)
    return vife.combine(ValueInformation(meaning), block[position + 1 :])


def _table(block: bytes) -> tuple[Mapping[int, Meaning], int]:
    """The table of a block's quantity, and where the code for that table stands."""
    if block[0] not in _TABLES:
        return PRIMARY, 0
    return (EXTENSION_FD_FD, 2) if block[:2] == b"\xfd\xfd" else (_TABLES[block[0]], 1)


def _spelled_out(octets: bytes, start: int) -> tuple[ValueInformation, int]:
    text, end = _text(octets, start + 1)
    value = ValueInformation(plain_text(text))
    if not octets[start] & EXTENSION:
        return value, end
    vifes_end = extensions_end(octets, end, "VIF", MOST_EXTENSIONS)
    return vife.combine(value, octets[end:vifes_end]), vifes_end


def _text(octets: bytes, start: int) -> tuple[str, int]:
    """A length byte and so many characters, the last one first."""
    if start >= len(octets) or start + 1 + octets[start] > len(octets):
        raise DecodeError(f"The telegram ends inside the plain-text unit at byte {start}.")
    end = start + 1 + octets[start]
    return octets[start + 1 : end][::-1].decode("latin-1"), end
