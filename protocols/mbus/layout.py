"""A meter repeats its record layout for years: learn it once, then decode its telegrams by it.

A layout fits a telegram when every byte that is not data is the same: CI, DIFs, VIFs, lengths of variable
data and idle fillers. All of them are compared at once, as one number under a mask. The result is the full
decoder's, because the same record heads make it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Final

from protocols.mbus import records
from protocols.mbus.dif import Coding
from protocols.mbus.heads import PlacedRecord
from protocols.mbus.records import Body
from protocols.mbus.telegram import Telegram

MOST_REMEMBERED: Final = 256
_IDENTITY: Final = slice(0, 9)
"""CI and, in a long header, identification, manufacturer, version and medium."""
Identity = tuple[bytes, int]
"""These bytes and the payload's length: the telegrams of a chain are seldom of one length."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the records of a payload lie. `size` counts all bytes before manufacturer data."""

    size: int
    has_tail: bool
    body: Body
    mask: int
    template: int

    def decode(self, payload: bytes) -> Telegram | None:
        """What the full decoder would return; None when this layout is not the payload's."""
        if not self._fits(payload):
            return None
        body = replace(self.body, manufacturer_data=payload[self.size :])
        return records.assemble(records.read_header(payload), body, payload)

    def _fits(self, payload: bytes) -> bool:
        if len(payload) < self.size or (len(payload) > self.size and not self.has_tail):
            return False
        return int.from_bytes(payload[: self.size], "big") & self.mask == self.template


def compile_layout(payload: bytes) -> Layout | None:
    """The layout of a payload; None for what has no records of its own layout (fixed structure, alarms).

    DecodeError as the full decoder raises it.
    """
    start = records.records_start(payload)
    if start is None:
        return None
    records.read_header(payload)
    body = records.split(payload, start)
    has_tail = body.tail < len(payload)
    size = body.tail + 1 if has_tail else body.tail
    mask = _mask(body, start, size)
    return Layout(size, has_tail, body, mask, int.from_bytes(payload[:size], "big") & mask)


def _mask(body: Body, start: int, size: int) -> int:
    """A number with ones wherever a byte is not data."""
    fixed = bytearray(b"\xff" * size)
    fixed[1:start] = bytes(start - 1)
    for placed in body.records:
        first = placed.data_start + _length_bytes(placed)
        fixed[first : placed.end] = bytes(placed.end - first)
    return int.from_bytes(fixed, "big")


def _length_bytes(placed: PlacedRecord) -> int:
    return 1 if placed.head.which.field.coding is Coding.VARIABLE else 0


class LearningDecoder:
    """Decodes like `records.decode` and remembers the layouts of the meters' telegrams."""

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._most = most
        self._layouts: OrderedDict[Identity, Layout] = OrderedDict()

    def decode(self, payload: bytes) -> Telegram:
        """By the remembered layout where it fits, in full otherwise."""
        identity = payload[_IDENTITY], len(payload)
        known = self._layouts.get(identity)
        telegram = known.decode(payload) if known else None
        return telegram or self._learn(identity, payload)

    def _learn(self, identity: Identity, payload: bytes) -> Telegram:
        layout = compile_layout(payload)
        telegram = layout.decode(payload) if layout else None
        if layout is None or telegram is None:
            return records.decode(payload)
        self._layouts[identity] = layout
        self._layouts.move_to_end(identity)
        if len(self._layouts) > self._most:
            self._layouts.popitem(last=False)
        return telegram


_LEARNED: Final = LearningDecoder()


def decode(payload: bytes) -> Telegram:
    """`records.decode` by the layouts that this process has seen: a memo, which never changes the result."""
    return _LEARNED.decode(payload)
