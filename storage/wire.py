"""Values of a collector as bytes and back: for its disk, for quarantine, and for the way over MQTT.

Bytes are a version byte and compressed JSON. Whoever sends them may be anybody: sizes are bounded before
anything is unpacked, and whatever is not a value of ours becomes a DecodeError.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import Final, Generic, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from metering.books import LineBook
from metering.calls import Call
from metering.errors import DecodeError, StorageError, TeploError
from metering.polls import PollReport
from metering.quantities import QUANTITIES, Quantity
from metering.readings import MeterValue, Reading
from storage.heard import HeardContacts, HeardLevels

LARGEST: Final = 16 * 1024 * 1024
"""Bytes as they are kept and sent."""
LARGEST_UNPACKED: Final = 128 * 1024 * 1024
"""Two months of hours with fifty values each, and every byte they were read from, are a quarter of it."""
LONGEST_NUMBER: Final = 400
"""Digits before or after the point; a number of three letters may stand for gigabytes."""
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 9000
"""So far from the ends of the calendar every instant can be told in every zone."""

_VERSION: Final = b"\x01"
_HARD: Final = 3
_FORMAT: Final = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64", extra="forbid")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Wire(Generic[T]):
    """`adapter` is of a tuple of one: a bare dataclass would not take the format.

    `check` raises a DecodeError for what has the right form and cannot be.
    """

    name: str
    adapter: TypeAdapter[tuple[T]]
    check: Callable[[T], None]

    def encode(self, value: T) -> bytes:
        try:
            text = self.adapter.dump_json((value,), fallback=dict, warnings="none")
        except PydanticSerializationError as error:
            raise StorageError(f"A {self.name} cannot be kept: {error}") from error
        data = _VERSION + zlib.compress(text, _HARD)
        if len(text) > LARGEST_UNPACKED or len(data) > LARGEST:
            raise StorageError(f"A {self.name} of {len(text)} bytes is too large to be kept or sent.")
        return data

    def decode(self, data: bytes) -> T:
        try:
            (value,) = self.adapter.validate_json(_unpacked(data, self.name))
        except (ValidationError, ValueError, ArithmeticError, RecursionError, TeploError) as error:
            raise DecodeError(f"These bytes are no {self.name} of ours: {str(error)[:500]}") from error
        self.check(value)
        return value


def _unpacked(data: bytes, name: str) -> bytes:
    if len(data) > LARGEST:
        raise DecodeError(f"A {name} of {len(data)} bytes is refused: {LARGEST} are the most.")
    if data[:1] != _VERSION:
        raise DecodeError(
            f"A {name} of format {data[:1].hex() or 'nothing'} is not understood: only {_VERSION.hex()} is. "
            "Whoever wrote it has another version of Teplo."
        )
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(data[1:], LARGEST_UNPACKED)
    except zlib.error as error:
        raise DecodeError(f"A {name} is damaged: {error}") from error
    if not unpacking.eof or unpacking.unused_data:
        raise DecodeError(f"A {name} is cut short, followed by something else, or too large unpacked.")
    return text


def _check_report(report: PollReport) -> None:
    _check_instants(
        chain(
            (report.started_at, report.finished_at),
            (frame.at for frame in report.frames),
            (at for record in report.archive for at in (record.slot.start, record.slot.end)),
            (snapshot.read_at for snapshot in report.snapshots),
            (at for gap in report.gaps for at in (gap.slot.start, gap.slot.end)),
        )
    )
    for record in report.archive:
        _check_readings(record.readings)
    for snapshot in report.snapshots:
        _check_readings(snapshot.readings)


def _check_readings(readings: Iterable[Reading]) -> None:
    for one in readings:
        _check_quantity(one.quantity)
        _check_numbers((one.value, one.raw_value, one.factor))


def _check_book(book: LineBook) -> None:
    _check_instants((book.as_of, *(meter.registered_at for meter in book.meters)))
    _check_instants([book.sim.until] if book.sim else [])
    _check_instants(_instants_of(book))
    for meter in book.meters:
        _check_levels(meter.levels)


def _instants_of(book: LineBook) -> Iterator[datetime]:
    for meter in book.meters:
        for spans in meter.known.values():
            yield from (at for span in spans for at in (span.first, span.end))
        for asked in meter.asked.values():
            yield from asked


def _check_levels(levels: Iterable[MeterValue]) -> None:
    for level in levels:
        _check_quantity(level.quantity)
        _check_numbers((level.value,))


def _check_quantity(quantity: Quantity) -> None:
    if QUANTITIES.get(quantity.name) != quantity:
        raise DecodeError(f"{quantity.name[:100]!r} is no quantity of ours.")


def _check_numbers(numbers: Iterable[Decimal | None]) -> None:
    for number in numbers:
        if number and (abs(number.adjusted()) > LONGEST_NUMBER or -_exponent(number) > LONGEST_NUMBER):
            raise DecodeError("A number with more digits than any meter has is refused.")


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _check_instants(instants: Iterable[datetime]) -> None:
    for at in instants:
        if at.tzinfo is None:
            raise DecodeError("An instant without a zone is refused: nobody knows when it was.")
        if not FIRST_YEAR <= at.year <= LAST_YEAR:
            raise DecodeError(f"An instant in the year {at.year} is refused: nothing was read then.")


def _check_call(call: Call) -> None:
    _check_instants((call.started_at, call.ended_at))


def _check_signals(heard: HeardLevels) -> None:
    _check_instants(level.at for level in heard.levels)


def _check_contacts(heard: HeardContacts) -> None:
    _check_instants(contact.at for contact in heard.contacts)


_REPORT: Final = _Wire("report", TypeAdapter(tuple[PollReport], config=_FORMAT), _check_report)
_BOOK: Final = _Wire("book", TypeAdapter(tuple[LineBook], config=_FORMAT), _check_book)
_CALL: Final = _Wire("call", TypeAdapter(tuple[Call], config=_FORMAT), _check_call)
_LEVELS: Final = _Wire("batch of levels", TypeAdapter(tuple[HeardLevels], config=_FORMAT), _check_signals)
_CONTACTS: Final = _Wire(
    "batch of contacts", TypeAdapter(tuple[HeardContacts], config=_FORMAT), _check_contacts
)

encode_report, decode_report = _REPORT.encode, _REPORT.decode
encode_book, decode_book = _BOOK.encode, _BOOK.decode
encode_call, decode_call = _CALL.encode, _CALL.decode
encode_levels, decode_levels = _LEVELS.encode, _LEVELS.decode
encode_contacts, decode_contacts = _CONTACTS.encode, _CONTACTS.decode
