"""Times as people type them."""

from __future__ import annotations

from datetime import UTC, datetime

from metering.calendar import MeterZone
from metering.errors import ConfigurationError


def moment_in(zone: MeterZone, written: str) -> datetime:
    """What is meant, in UTC; without an offset it is the time of `zone`."""
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise ConfigurationError(
            f"{written!r} is no time: write 2026-01-31, 2026-01-31T15:00 or 2026-01-31T15:00+05:00."
        ) from error
    return moment.astimezone(UTC) if moment.tzinfo else zone.to_utc(moment)
