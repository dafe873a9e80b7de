"""JSON from outside: one object, its numbers exact, its sizes bounded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final, NoReturn

from metering.errors import DecodeError
from protocols.push.pushed import LARGEST_PAYLOAD

LONGEST_NUMBER: Final = 40
"""Characters; a 64-bit float needs 24, a 128-bit integer 39."""
FIRST_YEAR: Final = 2005
"""Earlier dates are a meter's way of saying "none" (mqtt-wmbus.md 1.2)."""
LAST_YEAR: Final = 2200

Object = Mapping[str, object]


def read_object(payload: bytes) -> Object:
    """The JSON object of a payload; its numbers are Decimal. DecodeError for everything else."""
    if len(payload) > LARGEST_PAYLOAD:
        raise DecodeError(f"A payload of {len(payload)} bytes is refused: {LARGEST_PAYLOAD} are the most.")
    try:
        found = json.loads(payload, parse_float=_number, parse_int=_number, parse_constant=_not_a_number)
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"The payload is no JSON: {error}.") from error
    if not isinstance(found, dict):
        raise DecodeError("The payload is JSON, but no object with names and values.")
    return found


def member(parent: Object, name: str) -> Object:
    """The object within an object."""
    found = parent.get(name)
    if not isinstance(found, dict):
        raise DecodeError(f"The payload has no object {name!r}.")
    return found


def text(parent: Object, name: str) -> str:
    """A text that must be there; a whole number is taken for its digits."""
    found = parent.get(name)
    if isinstance(found, Decimal) and found == found.to_integral_value():
        found = f"{found:f}"
    if not isinstance(found, str) or not found:
        raise DecodeError(f"The payload has no text {name!r}.")
    return found


def whole(parent: Object, name: str) -> int:
    """A whole number that must be there."""
    found = parent.get(name)
    if not isinstance(found, Decimal) or not found.is_finite() or found.adjusted() > LONGEST_NUMBER:
        raise DecodeError(f"The payload has no whole number {name!r}.")
    if found != found.to_integral_value():
        raise DecodeError(f"{name!r} is {found}, which is no whole number.")
    return int(found)


def instant(parent: Object, name: str) -> datetime:
    """An ISO 8601 instant with its zone, as UTC."""
    written = text(parent, name)
    try:
        found = datetime.fromisoformat(written)
    except ValueError as error:
        raise DecodeError(f"{name!r} is {written[:40]!r}, which is no date and time.") from error
    if found.tzinfo is None:
        raise DecodeError(f"{name!r} is {written[:40]!r}: without a zone nobody knows when that was.")
    return _within_reason(found, name).astimezone(UTC)


def unix_instant(parent: Object, name: str) -> datetime:
    """An instant in seconds since 1970."""
    found = parent.get(name)
    if not isinstance(found, Decimal) or not 0 <= found < 10**11:
        raise DecodeError(f"The payload has no Unix time {name!r}.")
    return _within_reason(datetime.fromtimestamp(int(found), UTC), name)


def meter_time(written: object) -> datetime | None:
    """A meter's own clock, without a zone; None where it shows none or a date that means none."""
    if not isinstance(written, str):
        return None
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return None
    return found if found.tzinfo is None and FIRST_YEAR <= found.year < LAST_YEAR else None


def _within_reason(found: datetime, name: str) -> datetime:
    if not FIRST_YEAR <= found.year < LAST_YEAR:
        raise DecodeError(f"{name!r} is in the year {found.year}: the sender's clock is not set.")
    return found


def _number(written: str) -> Decimal:
    if len(written) > LONGEST_NUMBER:
        raise DecodeError(f"A number of {len(written)} characters is refused: {LONGEST_NUMBER} are the most.")
    try:
        return Decimal(written)
    except InvalidOperation as error:
        raise DecodeError(f"{written} is no number.") from error


def _not_a_number(written: str) -> NoReturn:
    raise DecodeError(f"The payload holds {written}, which is no number of JSON.")
