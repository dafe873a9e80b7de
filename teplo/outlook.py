"""What the collector's schedule says of the lines that the API and the terminal show."""

from __future__ import annotations

from collections.abc import Sequence

from api.outlooks import Outlook
from collector.breaker import line_rests_until
from collector.schedule import next_due
from metering.calendar import MeterZone
from storage.books import Outline


def foretold(line_id: int, meters: Sequence[Outline]) -> Outlook:
    """When a line is served next; a meter that is due at once has waited since its last poll."""
    if not meters:
        return Outlook()
    histories = {meter.id: meter.history for meter in meters}
    rests_until = line_rests_until(histories, meters[0].plan, line_id)
    dues = (
        next_due(meter.id, meter.plan, meter.history, MeterZone(meter.zone)) or meter.history.last_at
        for meter in meters
    )
    return Outlook(rests_until, min((due for due in dues if due is not None), default=None))
