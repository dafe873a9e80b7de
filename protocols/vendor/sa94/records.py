"""Records of the archives (sa-94.md section 4): a block holds four plain ones or two extended ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from metering.calendar import ArchiveKind
from protocols.vendor.sa94.commands import (
    BLOCK_SIZE,
    BLOCKS,
    EXTENDED_BLOCKS,
    NUMBER_SIZE,
    extended_statistics,
    statistics,
)
from protocols.vendor.sa94.formats import day_of, moment_of


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One record; `boundary`: the end of the hour or day that it is of. `items` are of four bytes each."""

    boundary: datetime
    items: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where an archive lies: two segments that fill in turn. `late`: how much later than the stamp ends what
    a day record is of."""

    kind: ArchiveKind
    segments: tuple[int, int]
    extended: bool
    late: timedelta = timedelta(0)

    @property
    def record_size(self) -> int:
        return 64 if self.extended else 32

    @property
    def blocks(self) -> int:
        """Blocks of one segment."""
        return EXTENDED_BLOCKS if self.extended else BLOCKS

    @property
    def per_block(self) -> int:
        return BLOCK_SIZE // self.record_size

    @property
    def depth(self) -> int:
        """Records of both segments when both are full; half as many are always kept."""
        return 2 * self.blocks * self.per_block

    def command(self, segment: int, block: int) -> bytes:
        return (extended_statistics if self.extended else statistics)(segment, block)

    def records(self, data: bytes) -> Iterator[StoredRecord]:
        """The records of a block, without erased and impossible ones."""
        for start in range(0, BLOCK_SIZE, self.record_size):
            record = data[start : start + self.record_size]
            items = tuple(record[at : at + NUMBER_SIZE] for at in range(0, self.record_size, NUMBER_SIZE))
            boundary = self._boundary(items)
            if boundary is not None:
                yield StoredRecord(boundary, items)

    def _boundary(self, items: tuple[bytes, ...]) -> datetime | None:
        if self.kind is ArchiveKind.HOUR:
            moment = moment_of(items[0], items[1])
            return moment if moment and moment == moment.replace(minute=0, second=0) else None
        day = day_of(items[0])
        return datetime.combine(day, time()) + self.late if day else None
