"""What the OpenAPI description says of answers that are no JSON."""

from __future__ import annotations

from typing import Any

Responses = dict[int | str, dict[str, Any]]
"""As FastAPI takes them: by status code."""


def text_answer(media_type: str, example: str) -> Responses:
    """A text, like `example`."""
    return _answer(media_type, {"type": "string"}, example)


def file_answer(media_type: str) -> Responses:
    """Bytes, of which no example can be shown."""
    return _answer(media_type, {"type": "string", "format": "binary"}, "")


def _answer(media_type: str, schema: dict[str, str], example: str) -> Responses:
    return {200: {"content": {media_type: {"schema": schema, "example": example}}}}
