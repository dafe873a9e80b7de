"""What a request makes a poll read, and that a request which nobody wants any more is called off."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from collector.asked import DatabaseWishes, wanted_of
from collector.gaps import ArchiveRange
from metering.calendar import ArchiveKind, MeterZone
from metering.errors import StorageUnavailable
from metering.requests import PollRequest, RequestKind
from protocols import catalogue
from storage.pool import Database
from tests.instant_loop import run_instantly

NOW = datetime(2026, 1, 10, 7, 30, tzinfo=UTC)
ALMATY = MeterZone("+05:00")
KAMSTRUP = catalogue.driver("kamstrup-multical-403").info
READ = PollRequest(UUID(int=1), 7, RequestKind.NOW, "A. Serikova", NOW)
HOURS = replace(
    READ,
    kind=RequestKind.ARCHIVE,
    archive=ArchiveKind.HOUR,
    start=datetime(2026, 1, 1, 19, tzinfo=UTC),
    end=datetime(2026, 1, 1, 22, tzinfo=UTC),
)


def test_what_is_due_is_not_named() -> None:
    assert wanted_of(READ, ALMATY) is None


def test_an_archive_is_named_in_the_meters_time() -> None:
    first, end = datetime(2026, 1, 2), datetime(2026, 1, 2, 3)
    assert wanted_of(HOURS, ALMATY) == ArchiveRange(ArchiveKind.HOUR, first, end)


def test_a_link_is_checked_without_reading_archives() -> None:
    wanted = wanted_of(replace(READ, kind=RequestKind.LINK), ALMATY)
    assert wanted is not None
    assert wanted.requests(KAMSTRUP, ALMATY.to_meter_time(NOW)) == []


class Journal:
    """What a database would be told; `wanted_for` looks say yes, then no. None: the database is away."""

    def __init__(self, wanted_for: int | None) -> None:
        self.wanted_for = wanted_for
        self.told: list[tuple[int, int]] = []

    async def progress(self, identifier: UUID, at: datetime, done: int = 0, wanted: int = 0) -> bool:
        self.told.append((done, wanted))
        if self.wanted_for is None:
            raise StorageUnavailable
        return len(self.told) <= self.wanted_for

    async def waiting(self, line_id: int) -> Sequence[PollRequest]:
        if self.wanted_for is None:
            raise StorageUnavailable
        return [READ]


def wishes(journal: Journal) -> DatabaseWishes:
    made = DatabaseWishes(Database("postgresql:///never-asked"), lambda: NOW)
    made._requests = journal  # type: ignore[assignment]
    return made


async def poll(journal: Journal, seconds: float) -> list[float]:
    """When a poll of so many seconds was called off, counted from its start."""
    loop, called_off = asyncio.get_running_loop(), list[float]()
    began = loop.time()
    async with wishes(journal).watch(READ, lambda: called_off.append(loop.time() - began)) as told:
        told(24, 72)
        await asyncio.sleep(seconds)
        told(48, 72)
        await asyncio.sleep(seconds)
    return called_off


def test_progress_is_told_once_a_second() -> None:
    journal = Journal(wanted_for=100)
    assert run_instantly(poll(journal, 2.5)) == []
    assert journal.told == [(0, 0), (24, 72), (24, 72), (48, 72), (48, 72)]


def test_whoever_cancels_is_heard_within_a_second() -> None:
    called_off = run_instantly(poll(Journal(wanted_for=2), 1.5))
    assert called_off[0] == pytest.approx(2.0)


def test_what_was_cancelled_before_is_called_off_before_its_first_question() -> None:
    assert run_instantly(poll(Journal(wanted_for=0), 0.1)) == [0.0]


def test_a_database_that_is_away_stops_no_poll_and_has_nothing_new() -> None:
    journal = Journal(wanted_for=None)
    assert run_instantly(poll(journal, 1.5)) == []
    assert asyncio.run(wishes(journal).fresh(1)) == ()


def test_a_poll_that_fails_is_not_watched_any_more() -> None:
    journal = Journal(wanted_for=100)

    async def fail() -> None:
        with pytest.raises(OSError, match="cut"):
            async with wishes(journal).watch(READ, lambda: None):
                raise OSError("cut")
        await asyncio.sleep(10)

    run_instantly(fail())
    assert journal.told == [(0, 0)]
