"""What a message brings that a meter, or the gateway beside it, sent on its own account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from metering.errors import DecodeError
from metering.meters import MeterIdentity
from metering.readings import ArchiveRecord, Snapshot

LARGEST_PAYLOAD: Final = 256 * 1024
LONGEST_IDENTITY: Final = 64


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it came from a broker; `received_at` is when it came to us."""

    topic: str
    payload: bytes
    received_at: datetime
    retained: bool = False


@dataclass(frozen=True, slots=True)
class Pushed:
    """One meter's values at one instant.

    `identity` is the serial number that the registry knows: the meter's own where the payload tells it, else
    its radio's. `at` is the payload's time where it has one. `key` is the same for every copy of a message:
    retained ones, repetitions, radio frames that two gateways heard. `meter`: what else it says of itself.
    """

    identity: str
    at: datetime
    key: str
    snapshot: Snapshot
    records: tuple[ArchiveRecord, ...] = ()
    meter: MeterIdentity | None = None


def checked_identity(identity: str) -> str:
    """The identity, unless it cannot be one; DecodeError."""
    if not 0 < len(identity) <= LONGEST_IDENTITY or not identity.isprintable():
        raise DecodeError(f"{identity[:LONGEST_IDENTITY]!r} is no identity of a meter.")
    return identity
