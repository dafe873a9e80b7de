"""Finding a record in an archive of two halves, of which one fills while the other is full or erased.

Theory. The half whose first record is the older one comes first; then the blocks of both are in the order of
time, and what is still erased comes last. Hours in which the meter was off have no record, so a record never
lies further on than the hours that passed, and each block met narrows where it may lie.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from metering.calendar import ArchiveKind
from metering.readings import GapReason
from protocols.conversation import Conversation
from protocols.vendor.sa94.dialogue import block
from protocols.vendor.sa94.records import Layout, StoredRecord

MOST_HOPS: Final = 24
"""Blocks that are read in search of one record."""


class Ring:
    """One archive; blocks that were read are kept."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._halves: list[int] | None = None
        self._met: dict[int, list[StoredRecord]] = {}

    def find(self, boundary: datetime) -> Conversation[StoredRecord | GapReason]:
        """The record of the slot that ends then, or why there is none."""
        if self._halves is None:
            self._halves = yield from self._in_order()
        for hop in range(MOST_HOPS):
            low, high = self._bounds(boundary)
            if low is None:
                return GapReason.OUT_OF_DEPTH if self._halves else GapReason.NO_RECORD
            for record in self._met[low]:
                if record.boundary == boundary:
                    return record
            if low + 1 >= high or self._met[low][-1].boundary > boundary:
                return GapReason.NO_RECORD
            place = self._guess(low, boundary) if hop % 2 == 0 else (low + high) // 2
            yield from self._read(min(max(place, low + 1), high - 1))
        return GapReason.UNREADABLE

    def _in_order(self) -> Conversation[list[int]]:
        """The segments that hold anything, the older one first."""
        heads: list[tuple[datetime, int, list[StoredRecord]]] = []
        for segment in self._layout.segments:
            records = list(self._layout.records((yield from block(self._layout.command(segment, 0)))))
            if records:
                heads.append((records[0].boundary, segment, records))
        heads.sort(key=lambda head: head[0])
        self._met = {place * self._layout.blocks: head[2] for place, head in enumerate(heads)}
        return [head[1] for head in heads]

    def _read(self, place: int) -> Conversation[None]:
        half, number = divmod(place, self._layout.blocks)
        command = self._layout.command((self._halves or [])[half], number)
        self._met[place] = list(self._layout.records((yield from block(command))))

    def _bounds(self, boundary: datetime) -> tuple[int | None, int]:
        """The last block known to begin no later, and the first known to begin later or to be erased."""
        end = len(self._halves or ()) * self._layout.blocks
        not_later = [place for place, met in self._met.items() if met and met[0].boundary <= boundary]
        later = [place for place, met in self._met.items() if not met or met[0].boundary > boundary]
        return max(not_later, default=None), min(later, default=end)

    def _guess(self, low: int, boundary: datetime) -> int:
        hour = self._layout.kind is ArchiveKind.HOUR
        step = timedelta(hours=1) if hour else timedelta(days=1)
        return low + (boundary - self._met[low][0].boundary) // step // self._layout.per_block
