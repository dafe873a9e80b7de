"""What a request may cost: bounds for everything that a caller can ask for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Query
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import BodyTooLarge, answer
from api.links import PREFIX

_LONG_LISTS: Final = ("/allocations", "/allocations/by-rate")

LARGEST_PAGE: Final = 1000
LONGEST_PERIOD: Final = timedelta(days=3660)
LONGEST_BILLED: Final = timedelta(days=366)
"""Of what is billed for one month: the first bill after an admission may be long."""
MOST_BILLED: Final = timedelta(days=40_000)
"""Of all points of a page together: the hours of all of it are checked."""
LARGEST_BODY: Final = 65_536
LARGER_BODIES: Final[Mapping[str, int]] = {
    **{f"{PREFIX}{path}": 1_048_576 for path in _LONG_LISTS},
    f"{PREFIX}/registry/import": 8 * 2**20,
    f"{PREFIX}/reported-readings/import": 2**19,
}
"""By path, in bytes: operations that take long lists, or files."""

PageSize = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="How many items a page may have.")]


class BodyLimit:
    """Refuses a body that is too large: an announced one unread, any other one as soon as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        most = LARGER_BODIES.get(scope.get("path", ""), LARGEST_BODY)
        if scope["type"] == "http" and _announced(scope, most) > most:
            error = BodyTooLarge(f"A request may have at most {most} bytes of body.")
            await answer(scope["path"], error)(scope, receive, send)
        else:
            await self._app(scope, _counted(receive, most), send)


def _counted(receive: Receive, most: int) -> Receive:
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return message

    return counted


def _announced(scope: Scope, most: int) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isascii() and length.isdecimal() and len(length) < 20 else most + 1
