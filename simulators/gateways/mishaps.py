"""What a mobile network does to a gateway's connection; what its meters' line does is in faults.py.

Of the first four at most one befalls a request; the others befall what the gateway sends. Shares are
probabilities of each request, packet or heartbeat.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from metering.errors import ConfigurationError


class Mishap(StrEnum):
    """What befell a connection, in one word."""

    MAPPING_LOST = "mapping_lost"
    """The operator forgot an idle connection: without FIN, bytes vanish both ways; the gateway comes anew."""
    RESET = "reset"
    """The connection is reset in the middle of a reply."""
    BYTE_LOST = "byte_lost"
    """The serial side lost one byte of the reply."""
    HEARTBEAT_GLUED = "heartbeat_glued"
    """A heartbeat stands right before the reply, in one segment."""
    HEARTBEAT_SPLIT = "heartbeat_split"
    """A heartbeat comes in two segments."""
    SPLIT = "split"
    """A packet comes in two segments."""
    MERGED = "merged"
    """Two packets come in one segment."""


REQUEST_MISHAPS: Final = (Mishap.MAPPING_LOST, Mishap.RESET, Mishap.BYTE_LOST, Mishap.HEARTBEAT_GLUED)


@dataclass(frozen=True, slots=True)
class Conditions:
    """A network's habits. `jitter`: by how many times its latency a delay may be longer."""

    shares: Mapping[Mishap, float]
    jitter: float = 0.0


FIELD: Final[Mapping[Mishap, float]] = {
    Mishap.MAPPING_LOST: 0.005,
    Mishap.RESET: 0.005,
    Mishap.BYTE_LOST: 0.005,
    Mishap.HEARTBEAT_GLUED: 0.02,
    Mishap.HEARTBEAT_SPLIT: 0.2,
    Mishap.SPLIT: 0.1,
    Mishap.MERGED: 0.05,
}
CONDITIONS: Final[Mapping[str, Conditions]] = {
    "none": Conditions({}),
    "field": Conditions(FIELD, jitter=1.0),
    "hostile": Conditions({mishap: 4 * share for mishap, share in FIELD.items()}, jitter=4.0),
}
"""By the names of the fault mixes (faults.py)."""


def conditions(name: str) -> Conditions:
    """The conditions of this name; ConfigurationError when there are none."""
    if name not in CONDITIONS:
        raise ConfigurationError(f"Unknown fault mix {name!r}: write one of {', '.join(CONDITIONS)}.")
    return CONDITIONS[name]


class Fate:
    """Draws what befalls one gateway, and counts it."""

    def __init__(self, of: Conditions, latency: float, random: Random) -> None:
        self.counts: Counter[Mishap] = Counter()
        self.random = random
        self._conditions = of
        self._latency = latency

    def of_request(self) -> Mishap | None:
        """What befalls the next request; the one who lets it happen counts it."""
        at = self.random.random()
        for mishap in REQUEST_MISHAPS:
            share = self._conditions.shares.get(mishap, 0.0)
            if at < share:
                return mishap
            at -= share
        return None

    def befalls(self, mishap: Mishap) -> bool:
        """Whether this happens now."""
        return self.random.random() < self._conditions.shares.get(mishap, 0.0)

    def count(self, mishap: Mishap) -> None:
        self.counts[mishap] += 1

    def delay(self) -> float:
        """How long the next packet is under way."""
        return self._latency * (1 + self._conditions.jitter * self.random.random())
