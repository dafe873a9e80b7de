"""How a younger device answers archive requests: whole records, oldest first, a pointer to the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from metering.calendar import ArchiveKind, next_start, slot_start
from protocols.vendor.logika_m4.tags import encode
from simulators.memory import MeterMemory
from simulators.vendor.logika_m4.tagged_layouts import RECORDS_KEPT

Record = Callable[[int, ArchiveKind, datetime, datetime], bytes | None]
"""Channel, kind, the slot's start and the label -> the record's sequence, or None without a record."""

KINDS: Final = {0: ArchiveKind.HOUR, 1: ArchiveKind.DAY, 3: ArchiveKind.MONTH, 7: ArchiveKind.TOTAL}
LABEL_SIZES: Final = {ArchiveKind.HOUR: 4, ArchiveKind.DAY: 3, ArchiveKind.MONTH: 2, ArchiveKind.TOTAL: 3}
"""How many bytes of its date a device sends."""

ARCHIVE_DATE, OCTETS, BAD_PARAMETERS = 0x49, 0x04, 2
EMPTY_END: Final = encode(0x30)
OVERHEAD: Final = 10
"""Frame and function around the data of an answer."""
POINTER: Final = 12
_MOMENT: Final = timedelta(microseconds=1)


class Refused(Exception):
    """The device answers with this error code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Pages:
    """The archives of one device. `longest`: bytes of an answer."""

    def __init__(self, memory: MeterMemory, record: Record, longest: int, months_by_month: bool) -> None:
        self._memory = memory
        self._record = record
        self._longest = longest
        self._months_by_month = months_by_month

    def answer(self, asked: bytes) -> bytes:
        """The data of the answer; Refused for a request that no device takes."""
        channel, kind, most = self._which(asked)
        start, end, size = self._bounds(asked[7:])
        if end < start:
            raise Refused(BAD_PARAMETERS)
        if kind is ArchiveKind.MONTH and self._months_by_month and size > 2:
            return encode(ARCHIVE_DATE) + EMPTY_END
        pages = b""
        count = 0
        for label, sequence in self._held(channel, kind, start):
            item = encode(ARCHIVE_DATE, _parts(label)[: LABEL_SIZES[kind]]) + sequence
            full = len(pages) + len(item) + POINTER + OVERHEAD > self._longest
            if count == most or full or label > end:
                return pages + encode(ARCHIVE_DATE, _parts(label)[: LABEL_SIZES[kind]]) + EMPTY_END
            pages, count = pages + item, count + 1
        return pages + encode(ARCHIVE_DATE) + EMPTY_END

    def _which(self, asked: bytes) -> tuple[int, ArchiveKind, int]:
        if asked[:2] != bytes((OCTETS, 5)) or len(asked) < 9 or asked[5] not in KINDS:
            raise Refused(BAD_PARAMETERS)
        return asked[4], KINDS[asked[5]], asked[6]

    def _bounds(self, asked: bytes) -> tuple[datetime, datetime, int]:
        """Start, end, and how many bytes of the start were sent."""
        size = asked[1]
        start, rest = asked[2 : 2 + size], asked[2 + size :]
        end = _moment(rest[2:]) if rest else self._memory.meter_time()
        return _moment(start), end, size

    def _held(self, channel: int, kind: ArchiveKind, first: datetime) -> Iterator[tuple[datetime, bytes]]:
        """Labels and records from this label on."""
        oldest = max(self._memory.oldest_start(kind, RECORDS_KEPT[kind]), self._memory.installed)
        start = slot_start(kind, max(_start(kind, first), oldest))
        now = self._memory.meter_time()
        while start <= now:
            label = start if kind is ArchiveKind.TOTAL else next_start(kind, start)
            sequence = self._record(channel, kind, start, label) if label >= first else None
            if sequence is not None:
                yield label, sequence
            start = next_start(kind, start)


def _start(kind: ArchiveKind, label: datetime) -> datetime:
    """The start of the first slot whose label is not before this one."""
    return slot_start(kind, label if kind is ArchiveKind.TOTAL else label - _MOMENT)


def _parts(moment: datetime) -> bytes:
    return bytes((moment.year - 2000, moment.month, moment.day, moment.hour, moment.minute))


def _moment(parts: bytes) -> datetime:
    year, month, day, hour = (*parts[:4], *(1, 1, 0)[max(len(parts) - 1, 0) :])[:4]
    try:
        return datetime.fromisoformat(f"{2000 + year}-{month:02}-{day:02}T{hour:02}:00:00")
    except ValueError as error:
        raise Refused(BAD_PARAMETERS) from error
