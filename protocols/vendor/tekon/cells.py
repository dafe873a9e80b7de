"""Where the cell of a slot lies in an archive array: arrays are indexed by calendar time (tekon-19.md 3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot
from protocols.vendor.tekon.dialogue import MOST_CELLS

SIZES: Final[Mapping[ArchiveKind, tuple[int, ...]]] = {
    ArchiveKind.HOUR: (384, 768, 1536),
    ArchiveKind.DAY: (366,),
    ArchiveKind.MONTH: (12, 48),
}
"""How many cells an array of each kind may have."""

_EPOCH: Final = datetime.fromisoformat("2000-01-01")
_SHORTEST_YEAR: Final = 365


def index(kind: ArchiveKind, cells: int, start: datetime) -> int:
    """The cell of the slot that starts here, in an array of so many cells."""
    if kind is ArchiveKind.MONTH:
        return (start.year % (cells // 12)) * 12 + start.month - 1
    if kind is ArchiveKind.DAY:
        return start.timetuple().tm_yday - 1
    return ((start - _EPOCH).days % (cells // 24)) * 24 + start.hour


def depth(kind: ArchiveKind, cells: int) -> int:
    """How many closed slots are sure to stand there.

    The running slot's cell may be under way, and the next one's when it begins while the archive is read.
    """
    return (min(cells, _SHORTEST_YEAR) if kind is ArchiveKind.DAY else cells) - 2


def runs(kind: ArchiveKind, cells: int, slots: Sequence[MeterSlot]) -> Iterator[tuple[MeterSlot, ...]]:
    """The slots newest first, in groups whose cells stand so near that one question brings them.

    All must lie within the depth: then a lower cell is an earlier slot of the same turn.
    """
    group: list[MeterSlot] = []
    for slot in sorted(slots, reverse=True):
        if group:
            back = index(kind, cells, group[0].start) - index(kind, cells, slot.start)
            if not 0 <= back < MOST_CELLS:
                yield tuple(group)
                group = []
        group.append(slot)
    if group:
        yield tuple(group)
