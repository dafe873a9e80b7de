"""How fast a key may ask: a bucket of requests that fills evenly, kept in this process."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final

from api.errors import TooFast
from storage.keys import ApiKey

_MINUTE: Final = 60.0
MOST_KEPT: Final = 10_000
"""Keys that are remembered at once; beyond that, those that have a whole bucket again are forgotten."""


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Rates:
    """`elapsed` is a clock in seconds that never goes back."""

    def __init__(self, elapsed: Callable[[], float] = monotonic) -> None:
        self._elapsed = elapsed
        self._buckets: dict[int, _Bucket] = {}

    def __len__(self) -> int:
        """Of how many keys something is remembered."""
        return len(self._buckets)

    def count(self, key: ApiKey) -> None:
        """One more request of this key. TooFast: it has asked a minute's requests already."""
        now, full = self._elapsed(), float(key.requests_per_minute)
        bucket = self._buckets.pop(key.id, None) or _Bucket(full, now)
        self._buckets[key.id] = bucket
        bucket.left = min(full, bucket.left + (now - bucket.at) * full / _MINUTE)
        bucket.at = now
        if bucket.left < 1:
            wait = math.ceil((1 - bucket.left) * _MINUTE / full)
            raise TooFast(f"The key {key.name!r} may ask {key.requests_per_minute} times a minute.", wait)
        bucket.left -= 1
        self._forget(now)

    def _forget(self, now: float) -> None:
        """Those that have not asked for a minute have a whole bucket: the least recent stand first."""
        while self._buckets:
            oldest = next(iter(self._buckets))
            if now - self._buckets[oldest].at < _MINUTE and len(self._buckets) <= MOST_KEPT:
                return
            del self._buckets[oldest]
