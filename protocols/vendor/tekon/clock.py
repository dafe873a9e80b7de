"""Reading a module's clock, whose date and time are two questions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from protocols.conversation import Conversation
from protocols.vendor.tekon.dialogue import Dialogue
from protocols.vendor.tekon.moments import DATE, TIME, decode_date, decode_time

_AFTER_MIDNIGHT: Final = timedelta(minutes=5)
"""So soon after midnight the date may still be the one before."""


def read_clock(dialogue: Dialogue) -> Conversation[datetime]:
    """The naive time; the date is read once more when midnight may have come between."""
    date = decode_date((yield from dialogue.read(DATE)))
    time = decode_time((yield from dialogue.read(TIME)))
    since_midnight = timedelta(hours=time.hour, minutes=time.minute, seconds=time.second)
    if since_midnight < _AFTER_MIDNIGHT:
        date = decode_date((yield from dialogue.read(DATE)))
    return date + since_midnight
