"""The bytes of a layout while its totals go on counting: a whole part and its fraction are of one moment.

Read in different answers they may stand on either side of a carry, and their sum is wrong by a whole unit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from metering.errors import DecodeError
from protocols.conversation import Conversation
from protocols.vendor.tem.commands import Memory
from protocols.vendor.tem.dialogue import Dialogue
from protocols.vendor.tem.layout import Layout, Row, Stretch

MOST_LOOKS: Final = 3
"""Whole parts that change again between two looks are not understood."""


def image(dialogue: Dialogue, memory: Memory, at: int, layout: Layout) -> Conversation[bytes]:
    """The layout's bytes, which begin at this address; zeros where nothing of it is needed."""
    found = bytearray(layout.size)
    for piece in _pieces(dialogue, layout):
        yield from _read(dialogue, memory, at, piece, found)
    for row in layout.rows:
        if row.fraction is not None and not any(_holds(one, row) for one in _pieces(dialogue, layout)):
            yield from _together(dialogue, memory, at, row, found)
    return bytes(found)


def _pieces(dialogue: Dialogue, layout: Layout) -> Iterator[Stretch]:
    """What is asked for at once."""
    for begin, size in layout.blocks or ((0, layout.size),):
        for start in range(begin, begin + size, dialogue.largest):
            yield start, min(dialogue.largest, begin + size - start)


def _holds(piece: Stretch, row: Row) -> bool:
    begin, size = row.span
    return piece[0] <= begin and begin + size <= piece[0] + piece[1]


def _together(dialogue: Dialogue, memory: Memory, at: int, row: Row, found: bytearray) -> Conversation[None]:
    """Both parts of a row: from one answer where one holds them, else the fractions between equal wholes."""
    if row.span[1] <= dialogue.largest:
        data = bytearray(len(found))
        yield from _read(dialogue, memory, at, row.span, data)
        for begin, size in (row.wholes, row.fractions):
            found[begin : begin + size] = data[begin : begin + size]
        return
    yield from _read(dialogue, memory, at, row.wholes, found)
    for _ in range(MOST_LOOKS):
        before = bytes(found)
        yield from _read(dialogue, memory, at, row.fractions, found)
        yield from _read(dialogue, memory, at, row.wholes, found)
        begin, size = row.wholes
        if found[begin : begin + size] == before[begin : begin + size]:
            return
    raise DecodeError(
        f"The whole parts of {row.family} changed each of the {MOST_LOOKS} times that they were read: the "
        "line is too slow for a meter that counts so fast. Choose extended reads, or ask again."
    )


def _read(
    dialogue: Dialogue, memory: Memory, at: int, stretch: Stretch, found: bytearray
) -> Conversation[None]:
    begin, size = stretch
    found[begin : begin + size] = yield from dialogue.read(memory, at + begin, size)
