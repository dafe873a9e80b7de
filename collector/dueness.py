"""Who is to be asked now on a line: by its plan, by a person's wish, or because its modem has come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from collector.breaker import line_rests_until
from collector.schedule import may_start, next_due
from metering.calendar import MeterZone
from metering.errors import ConfigurationError
from metering.plans import PollPlan
from metering.polls import Outcome, PollHistory

MISSED: Final = (Outcome.MODEM_AWAY, Outcome.NO_LINK, Outcome.LINE_LOST, Outcome.PARTLY_READ)
"""Ends of polls that a modem which came back may have caused."""


class Polled(Protocol):
    """A meter as a plan sees it."""

    @property
    def id(self) -> int: ...

    @property
    def zone(self) -> str: ...

    @property
    def plan(self) -> PollPlan: ...

    @property
    def history(self) -> PollHistory: ...


def is_due(meter: Polled, now: datetime, *, returned: bool = False) -> bool:
    """Whether its plan wants it asked. `returned`: its modem has just come back to us.

    What failed while the modem was away is due at once, but never beyond the meter's budgets.
    """
    history = meter.history
    if history.spared_until and history.spared_until > now:
        return False
    zone = _zone(meter.zone)
    if not may_start(meter.plan, now, zone):
        return False
    due = None if returned and history.outcome in MISSED else next_due(meter.id, meter.plan, history, zone)
    return due is None or due <= now


def _zone(name: str) -> MeterZone:
    """One that is not known here delays nobody else: its meter is due by UTC; its poll says what is wrong."""
    try:
        return MeterZone(name)
    except ConfigurationError:
        return MeterZone("+00:00")


def line_rests(line_id: int, meters: Sequence[Polled], now: datetime) -> bool:
    """Whether a line that is down was probed so lately that it is left alone."""
    histories: Mapping[int, PollHistory] = {meter.id: meter.history for meter in meters}
    until = line_rests_until(histories, meters[0].plan, line_id) if meters else None
    return until is not None and until > now
