"""Quarantine: what doubtful polls brought is kept beside the archive until an engineer decides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from metering.errors import StorageError
from metering.meters import MeterConfiguration, MeterIdentity
from metering.polls import HoldReason, PollReport
from metering.readings import GapReason
from storage import sql, wire
from storage.pool import Database

_SQL = sql.statements("held")

MOST_WAITING: Final = 240
"""Polls of one meter that wait at once: ten days of hours in which nobody looks."""

_NOT_KEPT: Final = (
    f"{MOST_WAITING} polls of this meter wait in quarantine already: what this one brought was not kept, its "
    "frames were. Decide on those that wait."
)

HeldKey = tuple[datetime, UUID]
"""When it was held and the poll: where a page ends."""


class HeldState(StrEnum):
    """What became of a held poll's readings."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class HeldPoll:
    """A poll whose readings are or were held, and the decision on them.

    `serial` is the registered one of `meter_id`, at whose address the poll was made; `identity` who answered.
    `accepted_configuration`: that under which the meter's readings are accepted today.
    """

    poll_id: UUID
    meter_id: int
    serial: str
    reason: HoldReason
    state: HeldState
    held_at: datetime
    message: str
    identity: MeterIdentity | None
    configuration: MeterConfiguration | None
    accepted_configuration: MeterConfiguration | None
    clock_difference: timedelta | None
    decided_by: str | None
    decided_at: datetime | None
    note: str

    @property
    def key(self) -> HeldKey:
        """By which pages are sorted."""
        return self.held_at, self.poll_id


async def hold(connection: Any, report: PollReport) -> bool:
    """Keeps what a held report brought, in the transaction that stores its poll; its slots are known now.

    False when too many polls of the meter wait already: the poll's message says so.
    """
    if report.held is None:
        raise StorageError(f"Poll {report.id} gives no reason why its readings should be held.")
    packed = wire.encode_report(replace(report, frames=()))
    particulars = (report.id, report.meter_id, report.held.value, report.finished_at, packed)
    if await connection.fetchval(_SQL["hold"], *particulars, MOST_WAITING) is None:
        await connection.execute(_SQL["say"], report.id, _NOT_KEPT)
        return False
    slots = sorted(set(_slots(report)))
    columns = [list(column) for column in zip(*slots, strict=True)] or [[], [], []]
    await connection.execute(_SQL["hold_slots"], report.id, report.meter_id, *columns)
    return True


def _slots(report: PollReport) -> Iterator[tuple[str, datetime, datetime]]:
    """Slots that need no further asking: a record that was not yet closed may be there the next time."""
    for record in report.archive:
        yield record.kind.value, record.slot.start, record.slot.end
    for gap in report.gaps:
        if gap.reason is not GapReason.NOT_YET_CLOSED:
            yield gap.kind.value, gap.slot.start, gap.slot.end


class Held:
    """Held polls, waiting and decided."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(
        self,
        state: HeldState | None = None,
        meter_id: int | None = None,
        after: HeldKey | None = None,
        limit: int = 100,
    ) -> list[HeldPoll]:
        """Newest first; `after` is the last key of the page before."""
        position = after or (None, None)
        rows = await self._database.rows(
            _SQL["list"], state.value if state else None, meter_id, *position, limit
        )
        return [_held_poll(row) for row in rows]

    async def get(self, poll_id: UUID) -> tuple[HeldPoll, PollReport] | None:
        """A held poll with the report that it brought, without its frames."""
        row = await self._database.row(_SQL["get"], poll_id)
        return (_held_poll(row), wire.decode_report(row["packed"])) if row else None


def _held_poll(row: Any) -> HeldPoll:
    return HeldPoll(
        poll_id=row["poll_id"],
        meter_id=row["meter_id"],
        serial=row["serial"],
        reason=HoldReason(row["reason"]),
        state=HeldState(row["state"]),
        held_at=row["held_at"],
        message=row["message"],
        identity=MeterIdentity(**json.loads(row["identity"])) if row["identity"] else None,
        configuration=_configuration(row["configuration"]),
        accepted_configuration=_configuration(row["accepted_configuration"]),
        clock_difference=row["clock_difference"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        note=row["note"],
    )


def _configuration(written: str | None) -> MeterConfiguration | None:
    return MeterConfiguration(json.loads(written)) if written else None
