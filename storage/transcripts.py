"""The transcripts of polls: one packed row per poll."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from metering.polls import Frame, PollReport
from storage import sql
from storage.packed_transcripts import Transcript, pack, unpack
from storage.pool import Database

_SQL: Final = sql.statements("transcripts")


async def store(connection: Any, report: PollReport) -> None:
    """Keeps the report's frames, within the transaction that stores its poll; nothing without frames."""
    if report.frames:
        size = sum(len(frame.data) for frame in report.frames)
        packed = pack(Transcript(report.frames, report.asked))
        await connection.execute(
            _SQL["store"], report.id, report.started_at, len(report.frames), size, packed
        )


async def transcript(database: Database, poll_id: UUID) -> Transcript | None:
    """None when nothing went over the line or the time of keeping is over; DecodeError when damaged."""
    packed = await database.value(_SQL["transcript"], poll_id)
    return None if packed is None else unpack(packed)


async def frames(database: Database, poll_id: UUID) -> tuple[Frame, ...]:
    """The raw frames of a poll in the order in which they went over the line; none where none are kept."""
    kept = await transcript(database, poll_id)
    return kept.frames if kept else ()
