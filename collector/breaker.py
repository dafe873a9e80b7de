"""What a dead meter and a dead line may cost the others: one probe now and then. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from collector.schedule import back_off
from metering.plans import PollPlan
from metering.polls import LINE_FAULTS, Outcome, PollHistory

SILENT_POLLS: Final = 5
"""After so many polls in a row a silent meter is only probed."""


def probing(history: PollHistory) -> bool:
    """Whether this meter was silent for so long that it is asked one question, once, before all others."""
    return history.outcome is Outcome.METER_SILENT and history.failures >= SILENT_POLLS


def line_rests_until(histories: Mapping[int, PollHistory], plan: PollPlan, line_id: int) -> datetime | None:
    """Until when a line that is down is left alone; None: it is not down.

    It is down when the last poll of each of its meters ended by a fault of the line's. How long it has been
    is seen from the meter with the fewest failures: the others may have had failures of their own before.
    """
    tried = [one.last_at for one in histories.values() if one.last_at is not None]
    if not tried or any(one.outcome not in LINE_FAULTS for one in histories.values()):
        return None
    failures = min(one.failures for one in histories.values())
    return max(tried) + back_off(plan, max(failures, 1), f"line {line_id}")
