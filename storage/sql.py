"""Named SQL: each `queries/<topic>.sql` holds statements headed by a line `-- name: <statement>`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

_HEADING = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def statements(topic: str) -> Mapping[str, str]:
    """Every statement of `queries/<topic>.sql` by its name."""
    text = resources.files("storage").joinpath("queries", f"{topic}.sql").read_text(encoding="utf-8")
    _, *parts = _HEADING.split(text)
    return MappingProxyType({name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)})
