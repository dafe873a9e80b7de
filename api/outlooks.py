"""What lies ahead of a line, told by whoever puts the application together: the API knows no schedules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from storage.books import Outline


@dataclass(frozen=True, slots=True)
class Outlook:
    """`rests_until`: a line that is down is left alone until then. `due_at`: when the next meter is due."""

    rests_until: datetime | None = None
    due_at: datetime | None = None


Foretell = Callable[[int, Sequence[Outline]], Outlook]
"""Of a line, by its id and its polled meters."""


def untold(line_id: int, meters: Sequence[Outline]) -> Outlook:
    """Nothing is known of what lies ahead."""
    return Outlook()
