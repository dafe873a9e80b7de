"""What collectors hear of modems beside readings; each batch is stored once, however often it is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from metering.signals import SignalLevel
from storage.modems import Contact


@dataclass(frozen=True, slots=True)
class HeardLevels:
    """Signal levels of one modem."""

    modem_id: int
    levels: tuple[SignalLevel, ...]


@dataclass(frozen=True, slots=True)
class HeardContacts:
    """What was heard of modems since the batch before."""

    contacts: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class LineTraffic:
    """Bytes that went over a line whose gateway we connect to."""

    line_id: int
    at: datetime
    sent: int
    received: int
