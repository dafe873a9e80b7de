"""Wireless M-Bus telegrams as receivers deliver them: hex text, format A without CRCs (mqtt-wmbus.md 3).

L C M M A A A A V T CI ...      L counts the bytes behind it
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from metering.errors import AccessDenied, DecodeError
from metering.meters import MeterIdentity
from protocols.mbus import headers, records
from protocols.push import telegrams
from protocols.push.pushed import Message, Pushed

LARGEST: Final = 256
_LONGEST_TEXT: Final = 4 * LARGEST
_LINK_HEADER: Final = 10
_CONTROLS: Final = (0x44, 0x46, 0x08)
"""SND_NR, SND_IR, RSP_UD: what a meter sends of its own accord, at its installation, and when it is asked."""
_EXTENDED_LINK: Final = 0x8C
_EXTENDED_LINK_SIZE: Final = 3
"""CI 8C, communication control and access number."""
_SHORT, _LONG, _NONE = 0x7A, 0x72, 0x78
_MODES: Final[Mapping[int, str]] = {5: "AES-128 CBC", 7: "AES-128 CBC with derived keys", 13: "TLS"}


def decode(message: Message) -> Pushed | None:
    """One telegram, at the time at which it came to us: it tells none of its own.

    None for a retained one, whose age nobody knows. AccessDenied when it is encrypted.
    """
    if message.retained:
        return None
    octets = _octets(message.payload)
    identity, payload = split(octets)
    _check_plain(records.read_header(payload).signature, identity.serial)
    telegram = records.decode(payload)
    current, levels = telegrams.values(telegram, identity)
    return Pushed(identity.serial, message.received_at, octets.hex(), current, levels, identity)


def split(octets: bytes) -> tuple[MeterIdentity, bytes]:
    """Who sends, and the payload that begins with its CI; DecodeError when it is no such telegram."""
    if len(octets) <= _LINK_HEADER or octets[0] != len(octets) - 1:
        raise DecodeError(
            f"A telegram of {len(octets)} bytes is cut, lacks its first byte or "
            "still has its CRCs: let the receiver remove them."
        )
    if octets[1] not in _CONTROLS:
        raise DecodeError(f"C field {octets[1]:02X} is not that of a meter's telegram.")
    payload = octets[_LINK_HEADER:]
    if payload[0] == _EXTENDED_LINK:
        payload = payload[_EXTENDED_LINK_SIZE:]
    if not payload or payload[0] not in (_SHORT, _LONG, _NONE):
        raise DecodeError(f"CI {payload[:1].hex().upper()} is not read by radio: it is a maker's own layer.")
    return _identity(octets, payload), payload


def _identity(octets: bytes, payload: bytes) -> MeterIdentity:
    """A long header names the meter itself, the link header perhaps only its radio."""
    if payload[0] == _LONG:
        header = records.read_header(payload)
        number, maker, version, medium = (
            header.identification, header.manufacturer, header.version, header.medium,
        )  # fmt: skip
    else:
        number = f"{int.from_bytes(octets[4:8], 'little'):08X}"
        maker = headers.manufacturer_letters(int.from_bytes(octets[2:4], "little"))
        version, medium = octets[8], octets[9]
    return MeterIdentity(number, maker, version=f"{version:02X}", medium=f"{medium:02X}")


def _check_plain(configuration: int, serial: str) -> None:
    mode = configuration >> 8 & 0x1F
    if mode:
        raise AccessDenied(
            f"The telegram of {serial} is encrypted (mode {mode}, {_MODES.get(mode, 'unknown')}). Give its "
            "key to wmbusmeters and let that publish what it decrypts."
        )


def _octets(text: bytes) -> bytes:
    """Receivers set marks between the parts of a telegram."""
    if len(text) > _LONGEST_TEXT:
        raise DecodeError(f"A text of {len(text)} bytes is no telegram: {LARGEST} bytes are the most.")
    try:
        return bytes.fromhex(text.decode("ascii").replace("|", "").replace("_", ""))
    except ValueError as error:
        raise DecodeError(f"The payload is no text of hexadecimal digits: {error}.") from error
