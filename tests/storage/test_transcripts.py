"""The frames of a poll come out of the database as they went over the line."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from metering.calendar import ArchiveKind, slot_at
from metering.errors import DecodeError
from metering.polls import AskedSlots
from storage import transcripts
from storage.packed_transcripts import Transcript
from storage.polls import Polls
from storage.pool import Database
from tests.support.registry import START, place, report


async def test_frames_and_what_was_asked_come_back_exactly(database: Database) -> None:
    spot = await place(database)
    hour = AskedSlots(ArchiveKind.HOUR, (slot_at(ArchiveKind.HOUR, START.replace(tzinfo=None)),))
    sent = replace(report(spot.meter), asked=(hour,))
    await Polls(database).save(sent)
    assert await transcripts.transcript(database, sent.id) == Transcript(sent.frames, (hour,))
    assert await transcripts.frames(database, sent.id) == await Polls(database).frames(sent.id) == sent.frames
    (row,) = await database.rows("select frames, size, at from transcript")
    assert tuple(row) == (2, sum(len(frame.data) for frame in sent.frames), sent.started_at)


async def test_a_poll_without_frames_has_no_row(database: Database) -> None:
    spot = await place(database)
    silent = replace(report(spot.meter), frames=())
    await Polls(database).save(silent)
    assert await transcripts.transcript(database, silent.id) is None
    assert await transcripts.frames(database, silent.id) == ()
    assert await database.value("select count(*) from transcript") == 0


async def test_a_poll_that_nobody_knows_has_no_frames(database: Database) -> None:
    assert await transcripts.frames(database, uuid4()) == ()


async def test_a_damaged_row_is_told(database: Database) -> None:
    spot = await place(database)
    sent = report(spot.meter)
    await Polls(database).save(sent)
    await database.rows("update transcript set packed = substr(packed, 1, 10)")
    with pytest.raises(DecodeError, match="cut short"):
        await transcripts.frames(database, sent.id)
