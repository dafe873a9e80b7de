"""The journal of meter clocks that somebody asked to be set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from metering.errors import ConfigurationError
from storage import sql
from storage.pool import Database

_SQL = sql.statements("clock_settings")


class ClockState(StrEnum):
    """How far a setting has come."""

    QUEUED = "queued"
    RUNNING = "running"
    SET = "set"
    REFUSED = "refused"
    """Nothing was written to the meter."""
    FAILED = "failed"
    """Something may have been written; the message says what is known."""


@dataclass(frozen=True, slots=True)
class ClockResult:
    """What came of it. `before`, `sent` and `after` are the meter's naive time; None where not known."""

    state: ClockState
    message: str = ""
    before: datetime | None = None
    sent: datetime | None = None
    after: datetime | None = None
    poll_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ClockSetting:
    """One line of the journal. `across_hour`: records of archives may be doubled or left out by it."""

    id: UUID
    meter_id: int
    serial: str
    operator: str
    requested_at: datetime
    across_hour: bool
    finished_at: datetime | None
    result: ClockResult


class ClockSettings:
    """Requests are carried out by the collector that serves the meter's line."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def request(self, meter_id: int, operator: str, at: datetime, *, across_hour: bool) -> UUID:
        """Asks for a meter's clock to be set; ConfigurationError when there is no such meter."""
        identifier = uuid4()
        row = await self._database.row(_SQL["request"], identifier, meter_id, operator, at, across_hour)
        if row is None:
            raise ConfigurationError(f"There is no meter {meter_id}; its clock cannot be set.")
        return identifier

    async def get(self, identifier: UUID) -> ClockSetting | None:
        row = await self._database.row(_SQL["get"], identifier)
        return _setting(row) if row else None

    async def of_line(self, line_id: int) -> list[ClockSetting]:
        """What waits on this line, and what was under way when its collector died; oldest first."""
        return [_setting(row) for row in await self._database.rows(_SQL["of_line"], line_id)]

    async def journal(self, meter_id: int | None = None, limit: int = 100) -> list[ClockSetting]:
        """Newest first, of one meter or of all."""
        return [_setting(row) for row in await self._database.rows(_SQL["of_meter"], meter_id, limit)]

    async def lines(self) -> set[int]:
        """Lines on which a clock is to be set."""
        return {row["line_id"] for row in await self._database.rows(_SQL["lines"])}

    async def start(self, identifier: UUID) -> bool:
        """Whether it was queued, and is running now: what was running is never begun a second time."""
        return await self._database.row(_SQL["start"], identifier) is not None

    async def finish(self, identifier: UUID, at: datetime, result: ClockResult) -> None:
        """Writes down what came of it; what is finished stays as it is."""
        await self._database.rows(
            _SQL["finish"],
            identifier,
            result.state.value,
            at,
            result.before,
            result.sent,
            result.after,
            result.message,
            result.poll_id,
        )


def _setting(row: Any) -> ClockSetting:
    result = ClockResult(
        ClockState(row["state"]),
        row["message"],
        row["before_setting"],
        row["sent"],
        row["after_setting"],
        row["poll_id"],
    )
    return ClockSetting(
        row["id"],
        row["meter_id"],
        row["serial"],
        row["operator"],
        row["requested_at"],
        row["across_hour"],
        row["finished_at"],
        result,
    )
