"""Opaque cursors: where the next page goes on, as the caller hands it back to us."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Final, Protocol, TypeVar
from uuid import UUID

from fastapi import Depends, Query, Request

from api.errors import InvalidRequest
from api.schemas import parse_instant
from metering.calendar import ArchiveKind
from metering.quantities import QUANTITIES

LONGEST: Final = 12_000
"""Two of the longest names there are, in any script."""
_QUESTION: Final[ContextVar[str]] = ContextVar("question", default="")
"""What is being asked: a place in its answer is no place in another one's."""
_OF_THE_PAGE: Final = frozenset({"cursor", "limit", "language"})


async def _cursor(
    request: Request,
    cursor: Annotated[
        str | None,
        Query(
            max_length=LONGEST,
            pattern=r"^[A-Za-z0-9_=-]+$",
            description="`next_cursor` of the page before; all but `limit` and `language` as it was there.",
        ),
    ] = None,
) -> str | None:
    asked = sorted(one for one in request.query_params.multi_items() if one[0] not in _OF_THE_PAGE)
    _QUESTION.set(sha256(repr((request.url.path, asked)).encode()).hexdigest()[:16])
    return cursor


CursorText = Annotated[str | None, Depends(_cursor)]

_LARGEST_ID: Final = 2**63 - 1

RowT = TypeVar("RowT")
Key = tuple[datetime | int | str, ...]
"""What a collection is sorted by; comparable part by part."""


class Identified(Protocol):
    """Anything that is listed by its id."""

    @property
    def id(self) -> object: ...


def encode(*parts: object) -> str:
    """A cursor of the present question made of these parts; their text must not contain a line feed."""
    texts = (part.isoformat() if isinstance(part, datetime) else str(part) for part in parts)
    return urlsafe_b64encode("\n".join([_QUESTION.get(), *texts]).encode()).decode()


def text_part(text: str) -> str:
    """Any text as a part of a cursor."""
    return text.encode().hex()


def decode(cursor: str, length: int) -> list[str]:
    """The parts of a cursor of the present question, made of so many; InvalidRequest for anything else."""
    try:
        question, *parts = urlsafe_b64decode(cursor).decode().split("\n")
    except ValueError as error:
        raise _not_ours() from error
    if question != _QUESTION.get() or len(parts) != length:
        raise _not_ours()
    return parts


def cut(
    rows: Iterable[RowT], limit: int, key: Callable[[RowT], Key], after: Key | None
) -> tuple[list[RowT], str | None]:
    """The first `limit` of sorted rows whose key is above `after`, and the cursor to go on with."""
    rest = [row for row in rows if after is None or key(row) > after]
    page = rest[:limit]
    return page, encode(*key(page[-1])) if len(rest) > limit else None


def after_id(items: Sequence[Identified], limit: int) -> str | None:
    """A cursor behind the last item of a page by id; None when the page is not full: it was the last one."""
    return encode(items[-1].id) if len(items) == limit else None


def decode_id(cursor: str | None) -> int:
    """The id after which the next page begins; 0 for the first page."""
    return 0 if cursor is None else number_in(decode(cursor, 1)[0])


def decode_uuid(cursor: str | None) -> UUID | None:
    """The UUID after which the next page begins; None for the first page."""
    return None if cursor is None else uuid_in(decode(cursor, 1)[0])


def uuid_in(part: str) -> UUID:
    """The UUID in a part of a cursor."""
    try:
        return UUID(part)
    except ValueError as error:
        raise _not_ours() from error


def number_in(part: str, largest: int = _LARGEST_ID) -> int:
    """The number in a part of a cursor."""
    if not (part.isascii() and part.isdecimal() and len(part) < 20 and int(part) <= largest):
        raise _not_ours()
    return int(part)


def instant_in(part: str) -> datetime:
    """The instant in a part of a cursor."""
    try:
        return parse_instant(part)
    except ValueError as error:
        raise _not_ours() from error


def text_in(part: str) -> str:
    """The text in a part of a cursor that `text_part` made."""
    try:
        text = bytes.fromhex(part).decode()
    except ValueError as error:
        raise _not_ours() from error
    if "\0" in text:
        raise _not_ours()
    return text


def quantity_in(part: str) -> str:
    """The quantity's name in a part of a cursor."""
    if part not in QUANTITIES:
        raise _not_ours()
    return part


def kind_in(part: str) -> ArchiveKind:
    """The kind of archive in a part of a cursor."""
    try:
        return ArchiveKind(part)
    except ValueError as error:
        raise _not_ours() from error


def _not_ours() -> InvalidRequest:
    return InvalidRequest(
        "This cursor was not given out for this question: ask as before, or begin again without it."
    )
