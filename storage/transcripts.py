"""The raw frames of polls: one packed row per poll."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from metering.polls import Frame, PollReport
from storage import sql
from storage.packed_frames import pack, unpack
from storage.pool import Database

_SQL: Final = sql.statements("transcripts")


async def store(connection: Any, report: PollReport) -> None:
    """Keeps the report's frames, within the transaction that stores its poll; nothing without frames."""
    if report.frames:
        size = sum(len(frame.data) for frame in report.frames)
        await connection.execute(
            _SQL["store"], report.id, report.started_at, len(report.frames), size, pack(report.frames)
        )


async def frames(database: Database, poll_id: UUID) -> tuple[Frame, ...]:
    """The raw frames of a poll in the order in which they went over the line.

    Empty when there were none or their time of keeping is over; DecodeError when they are damaged.
    """
    packed = await database.value(_SQL["frames"], poll_id)
    return () if packed is None else unpack(packed)
