"""The bytes by which a caller can tell whose frame it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Marks(NamedTuple):
    """What a request and a reply say of whose they are; empty bytes where they say nothing."""

    request: Callable[[bytes], bytes]
    reply: Callable[[bytes], bytes]
