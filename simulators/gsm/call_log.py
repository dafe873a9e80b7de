"""The network's own book of calls: what the collector's records are compared with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Ending(StrEnum):
    """How an attempt to call ended."""

    BUSY = "busy"
    NO_CARRIER = "no_carrier"
    NO_ANSWER = "no_answer"
    ABORTED = "aborted"
    """Our side gave up before anybody answered."""
    HUNG_UP = "hung_up"
    """Our side ended the conversation."""
    HUNG_UP_REMOTELY = "hung_up_remotely"
    CUT = "cut"


@dataclass(slots=True)
class LoggedCall:
    """One attempt, in seconds of the loop's time; `connected` and `ended` are None until then."""

    modem: str
    number: str
    started: float
    connected: float | None = None
    ended: float | None = None
    ending: Ending | None = None


def most_at_once(calls: Iterable[LoggedCall]) -> int:
    """The most of these calls that went on, from dialling to hanging up, at any one time."""
    changes: list[tuple[float, int]] = []
    for call in calls:
        changes.append((call.started, 1))
        if call.ended is not None:
            changes.append((call.ended, -1))
    most = going_on = 0
    for _, change in sorted(changes):
        going_on += change
        most = max(most, going_on)
    return most
