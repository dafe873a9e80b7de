"""How a record is fetched, whichever way the maker addresses his archive.

Each way is a conversation that gives the record's bytes, or the reason why there are none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from metering.calendar import slots_between
from metering.errors import DecodeError, ProfileError
from metering.readings import GapReason
from protocols.conversation import Conversation, Pause
from protocols.modbus.archive_map import NUMBER, Addressing, Archive, RecordLayout, Selection
from protocols.modbus.dialogue import Dialogue
from protocols.modbus.function65 import ArchiveQuery
from protocols.modbus.messages import Request, read_archive, read_registers, write_and_read, write_registers
from protocols.modbus.moments import PARTS, part_of

Fetched = bytes | GapReason

UNSET: Final = b"\xff"
"""What fills a date that was never set."""

MOST_HOPS: Final = 32
"""Records of a ring that are read in search of one."""


@dataclass
class ArchiveReader:
    """Fetches records of one archive. Of a ring it remembers the newest index and the last age it met.

    The last record is kept: where amounts are differences, the record before one slot is the next one's own.
    """

    dialogue: Dialogue
    archive: Archive
    selection: Selection | None
    number: int
    newest: int | None = None
    age: int = 0
    last: tuple[datetime, Fetched] | None = None

    def fetch(self, stamp: datetime) -> Conversation[Fetched]:
        """The record that carries this stamp, to within its slot."""
        if self.last is None or self.last[0] != stamp:
            self.last = stamp, (yield from self._fetch(stamp))
        return self.last[1]

    def _fetch(self, stamp: datetime) -> Conversation[Fetched]:
        data = yield from _WAYS[self.archive.addressing](self, stamp)
        if isinstance(data, GapReason) or self.is_empty(data):
            return GapReason.NO_RECORD if isinstance(data, bytes) else data
        return data if self.is_of(data, stamp) else GapReason.UNREADABLE

    def is_empty(self, data: bytes) -> bool:
        """Whether this is the meter's way to say "no record": zeros, or a date that was never set.

        Where a record is selected, its date may be a mere echo: zeros behind it are no record either.
        """
        archive, stamp = self.archive, _stamp_bytes(self.archive.record, data)
        if archive.addressing is Addressing.SELECTED:
            data = data[archive.record.stamp_at + len(stamp) :]
        return stamp == UNSET * len(stamp) or (archive.empty_is_zeros and not any(data))

    def is_of(self, data: bytes, stamp: datetime) -> bool:
        """Whether the record's own stamp falls into the slot that was asked for."""
        own = stamp_of(self.archive.record, data)
        return own is not None and slots_between(self.archive.kind, stamp, own) == 0

    def is_after(self, data: bytes, stamp: datetime) -> bool:
        """Whether the record belongs to a later slot than the one that was asked for."""
        own = stamp_of(self.archive.record, data)
        return own is not None and slots_between(self.archive.kind, stamp, own) > 0


def stamp_of(record: RecordLayout, data: bytes) -> datetime | None:
    """A record's own stamp; None when no calendar has it."""
    try:
        return record.stamp.decode(_stamp_bytes(record, data))
    except DecodeError:
        return None


def _stamp_bytes(record: RecordLayout, data: bytes) -> bytes:
    return data[record.stamp_at : record.stamp_at + record.stamp.size]


def select(selection: Selection, number: int, moment: datetime | None) -> Request:
    """The write that selects a record; current values have no moment and are selected by a date of zeros."""
    return write_registers(selection.at, _content(selection, number, moment))


def read_selected(
    dialogue: Dialogue, selection: Selection, record: RecordLayout, at: int | None = None
) -> Request:
    """The read of what was selected."""
    address = selection.read_at if at is None else at
    return dialogue.reading(selection.function, address, record.size, record.count)


def _content(selection: Selection, number: int, moment: datetime | None) -> bytes:
    parts = {part: part_of(moment, part) if moment else 0 for part in PARTS} | {NUMBER: number}
    return bytes(part if isinstance(part, int) else parts[part] for part in selection.content)


def _count(record: RecordLayout) -> int:
    return (record.size + 1) // 2


def _by_time(reader: ArchiveReader, stamp: datetime) -> Conversation[Fetched]:
    return _query(reader, stamp)


def _query(reader: ArchiveReader, first: datetime | int) -> Conversation[Fetched]:
    archive = reader.archive
    query = ArchiveQuery(reader.number, first).encode()
    request = read_archive(query, archive.record.size, archive.record.longer)
    return reader.dialogue.ask_or(archive.refusals, request)


def _selected(reader: ArchiveReader, stamp: datetime) -> Conversation[Fetched]:
    selection = reader.selection
    if selection is None:
        raise ProfileError(f"The archive {reader.archive.kind} is selected, but there is no [selection].")
    if selection.one_transaction:
        return _transacted(reader, selection, stamp)
    return _selected_then_read(reader, selection, stamp)


def _transacted(reader: ArchiveReader, selection: Selection, stamp: datetime) -> Conversation[Fetched]:
    archive = reader.archive
    address = selection.read_at if archive.read_at is None else archive.read_at
    content = _content(selection, reader.number, stamp)
    number = reader.dialogue.number()
    request = write_and_read(address, _count(archive.record), selection.at, content, number)
    return reader.dialogue.ask_or(archive.refusals, request)


def _selected_then_read(
    reader: ArchiveReader, selection: Selection, stamp: datetime
) -> Conversation[Fetched]:
    """A slow meter still shows the record selected before: its stamp tells, and it is given time.

    What another archive left selected may carry the same stamp, as a day and its first hour do: before the
    first record of a conversation the meter is given time in any case.
    """
    archive, later = reader.archive, False
    chosen = yield from reader.dialogue.ask_or(archive.refusals, select(selection, reader.number, stamp))
    if isinstance(chosen, GapReason):
        return chosen
    for attempt in range(selection.attempts):
        if attempt or reader.last is None:
            yield Pause(selection.pause)
        request = read_selected(reader.dialogue, selection, archive.record, archive.read_at)
        data = yield from reader.dialogue.ask_or(archive.refusals, request)
        if isinstance(data, GapReason) or reader.is_empty(data) or reader.is_of(data, stamp):
            return data
        later = reader.is_after(data, stamp)
    return GapReason.NO_RECORD if selection.finds_next and later else GapReason.UNREADABLE


def _by_index(reader: ArchiveReader, stamp: datetime) -> Conversation[Fetched]:
    """Hops along the ring by the records' own stamps; lost hours only make a hop land too far back.

    Every record met narrows the ages that are left; stamps in no order at all are given up.
    """
    archive = reader.archive
    if reader.newest is None:
        reader.newest = yield from _newest(reader)
    youngest, oldest, age = 0, archive.depth - 1, reader.age
    for _ in range(MOST_HOPS):
        if youngest > oldest:
            return GapReason.NO_RECORD
        age = min(max(age, youngest), oldest)
        data = yield from _query(reader, (reader.newest - age) % archive.depth)
        own = None if isinstance(data, GapReason) else stamp_of(archive.record, data)
        hop = slots_between(archive.kind, stamp, own) if own else -1
        if hop == 0:
            reader.age = age
            return data
        youngest, oldest = (age + 1, oldest) if hop > 0 else (youngest, age - 1)
        age += hop
    return GapReason.UNREADABLE


def _newest(reader: ArchiveReader) -> Conversation[int]:
    position = reader.archive.position
    if position is None:
        raise ProfileError(f"The archive {reader.archive.kind} is read by index, but has no position.")
    data = yield from reader.dialogue.ask(read_registers(position.function, position.at, 1))
    return int.from_bytes(data, "big") + position.newest


_WAYS: Final[Mapping[Addressing, Callable[[ArchiveReader, datetime], Conversation[Fetched]]]] = {
    Addressing.BY_TIME: _by_time,
    Addressing.BY_INDEX: _by_index,
    Addressing.SELECTED: _selected,
}
