"""When a meter is due: wall-clock beats, staggered by meter, slowed down for a meter that fails. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from metering.polls import PollHistory

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST_BACK_OFF = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class PollPlan:
    """Meters are asked on wall-clock beats `every` so long; a failed poll again after `retry`, doubling.

    `budgets`: how many polls in any 24 hours the batteries of a model allow; other models are not bounded.
    """

    every: timedelta = timedelta(hours=1)
    retry: timedelta = timedelta(minutes=1)
    budgets: Mapping[str, int] = field(default_factory=dict)


def next_due(meter_id: int, plan: PollPlan, history: PollHistory) -> datetime | None:
    """The instant at which this meter is to be asked next; None means at once.

    What its battery allows goes before everything, an operator's wish included.
    """
    due = _wanted(meter_id, plan, history)
    spared = history.spared_until
    return max(due, spared) if due and spared else due or spared


def _wanted(meter_id: int, plan: PollPlan, history: PollHistory) -> datetime | None:
    if history.last_at is None or history.asked:
        return None
    if history.failures:
        return history.last_at + back_off(plan, history.failures)
    return _next_beat(history.last_at, plan.every, stagger(meter_id, plan.every))


def is_due(meter_id: int, plan: PollPlan, history: PollHistory, now: datetime) -> bool:
    """Whether the meter is to be asked now."""
    due = next_due(meter_id, plan, history)
    return due is None or due <= now


def back_off(plan: PollPlan, failures: int) -> timedelta:
    """Retry, doubled by each further failure, never longer than six hours."""
    doublings: int = 2 ** min(failures - 1, 16)
    return min(plan.retry * doublings, LONGEST_BACK_OFF)


def stagger(meter_id: int, every: timedelta) -> timedelta:
    """A fixed share of the beat by meter, so that not all of them start in the same second."""
    digest = hashlib.sha256(str(meter_id).encode()).digest()
    return every * (int.from_bytes(digest[:4], "big") / 2**32)


def _next_beat(after: datetime, every: timedelta, offset: timedelta) -> datetime:
    beats = (after - EPOCH - offset) // every
    return EPOCH + offset + every * (beats + 1)
