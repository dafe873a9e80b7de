"""The contents of an act as JSON: how it is stored, and how programs send and get it.

Decimals are text, days and instants are ISO 8601; a name that is left out stands for "not told".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, Final

from metering.acts import Contents, CurrentParameters, Header, Settings, Totals
from metering.components import Component, ComponentKind
from metering.errors import ConfigurationError
from metering.exact import decimal_text

LONGEST_LINE: Final = 200
LONGEST_NOTE: Final = 2000
MOST_COMPONENTS: Final = 40
MOST_REPRESENTATIVES: Final = 10
MOST_OBJECTIONS: Final = 200
LARGEST: Final = Decimal(10**12)
MOST_DIGITS: Final = 28
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2199

Read = Callable[[object], Any]
"""Raises ValueError that says how the value is written."""


def contents_json(contents: Contents) -> dict[str, Any]:
    """The whole form by name."""
    plain: dict[str, Any] = _plain(asdict(contents))
    return plain


def contents_of(written: object) -> Contents:
    """The other way round; ConfigurationError names what is wrong, too long or too many."""
    try:
        contents: Contents = _CONTENTS(written)
    except ValueError as error:
        raise ConfigurationError(f"The act is not understood: {error}.") from error
    return contents


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def _text(longest: int, allowed: str = "") -> Read:
    def read(value: object) -> str:
        if not isinstance(value, str) or len(value) > longest:
            raise ValueError(f"write a text of {longest} characters at most")
        if any((one < " " and one not in allowed) or one == "\x7f" for one in value):
            raise ValueError("control characters are refused")
        return value

    return read


def _number(value: object) -> Decimal:
    try:
        number = Decimal(value) if isinstance(value, str) and len(value) <= 2 * MOST_DIGITS else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number) > LARGEST or not _short(number):
        raise ValueError("write a decimal as text, like 12.345")
    return number


def _short(number: Decimal) -> bool:
    _, digits, exponent = number.as_tuple()
    return len(digits) <= MOST_DIGITS and isinstance(exponent, int) and -MOST_DIGITS <= exponent <= 12


def _day(value: object) -> date:
    day = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"write a day like 2026-01-31, {FIRST_YEAR} to {LAST_YEAR}")
    return day


def _instant(value: object) -> datetime:
    at = datetime.fromisoformat(value) if isinstance(value, str) and len(value) <= 40 else None
    if at is None or at.tzinfo is None or not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError("write an instant like 2026-01-31T10:00:00Z")
    return at.astimezone(UTC)


def _kind(value: object) -> ComponentKind:
    if value not in set(ComponentKind):
        raise ValueError(f"write one of {', '.join(ComponentKind)}")
    return ComponentKind(str(value))


def _or_none(read: Read) -> Read:
    return lambda value: None if value is None else read(value)


def _list(read: Read, most: int) -> Read:
    def read_all(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) > most:
            raise ValueError(f"write a list of {most} at most")
        return tuple(read(one) for one in value)

    return read_all


def _part(whole: Callable[..., Any], readers: Mapping[str, Read]) -> Read:
    def read(written: object) -> Any:
        if not isinstance(written, Mapping):
            raise ValueError(f"write an object with {', '.join(readers)}")
        return _made(whole, {name: _named(readers, name, value) for name, value in written.items()})

    return read


def _made(whole: Callable[..., Any], values: Mapping[str, Any]) -> Any:
    try:
        return whole(**values)
    except TypeError as error:
        raise ValueError(f"a field is missing ({error})") from error


def _named(readers: Mapping[str, Read], name: object, value: object) -> Any:
    if not isinstance(name, str) or name not in readers:
        raise ValueError(f"there is no field {str(name)[:40]!r}; there are: {', '.join(readers)}")
    try:
        return readers[name](value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


_LINE: Final = _text(LONGEST_LINE)
_NOTE: Final = _text(LONGEST_NOTE, "\t\n\r")
_MAYBE_NUMBER: Final = _or_none(_number)
_MAYBE_DAY: Final = _or_none(_day)


def _numbers(part: type[CurrentParameters | Totals | Settings], **others: Read) -> Read:
    return _part(part, dict.fromkeys(part.__dataclass_fields__, _MAYBE_NUMBER) | others)


_COMPONENT: Final = _part(
    Component,
    {
        "kind": _kind,
        "type": _LINE,
        "serial": _LINE,
        "seal": _LINE,
        "verified_on": _MAYBE_DAY,
        "verification_due": _MAYBE_DAY,
    },
)
_CONTENTS: Final = _part(
    Contents,
    {
        "serial": _LINE,
        "header": _part(Header, {"contract": _LINE, "name": _LINE, "address": _LINE}),
        "components": _list(_COMPONENT, MOST_COMPONENTS),
        "read_at": _or_none(_instant),
        "parameters": _numbers(CurrentParameters, phone=_LINE, network_address=_LINE),
        "totals": _numbers(Totals),
        "settings": _or_none(_numbers(Settings)),
        "conclusion": _NOTE,
        "to_do": _NOTE,
        "representatives": _list(_LINE, MOST_REPRESENTATIVES),
        "objections": _list(_NOTE, MOST_OBJECTIONS),
        "in_spite_of": _NOTE,
    },
)
