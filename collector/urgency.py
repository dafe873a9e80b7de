"""How urgent it is to ask a meter: which meter of a line comes first, and which line. Pure."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import Protocol

from collector.budgets import keeps_by_model
from collector.gaps import Billed, is_losing, lacks_closing
from metering.books import BookedMeter
from metering.calendar import MeterZone
from metering.errors import ConfigurationError
from metering.plans import Keeps


class Urgency(IntEnum):
    """The smaller, the sooner."""

    REQUEST = 0
    """A person waits."""
    CLOSING = 1
    """A bill waits for a register level, and its deadline is ahead."""
    FALLING_OUT = 2
    """The meter's memory is about to lose what is not stored."""
    ROUTINE = 3


class Outlined(Billed, Protocol):
    """A meter of which only the outline is known, not its slots."""

    @property
    def waiting_requests(self) -> int: ...


def urgency(meter: BookedMeter | Outlined, now: datetime) -> Urgency:
    """Why this meter goes before others, or that it does not."""
    if meter.requests if isinstance(meter, BookedMeter) else meter.waiting_requests:
        return Urgency.REQUEST
    try:
        return _of_readings(meter, now)
    except ConfigurationError:
        # Its zone is not known here: its poll says so, and its neighbours are not kept waiting.
        return Urgency.ROUTINE


def _of_readings(meter: BookedMeter | Outlined, now: datetime) -> Urgency:
    if lacks_closing(meter, now):
        return Urgency.CLOSING
    if isinstance(meter, BookedMeter) and _is_losing(meter, now):
        return Urgency.FALLING_OUT
    return Urgency.ROUTINE


def _is_losing(meter: BookedMeter, now: datetime) -> bool:
    keeps = keeps_by_model().get(meter.model, Keeps())
    meter_time = MeterZone(meter.zone).to_meter_time(now)
    return any(is_losing(meter, kind, keeps, meter_time) for kind in keeps.depths)
