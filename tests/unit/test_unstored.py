"""Lines whose readings lie on the disk: how long they wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from collector.spool import SpoolState
from collector.unstored import LONGEST_STANDSTILL, Unstored

FIRST = datetime(2026, 3, 1, 7, tzinfo=UTC)
LONG = 2 * LONGEST_STANDSTILL


@dataclass
class Disk:
    """As full as the test says, at the time that it says."""

    entries: int
    oldest_at: datetime | None = FIRST
    time: float = 0.0
    back_for: float = LONG

    def state(self) -> SpoolState:
        return SpoolState(self.entries, 100 * self.entries, self.oldest_at, 10_000, 0)

    def lines_waiting(self) -> Unstored:
        unstored = Unstored(self.state, lambda: self.back_for, lambda: self.time)
        unstored.add([7, 8])
        return unstored


def test_lines_wait_until_the_disk_is_empty_once() -> None:
    disk = Disk(3)
    unstored = disk.lines_waiting()
    assert unstored.lines == {7, 8}
    disk.entries = 0
    assert not unstored.lines
    disk.entries = 1
    assert not unstored.lines, "what has been spooled since is none of theirs"


def test_nobody_waits_for_a_disk_from_which_nothing_is_taken() -> None:
    disk = Disk(3)
    unstored = disk.lines_waiting()
    disk.back_for = 0.0
    assert unstored.lines == {7, 8}
    disk.time = 2 * LONGEST_STANDSTILL
    disk.back_for = 1.0
    assert unstored.lines == {7, 8}, "the database has just come back"
    disk.back_for = LONG
    assert not unstored.lines


def test_a_disk_that_is_being_emptied_is_waited_for() -> None:
    disk = Disk(3)
    unstored = disk.lines_waiting()
    for number in range(1, 5):
        disk.oldest_at = FIRST + timedelta(hours=number)
        disk.time += LONGEST_STANDSTILL / 2
        assert unstored.lines == {7, 8}
