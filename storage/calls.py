"""Calls through our modems: every attempt, how it ended, and the bytes it cost at both ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from metering.calls import Call, CallResult, HungUpBy
from metering.signals import SignalReport
from storage import sql, traffic
from storage.pool import Database
from storage.traffic import Carried

_SQL = sql.statements("calls")


@dataclass(frozen=True, slots=True)
class StoredCall:
    """A call, and the line that had this number then; of its signal the level and the raw words are kept."""

    call: Call
    line_id: int | None


class Calls:
    """The history of calls."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, call: Call) -> None:
        """Stores the call with its bytes in both modems' traffic; saving it again changes nothing.

        ReadingConflict when the modem is not registered.
        """
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(_SQL["insert"], *_row(call))
            if row is None:
                return
            far = await _far_modem(connection, call, row["line_id"])
            carried = [Carried(call.modem_id, call.ended_at, call.sent, call.received)]
            if far is not None:
                carried.append(Carried(far, call.ended_at, call.sent, call.received))
            await traffic.add(connection, carried)

    async def list(
        self,
        modem_id: int | None = None,
        line_id: int | None = None,
        after: UUID | None = None,
        limit: int = 100,
    ) -> list[StoredCall]:
        """Newest first; of a modem of ours those it made, of a meter's those it was called by.

        `after` is the last call of the page before.
        """
        rows = await self._database.rows(_SQL["list"], modem_id, line_id, after, limit)
        return [_stored_call(row) for row in rows]


async def _far_modem(connection: Any, call: Call, line_id: int | None) -> int | None:
    """The modem at the far end, whose last contact this was if it answered."""
    if call.connected_at is None:
        modem: int | None = await connection.fetchval(_SQL["modem_of_line"], line_id)
    else:
        modem = await connection.fetchval(_SQL["reached"], line_id, call.ended_at)
    return modem


def _row(call: Call) -> tuple[object, ...]:
    return (
        call.id,
        call.modem_id,
        call.number,
        call.collector,
        call.started_at,
        call.connected_at,
        call.ended_at,
        call.result,
        call.hung_up_by,
        call.cause,
        call.sent,
        call.received,
        call.signal.level if call.signal else None,
        call.signal.raw if call.signal else None,
    )


def _stored_call(row: Any) -> StoredCall:
    columns = dict(row)
    line_id, level, raw = columns.pop("line_id"), columns.pop("level"), columns.pop("raw")
    hung_up_by, result = columns.pop("hung_up_by"), CallResult(columns.pop("result"))
    call = Call(
        **columns,
        result=result,
        hung_up_by=HungUpBy(hung_up_by) if hung_up_by is not None else None,
        signal=SignalReport(raw, level) if raw is not None else None,
    )
    return StoredCall(call, line_id)
