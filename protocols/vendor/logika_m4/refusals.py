"""What a device means by an error answer, `21 code` (logika-m4.md section 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from metering.errors import AccessDenied, MeterError, NotSupported

ERROR: Final = 0x21
NO_DATA: Final = 3

REFUSALS: Final[Mapping[int, tuple[type[MeterError], str]]] = {
    0: (NotSupported, "it does not know this request"),
    1: (AccessDenied, "it is write protected"),
    2: (NotSupported, "it does not take these parameters"),
    NO_DATA: (NotSupported, "it has no such data"),
    4: (AccessDenied, "it wants the protected exchange, since a password (PW) is set in it"),
    5: (AccessDenied, "it did not understand the protected exchange"),
}


def refusal(data: bytes) -> MeterError:
    """The error for the data of an error answer."""
    code = data[0] if data else -1
    kind, words = REFUSALS.get(code, (NotSupported, "its maker's document does not explain this code"))
    return kind(f"The meter refused with error {code}: {words}. Check model and settings of this meter.")
