"""One whole frame taken apart: RTU with its CRC, ASCII with its LRC, TCP with its MBAP header.

Source: MODBUS over Serial Line V1.02, MODBUS Messaging on TCP/IP V1.0b.
"""

from __future__ import annotations

from binascii import Error as NotHexadecimal
from binascii import a2b_hex
from dataclasses import dataclass
from typing import Final

from metering.errors import FrameError
from protocols.annotation import Part
from protocols.checksums import crc_modbus
from protocols.modbus.messages import Framing

SMALLEST_RTU: Final = 4
SMALLEST_ASCII: Final = 9
SMALLEST_TCP: Final = 8
LARGEST: Final = 600
"""Bytes of a frame; the longest, of function 48h as text, has less."""


@dataclass(frozen=True, slots=True)
class Framed:
    """A PDU and what stands around it. `width`: characters in which one byte of the PDU is written."""

    framing: Framing
    unit: int
    pdu: bytes
    before: tuple[Part, ...]
    after: tuple[Part, ...]
    width: int = 1


def unframe(frame: bytes) -> Framed:
    """The PDU of a whole frame in any framing; FrameError says which check failed."""
    if len(frame) > LARGEST:
        raise FrameError(f"{len(frame)} bytes are longer than any Modbus frame.")
    if frame[:1] == b":":
        return _ascii(frame)
    return _tcp(frame) if _is_tcp(frame) else _rtu(frame)


def reseal(frame: bytes) -> bytes:
    """The frame with its CRC or LRC set right; a TCP frame has none."""
    if frame[:1] == b":" and frame[-2:] == b"\r\n" and len(frame) >= SMALLEST_ASCII:
        body = _hexadecimal(frame[1:-4])
        return frame[:-4] + f"{_lrc(body):02X}".encode("ascii") + frame[-2:]
    if _is_tcp(frame) or len(frame) < SMALLEST_RTU:
        return frame
    return frame[:-2] + crc_modbus(frame[:-2]).to_bytes(2, "little")


def renumbered(frame: bytes, like: bytes) -> bytes:
    """A TCP frame with the transaction number of another one; other framings have none."""
    return like[:2] + frame[2:] if _is_tcp(frame) and _is_tcp(like) else frame


def _rtu(frame: bytes) -> Framed:
    if len(frame) < SMALLEST_RTU or reseal(frame) != frame:
        raise FrameError("Not a valid Modbus frame: no MBAP header, no colon in front, and its CRC is wrong.")
    return Framed(Framing.RTU, frame[0], frame[1:-2], ((1, _unit(frame[0])),), ((2, "CRC, right"),))


def _ascii(frame: bytes) -> Framed:
    body = _hexadecimal(frame[1:-2])
    if len(frame) < SMALLEST_ASCII or frame[-2:] != b"\r\n" or not body:
        raise FrameError("Not a valid Modbus ASCII frame: it needs hexadecimal digits, CR and LF at its end.")
    if _lrc(body[:-1]) != body[-1]:
        raise FrameError("Not a valid Modbus ASCII frame: its LRC is wrong.")
    before = ((1, "colon: a Modbus ASCII frame begins"), (2, _unit(body[0])))
    return Framed(Framing.ASCII, body[0], body[1:-1], before, ((2, "LRC, right"), (2, "CR LF")), 2)


def _tcp(frame: bytes) -> Framed:
    transaction, length = (int.from_bytes(frame[at : at + 2], "big") for at in (0, 4))
    before = (
        (2, f"MBAP header: transaction {transaction}"),
        (2, "protocol 0: Modbus"),
        (2, f"{length} bytes follow"),
        (1, _unit(frame[6])),
    )
    return Framed(Framing.TCP, frame[6], frame[7:], before, ())


def _is_tcp(frame: bytes) -> bool:
    """Whether the protocol is 0 and the length is that of what follows; a right CRC goes before."""
    if len(frame) < SMALLEST_TCP or crc_modbus(frame) == 0:
        return False
    return frame[2:4] == b"\x00\x00" and int.from_bytes(frame[4:6], "big") == len(frame) - 6


def _unit(unit: int) -> str:
    return "unit 0: everybody, or the one meter of the line" if unit == 0 else f"unit {unit}"


def _lrc(body: bytes) -> int:
    return -sum(body) & 0xFF


def _hexadecimal(text: bytes) -> bytes:
    try:
        return a2b_hex(text)
    except (NotHexadecimal, ValueError):
        return b""
