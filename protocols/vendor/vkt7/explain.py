"""A VKT-7 frame in words (vkt7.md sections 1 to 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from metering.errors import DecodeError, FrameError
from protocols.annotation import Annotation, Part, annotated
from protocols.checksums import crc_modbus
from protocols.vendor.vkt7.frames import (
    OUTPUTS,
    READ,
    REFUSED,
    SESSION,
    answer_sizes,
    awake,
    is_sealed,
    request_sizes,
)
from protocols.vendor.vkt7.information import RANGE_SIZES, SERVICE_SIZE, Service, firmware_text, moment
from protocols.vendor.vkt7.questions import DATE, LARGEST_CODE, LISTED, VALUE_TYPE, items_of
from protocols.vendor.vkt7.words import (
    QUALITIES,
    READ_REGISTERS,
    REFUSALS,
    VALUE_TYPES,
    WRITE_REGISTERS,
    element,
    situation,
)

_WRITE_ANSWER: Final = 8
_ENTRY: Final = 6
_CLOCK: Final = 8


def explain(frame: bytes) -> list[Annotation]:
    """Annotations that cover the frame, wake-up bytes included; FrameError when it is no valid frame."""
    woken, body = awake(frame)
    sizes = (*request_sizes(body[:7]), *answer_sizes(body[:7]))
    if len(body) not in sizes:
        raise FrameError("Not a VKT-7 frame: its function or its length is wrong; it may be cut.")
    if not is_sealed(body):
        raise FrameError("Not a valid VKT-7 frame: its CRC is wrong.")
    return annotated(frame, [(woken, "wake-up"), *_parts(body)])


def typical(frame: bytes) -> bool:
    """Whether it has the wake-up, a register or an answer of a VKT-7: Modbus meters have the same frame.

    None of those answers as unit 0.
    """
    woken, body = awake(frame)
    if woken or not body[0] or body[1] & REFUSED:
        return bool(woken) or not body[0]
    if body[1] == READ and len(body) == 5 + body[2]:
        return any(fits(body[3:-2]) for fits in (_is_list, _is_service, _is_clock, _is_range))
    return int.from_bytes(body[2:4], "big") in {**READ_REGISTERS, **WRITE_REGISTERS}


def reseal(frame: bytes) -> bytes:
    """The frame with its CRC set right."""
    _, body = awake(frame)
    return frame[:-2] + crc_modbus(body[:-2]).to_bytes(2, "little")


def _parts(body: bytes) -> Iterator[Part]:
    yield 1, f"address {body[0]}" if body[0] else "address 0: whoever is alone on the line"
    if body[1] & REFUSED:
        yield from _refusal(body)
    elif body[1] == READ:
        yield from _read_request(body) if len(body) != 5 + body[2] else _read_answer(body)
    else:
        yield from _write_answer(body) if len(body) == _WRITE_ANSWER else _write_request(body)
    yield 2, "CRC"


def _refusal(body: bytes) -> Iterator[Part]:
    asked = "read" if body[1] & ~REFUSED == READ else "write"
    yield 1, f"function {body[1]:02X}: a refused {asked}"
    yield 1, f"exception {body[2]}: {REFUSALS.get(body[2], 'not explained by the reference')}"
    yield 1, "service byte, without meaning"


def _read_request(body: bytes) -> Iterator[Part]:
    yield 1, "function 03: read"
    register = int.from_bytes(body[2:4], "big")
    yield 2, f"register {register:04X}: {READ_REGISTERS.get(register, 'unknown')}"
    yield 2, "register count"


def _write_answer(body: bytes) -> Iterator[Part]:
    yield 1, "function 10: written"
    register = int.from_bytes(body[2:4], "big")
    yield 2, f"register {register:04X}: {WRITE_REGISTERS.get(register, 'unknown')}"
    yield 2, "register count"


def _write_request(body: bytes) -> Iterator[Part]:
    yield 1, "function 10: write"
    register, payload = int.from_bytes(body[2:4], "big"), body[7:-2]
    yield 2, f"register {register:04X}: {WRITE_REGISTERS.get(register, 'unknown')}"
    yield 2, "register count"
    agrees = body[6] == len(payload)
    yield 1, f"byte count {body[6]}" + ("" if agrees else f", for {len(payload)} bytes")
    if register == SESSION and not agrees:
        yield len(payload), "start of a session"
    else:
        yield from _PAYLOADS.get(register, _unknown)(payload)


def _read_list(payload: bytes) -> Iterator[Part]:
    for item in items_of(payload):
        yield _ENTRY, f"{element(item.code)}, {item.size} bytes"
    yield len(payload) % _ENTRY, "data beyond the last entry"


def _value_type(payload: bytes) -> Iterator[Part]:
    number = int.from_bytes(payload, "little")
    yield len(payload), f"value type {number}: {VALUE_TYPES.get(number, 'unknown')}"


def _date(payload: bytes) -> Iterator[Part]:
    yield len(payload), f"archive date {_time(payload)}"


def _outputs(payload: bytes) -> Iterator[Part]:
    for number, state in enumerate(payload, start=1):
        yield 1, f"output {number} {'on' if state else 'off'}"


def _unknown(payload: bytes) -> Iterator[Part]:
    yield len(payload), "data"


_PAYLOADS: Final[Mapping[int, Callable[[bytes], Iterator[Part]]]] = {
    SESSION: _read_list,
    VALUE_TYPE: _value_type,
    DATE: _date,
    OUTPUTS: _outputs,
}


def _read_answer(body: bytes) -> Iterator[Part]:
    yield 1, "function 03: an answer"
    yield 1, f"{body[2]} bytes of data"
    data = body[3:-2]
    if _is_list(data):
        yield from _read_list(data)
    elif _is_service(data):
        yield from _service(data)
    elif _is_clock(data):
        yield 6, f"clock {_time(data[:6])}"
        yield from _tail(data)
    elif _is_range(data):
        yield from _range(data)
    else:
        yield from _values(data)


def _is_service(data: bytes) -> bool:
    return len(data) == SERVICE_SIZE


def _is_clock(data: bytes) -> bool:
    return len(data) == _CLOCK and data[6] in QUALITIES and bool(_time(data[:6]))


def _is_range(data: bytes) -> bool:
    return len(data) in RANGE_SIZES and all(_time(data[at : at + 4]) for at in range(0, len(data), 4))


def _is_list(data: bytes) -> bool:
    """Whether these are entries of a list: known elements, each with the mark of a list."""
    entries = [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data), _ENTRY)]
    marked = all(entry & LISTED and entry ^ LISTED <= LARGEST_CODE for entry in entries)
    return bool(entries) and len(data) % _ENTRY == 0 and marked


def _service(data: bytes) -> Iterator[Part]:
    service = Service.decode(data)
    yield 1, f"service information, if that was asked: firmware {firmware_text(service.firmware)}"
    yield 2, f"measurement scheme {service.schemes[0]} of heat input 1"
    yield 2, f"measurement scheme {service.schemes[1]} of heat input 2"
    yield 8, f"subscriber identifier {service.subscriber!r}"
    yield 1, f"network address {service.address}"
    yield 1, f"report day {service.report_day}"
    yield 1, f"hardware model {service.hardware}"


def _range(data: bytes) -> Iterator[Part]:
    said = ("archive of hours from", "now", "archive of days from")
    for at, name in zip(range(0, len(data), 4), said, strict=False):
        yield 4, f"{name} {_time(data[at : at + 4])}"


def _values(data: bytes) -> Iterator[Part]:
    """What the values are was asked before; that the last two bytes close a value can be seen."""
    if len(data) > 2 and data[-2] in QUALITIES:
        yield len(data) - 2, "data; their meaning follows from the list that was read"
        yield from _tail(data)
    else:
        yield len(data), "data; their meaning follows from the question"


def _tail(data: bytes) -> Iterator[Part]:
    yield 1, f"quality {QUALITIES[data[-2]]}"
    yield 1, situation(data[-1])


def _time(data: bytes) -> str:
    """The time in words; empty when it is in no calendar."""
    try:
        return f"{moment(data):%d.%m.%Y %H:%M:%S}"
    except DecodeError:
        return ""
