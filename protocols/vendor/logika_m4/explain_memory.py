"""Requests and answers of the older devices in words: places of memory, dates, records.

A short frame does not say whether it is a request: four bytes of data that make sense as one are taken so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from metering.errors import DecodeError
from protocols.annotation import Part
from protocols.vendor.logika_m4.memory_dialogue import PAGE_SIZE, READ_FLASH, READ_RAM
from protocols.vendor.logika_m4.memory_models import (
    CLOCK_ADDRESS,
    FIND_RECORD,
    FLAGS_SIZE,
    HEAD_SIZE,
    MODELS,
)
from protocols.vendor.logika_m4.memory_numbers import CLOCK_SIZE, FLOAT_SIZE, meter_clock, meter_float

REQUEST_SIZE: Final = 4


def memory_parts(function: int, data: bytes) -> Iterator[Part]:
    """Every byte of the data of a short frame."""
    if function in (READ_RAM, READ_FLASH) and len(data) == REQUEST_SIZE and data[3] == 0:
        return _place(function, data)
    if function == READ_RAM:
        return _ram(data)
    if function in FIND_RECORD.values():
        return _wanted(data) if len(data) == REQUEST_SIZE else _record(data)
    return _plain(data)


def _place(function: int, data: bytes) -> Iterator[Part]:
    address, count = int.from_bytes(data[:2], "little"), data[2]
    if function == READ_FLASH:
        yield 2, f"page {address:04X}: address {address * PAGE_SIZE:04X}"
        yield 1, f"{count} pages"
    else:
        yield 2, f"address {address:04X}" + (": clock" if address == CLOCK_ADDRESS else "")
        yield 1, f"{count} bytes"
    yield 1, "reserved"


def _wanted(data: bytes) -> Iterator[Part]:
    year, month, day, hour = data
    yield 1, f"year {1900 + year}"
    yield 1, f"month {month}"
    yield 1, f"day {day}" if day else "no day"
    yield 1, f"hour {hour}"


def _ram(data: bytes) -> Iterator[Part]:
    if len(data) != CLOCK_SIZE:
        yield from _floats(data)
        return
    try:
        yield CLOCK_SIZE, f"if this is the clock: {meter_clock(data).isoformat(' ')}"
    except DecodeError:
        yield CLOCK_SIZE, "bytes of memory"


def _record(data: bytes) -> Iterator[Part]:
    symbols = next((model.record for model in MODELS.values() if model.record_size == len(data)), None)
    if symbols is None:
        yield from _plain(data)
        return
    yield FLAGS_SIZE, f"abnormal situations {int.from_bytes(data[:FLAGS_SIZE], 'little'):06X}"
    yield 1, f"scheme {data[FLAGS_SIZE]}"
    for at, symbol in enumerate(symbols):
        begin = HEAD_SIZE + FLOAT_SIZE * at
        yield FLOAT_SIZE, f"{symbol} {_float(data[begin : begin + FLOAT_SIZE])}"
    yield len(data) - HEAD_SIZE - FLOAT_SIZE * len(symbols), "not used"


def _floats(data: bytes) -> Iterator[Part]:
    whole = len(data) - len(data) % FLOAT_SIZE
    for at in range(0, whole, FLOAT_SIZE):
        yield FLOAT_SIZE, f"memory; as a float {_float(data[at : at + FLOAT_SIZE])}"
    yield len(data) - whole, "bytes of memory"


def _float(octets: bytes) -> str:
    value = meter_float(octets)
    return "no number" if value is None else f"{value:f}"


def _plain(data: bytes) -> Iterator[Part]:
    yield len(data), "bytes of memory" if len(data) % PAGE_SIZE == 0 else "data"
