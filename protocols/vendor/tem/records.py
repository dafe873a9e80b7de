"""Records of one area of the archive: fetched once each, by their places in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind
from protocols.conversation import Conversation
from protocols.vendor.tem.commands import Memory
from protocols.vendor.tem.dialogue import Dialogue
from protocols.vendor.tem.layout import Words
from protocols.vendor.tem.memory_map import Archive, Area
from protocols.vendor.tem.stamps import Stamped

_ATTEMPTS: Final = 2
"""The frames' checksum has eight bits: what seems damaged in the meter may have been damaged on the way."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One cell. `stamped` is None where its stamps are no dates; `sound`: its checksum is right."""

    data: bytes
    stamped: Stamped | None
    sound: bool

    @property
    def is_empty(self) -> bool:
        """Never written since the chip was erased."""
        return self.data.count(0xFF) == len(self.data)

    @property
    def is_usable(self) -> bool:
        return self.sound and self.stamped is not None


class Records:
    """The cells of one area. A place is a number from 0 to the area's count; it is read once."""

    def __init__(self, dialogue: Dialogue, archive: Archive, kind: ArchiveKind, words: Words) -> None:
        self.archive = archive
        self.kind = kind
        self._dialogue = dialogue
        self._words = words
        self._stored: dict[int, Stored] = {}

    @property
    def area(self) -> Area:
        return self.archive.areas[self.kind]

    def at(self, place: int) -> Conversation[Stored]:
        """The cell at a place; what seems damaged is read a second time."""
        stored = self._stored.get(place)
        for _ in range(0 if stored else _ATTEMPTS):
            stored = self._stored[place] = yield from self._fetch(place)
            if stored.is_usable or stored.is_empty:
                break
        return self._stored[place]

    def known(self) -> Iterator[tuple[int, Stored]]:
        """The cells that were read, with their places."""
        yield from self._stored.items()

    def known_at(self, start: datetime) -> int | None:
        """The place of a sound record of the slot that starts here, among the cells that were read."""
        for place, stored in self._stored.items():
            if stored.sound and stored.stamped is not None and stored.stamped.start == start:
                return place
        return None

    def _fetch(self, place: int) -> Conversation[Stored]:
        size = self.archive.record.size
        data = yield from self._dialogue.read(Memory.FLASH, self.area.start + place * size, size)
        sound = any(check(data[:-1]) == data[-1] for check in self.archive.checksums)
        return Stored(data, self.archive.stamps.of(self.kind, data, self._words), sound)
