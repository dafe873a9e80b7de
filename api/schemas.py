"""The values all answers are made of: decimals as text, a unit beside every number, UTC times, pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Final, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from metering.exact import decimal_text
from metering.quantities import QUANTITIES, Behaviour

ItemT = TypeVar("ItemT")

_RFC_3339: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?(?P<zone>[Zz]|[+-]\d\d:\d\d| \d\d:\d\d)?"
)
_ONE_LINE: Final = r"^[^\x00-\x1f\x7f]*$"
_LINES: Final = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
_TENTH: Final = Decimal("0.1")
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
_LARGEST_ID: Final = 2**63 - 1


def parse_instant(text: object) -> datetime:
    found = _RFC_3339.fullmatch(text) if isinstance(text, str) and len(text) <= 40 else None
    if found is None:
        raise ValueError("write a time like 2026-01-01T00:00:00Z (RFC 3339)")
    zone = found["zone"]
    if zone is None:
        raise ValueError("a time needs a zone: write 2026-01-01T00:00:00Z or 2026-01-01T00:00:00%2B05:00")
    if zone.startswith(" "):
        raise ValueError("in an address + means a space: write the offset's sign as %2B")
    return _within_range(datetime.fromisoformat(found[0].upper()))


def _within_range(at: datetime) -> datetime:
    if not _EARLIEST.year <= at.year < _LATEST.year:
        raise ValueError(f"a time must lie between {_EARLIEST.year} and {_LATEST.year}")
    return at.astimezone(UTC)


def _register(name: str) -> str:
    if name not in REGISTERS:
        raise ValueError(f"no register has this name; there are: {', '.join(REGISTERS)}")
    return name


def _quantity(name: str) -> str:
    if name not in QUANTITIES:
        raise ValueError(f"no quantity has this name; there are: {', '.join(QUANTITIES)}")
    return name


REGISTERS: Final = tuple(q.name for q in QUANTITIES.values() if q.behaviour is Behaviour.REGISTER)

Instant = Annotated[
    datetime, BeforeValidator(parse_instant), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""A time in a request: RFC 3339 with a zone, taken to UTC."""

RegisterName = Annotated[
    str, BeforeValidator(_register), WithJsonSchema({"type": "string", "enum": list(REGISTERS)})
]
QuantityName = Annotated[
    str, BeforeValidator(_quantity), WithJsonSchema({"type": "string", "enum": list(QUANTITIES)})
]
Identifier = Annotated[int, Field(ge=1, le=_LARGEST_ID)]

LineText = Annotated[str, Field(max_length=200, pattern=_ONE_LINE)]
"""A name or a number in a request: one line without control characters."""
NoteText = Annotated[str, Field(max_length=2000, pattern=_LINES)]
"""What a person wrote down, line breaks included."""

Timestamp = Annotated[datetime, Field(examples=["2026-01-31T19:00:00Z"], description="RFC 3339, UTC")]
MeterTime = Annotated[
    datetime,
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$",
            "description": "The meter's own clock, in its own zone: no offset.",
            "examples": ["2026-02-01T00:00:00"],
        }
    ),
]
DecimalText = Annotated[
    str,
    Field(
        pattern=r"^-?\d+(\.\d+)?$",
        examples=["12.345"],
        description="An exact decimal as text: nothing is rounded, trailing zeros are left out.",
    ),
]


def rfc_3339(at: datetime) -> str:
    """An instant as it stands in a sentence."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


class Amount(BaseModel):
    """A number with its unit."""

    value: DecimalText
    unit: str = Field(examples=["Gcal"])


def known(value: Decimal, unit: str) -> Amount:
    """A number with its unit."""
    return Amount(value=decimal_text(value), unit=unit)


def amount(value: Decimal | None, unit: str) -> Amount | None:
    """A number with its unit; absence stays absence."""
    return None if value is None else known(value, unit)


def duration(length: timedelta) -> Amount:
    """A length of time in seconds."""
    return known(Decimal(length // timedelta.resolution).scaleb(-6), "s")


def percent(part: int, whole: int | None) -> Amount | None:
    """A share, to a tenth of a per cent; None of nothing."""
    return known((Decimal(100 * part) / whole).quantize(_TENTH), "%") if whole else None


class Page(BaseModel, Generic[ItemT]):
    """A part of a collection, in a stable order."""

    items: list[ItemT]
    next_cursor: str | None = Field(
        examples=["MTAw"],
        description="Ask again with `cursor` set to this for the next page; null at the end.",
    )
