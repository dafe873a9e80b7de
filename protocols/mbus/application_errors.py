"""CI 70, 6E and 6F: the meter refuses at the application layer (m-bus.md section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from metering.errors import MeterBusy, MeterError, NotSupported

_UNSPECIFIED: Final = 0x00
_BUSY: Final[Mapping[int, str]] = {
    0x08: "the meter is too busy to answer a read-out; ask again in the next cycle",
    0x09: "too many read-outs: the meter protects its battery; poll it less often",
}
_REFUSALS: Final[Mapping[int, str]] = {
    _UNSPECIFIED: "unspecified error",
    0x01: "this CI field is not implemented",
    0x02: "the buffer is too long and was truncated",
    0x03: "too many records",
    0x04: "premature end of a record",
    0x05: "more than 10 DIFEs",
    0x06: "more than 10 VIFEs",
}


def application_error(data: bytes) -> MeterError:
    """The error that the bytes behind the header report; no byte at all means unspecified."""
    code = data[0] if data else _UNSPECIFIED
    if code in _BUSY:
        return MeterBusy(f"Application error {code:02X}: {_BUSY[code]}.")
    words = _REFUSALS.get(code, "a reserved code")
    return NotSupported(f"Application error {code:02X}: {words}; the meter cannot do what it was asked.")
