"""Archives of the younger devices: a range of dates is asked for, the device cuts the answer and says where
to go on (logika-m4.md sections 4 and 6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot
from metering.errors import DecodeError
from protocols.conversation import Conversation
from protocols.vendor.logika_m4.moments import ARCHIVE_DATE_SIZE, archive_date, encode_archive_date
from protocols.vendor.logika_m4.tagged_dialogue import TaggedDialogue
from protocols.vendor.logika_m4.tagged_models import ARCHIVE_NUMBERS
from protocols.vendor.logika_m4.tagged_values import without_stamp
from protocols.vendor.logika_m4.tags import Item, Tag, encode, parse

READ_ARCHIVE: Final = 0x61
OPEN_SECTION: Final = b"\xff\xff"
YEAR_AND_MONTH: Final = 2
_PAGES_PER_LABEL: Final = 8
"""A clock that was set may have left records between those that are asked for."""


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: records by their labels, and the label of the next record behind them, if any."""

    records: dict[datetime, tuple[Item, ...]]
    next: datetime | None


def label(kind: ArchiveKind, slot: MeterSlot) -> datetime:
    """What the record of this slot is labelled with: its end; a control record with its moment."""
    return slot.start if kind is ArchiveKind.TOTAL else slot.end


def runs(slots: Sequence[MeterSlot], longest: int) -> Iterator[list[MeterSlot]]:
    """Neighbouring slots together, in the order in which they are asked for, at most so many."""
    run: list[MeterSlot] = []
    for slot in slots:
        if run and (len(run) == longest or slot.end != run[-1].start):
            yield run
            run = []
        run.append(slot)
    if run:
        yield run


def read_range(
    dialogue: TaggedDialogue, kind: ArchiveKind, channel: int, labels: Sequence[datetime], size: int
) -> Conversation[dict[datetime, tuple[Item, ...]]]:
    """The records with these labels, in as few answers as it takes; what stands between them is left."""
    start, end = min(labels), max(labels)
    found: dict[datetime, tuple[Item, ...]] = {}
    for _ in range(_PAGES_PER_LABEL * len(labels)):
        asked = request(kind, channel, (start, end), size, len(labels) - len(found))
        page = page_of((yield from dialogue.ask(READ_ARCHIVE, asked)))
        found |= {at: items for at, items in page.records.items() if at in labels}
        if len(found) == len(labels) or page.next is None or page.next > end:
            return found
        if page.next <= start:
            raise DecodeError(f"The archive {kind} does not get on: after {start} it points to {page.next}.")
        start = page.next
    raise DecodeError(f"The archive {kind} has no end: it goes on after {start} and was to reach {end}.")


def request(
    kind: ArchiveKind, channel: int, bounds: tuple[datetime, datetime], size: int, most: int
) -> bytes:
    """The data of an archive request for at most so many records; `size`: bytes of each date."""
    which = OPEN_SECTION + bytes((channel, ARCHIVE_NUMBERS[kind], most))
    dates = (encode_archive_date(bound, size) for bound in bounds)
    return encode(Tag.OCTET_STRING, which) + b"".join(dates)


def page_of(data: bytes) -> Page:
    """What an answer holds; DecodeError when its items do not come in pairs of date and record."""
    items = list(parse(data))
    dates, records = items[::2], items[1::2]
    if len(dates) != len(records) or not records or any(item.tag != Tag.ARCHIVE_DATE for item in dates):
        raise DecodeError("An archive answer must be pairs of a date and a record.")
    if records[-1].data:
        raise DecodeError("An archive answer must end with a pointer to the next record.")
    *labels, pointer = (archive_date(item) for item in dates)
    held = zip(labels, records[:-1], strict=True)
    return Page({at: without_stamp(record.items) for at, record in held if at}, pointer)


def date_size(kind: ArchiveKind, short_months: bool) -> int:
    """How many bytes of a date to send: some devices find months by year and month alone."""
    return YEAR_AND_MONTH if short_months and kind is ArchiveKind.MONTH else ARCHIVE_DATE_SIZE
