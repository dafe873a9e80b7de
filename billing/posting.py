"""One POST over HTTP/1.1: no redirects, no more of the answer than its first line, and an end in any case."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import SplitResult, urlsplit

from metering.errors import LineUnavailable

LONGEST: Final = 10.0
"""Seconds from the connection to the answer, however slowly it drips."""
_LARGEST_LINE: Final = 4096
_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3})\b")


async def post(url: str, headers: Mapping[str, str], body: bytes, longest: float = LONGEST) -> None:
    """Returns when the answer is 2xx; LineUnavailable, which says why, in every other case."""
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(longest):
            status = await _asked(parts, _request(parts, headers, body))
    except TimeoutError as error:
        raise LineUnavailable(f"{parts.netloc} did not answer within {longest:g} s.") from error
    except (OSError, ValueError) as error:
        raise LineUnavailable(f"{parts.netloc} cannot be reached, or speaks no HTTP: {error}.") from error
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise LineUnavailable(
            f"{parts.netloc} answered {status}; wanted is 2xx, and redirects are not followed."
        )


async def _asked(parts: SplitResult, request: bytes) -> int:
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    reader, writer = await asyncio.open_connection(
        parts.hostname, port, ssl=secure or None, limit=_LARGEST_LINE
    )
    try:
        writer.write(request)
        await writer.drain()
        found = _STATUS.match(await reader.readline())
    finally:
        writer.transport.abort()
    if found is None:
        raise ValueError("the answer does not begin with a status line")
    return int(found[1])


def _request(parts: SplitResult, headers: Mapping[str, str], body: bytes) -> bytes:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    fixed = {"Host": parts.netloc, "Connection": "close", "Content-Length": str(len(body))}
    lines = [f"POST {target} HTTP/1.1", *(f"{name}: {text}" for name, text in {**fixed, **headers}.items())]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body
