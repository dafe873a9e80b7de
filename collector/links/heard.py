"""What bytes without a valid reply look like: words for an error message, not for decoding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from protocols.checksums import arithmetic_sum

SHOWN: Final = 24
M_BUS_ACKNOWLEDGEMENT: Final = 0xE5
M_BUS_LONG_START: Final = 0x68
M_BUS_STOP: Final = 0x16
SHORTEST_RTU: Final = 5


def hexadecimal(data: bytes) -> str:
    """The bytes in hexadecimal, shortened in the middle when there are many."""
    if len(data) <= SHOWN:
        return data.hex(" ").upper()
    half = SHOWN // 2
    return f"{data[:half].hex(' ').upper()} .. {data[-half:].hex(' ').upper()} ({len(data)} bytes)"


def likeness(data: bytes) -> str:
    """What these bytes look like, and what is likely wrong; the first sentence that fits."""
    return next(words for look in LOOKS if (words := look(data)))


def framed(data: bytes) -> bool:
    """Whether this looks like a frame of some protocol rather than noise."""
    return any(look(data) for look in FRAMES)


def _m_bus_frame(data: bytes) -> str:
    start = data.find(M_BUS_LONG_START)
    header = data[start : start + 6]
    if start < 0 or len(header) < 6 or header[3] != M_BUS_LONG_START or header[1] != header[2]:
        return ""
    frame = data[start : start + header[1] + 6]
    if len(frame) < header[1] + 6:
        state = f"an M-Bus frame (68 .. 68) cut short at {len(frame)} of {header[1] + 6} bytes"
        return f"looks like {state}: the gap time-out may be too short for this gateway"
    if frame[-1] != M_BUS_STOP or frame[-2] != arithmetic_sum(frame[4:-2]):
        return (
            "looks like a damaged M-Bus frame (68 .. 68): two meters answer at once, or the line is disturbed"
        )
    return (
        f"looks like an M-Bus frame (68 .. 68) of address {header[5]}, not an answer to this question: "
        "another meter answers, or the model speaks another protocol"
    )


def _m_bus_acknowledgement(data: bytes) -> str:
    if set(data) != {M_BUS_ACKNOWLEDGEMENT}:
        return ""
    return "is an M-Bus acknowledgement (E5) where another answer was expected"


def _modbus_rtu(data: bytes) -> str:
    if len(data) < SHORTEST_RTU or _crc(data) != 0:
        return ""
    return (
        f"looks like Modbus RTU of address {data[0]}, function {data[1]}: another meter answers, or the line "
        "is framed otherwise than its URL says (framing=)"
    )


def _modbus_ascii(data: bytes) -> str:
    if not (data.startswith(b":") and data.endswith(b"\r\n")):
        return ""
    return "looks like Modbus ASCII: add framing=ascii to the line's URL"


def _modbus_tcp(data: bytes) -> str:
    if len(data) < 9 or data[2:4] != b"\0\0" or int.from_bytes(data[4:6], "big") != len(data) - 6:
        return ""
    return "looks like Modbus TCP: write the line's URL as modbus-tcp://host:port"


def _text(data: bytes) -> str:
    if len(data) < 4 or not all(32 <= octet < 127 or octet in b"\r\n\t" for octet in data):
        return ""
    said = data.decode("ascii").strip()[:60]
    return f"is text, {said!r}: a modem or a gateway speaks, not the meter; check the gateway's mode"


def _level(data: bytes) -> str:
    if len(set(data)) != 1 or data[0] not in (0x00, 0xFF):
        return ""
    return "is no character but a level of the line: check the wires' polarity and the baud rate"


def _noise(data: bytes) -> str:
    return "is noise: check baud rate and parity first, then the wiring and the protocol of the model"


FRAMES: Final[tuple[Callable[[bytes], str], ...]] = (
    _m_bus_frame,
    _m_bus_acknowledgement,
    _modbus_tcp,
    _modbus_rtu,
    _modbus_ascii,
)
LOOKS: Final = (*FRAMES, _text, _level, _noise)


def _crc(data: bytes) -> int:
    """The Modbus CRC; 0 over a frame that carries its own (Modbus over serial line 1.02, 6.2.2)."""
    crc = 0xFFFF
    for octet in data:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc
