"""An M-Bus meter as its line sees it: link layer, selection, chains of telegrams (m-bus.md 3 and 11).

A meter keeps silent at a damaged frame, at other meters' frames and at control information unknown to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind
from metering.errors import ConfigurationError, FrameError
from protocols.mbus.addressing import ANYBODY, SELECTED, Secondary
from protocols.mbus.frames import (
    ACKNOWLEDGEMENT,
    FCB,
    REQ_UD1,
    REQ_UD2,
    RSP_UD,
    SND_NKE,
    SND_UD,
    LongFrame,
    ShortFrame,
    decode,
    find,
)
from simulators.mbus_logs import log_record, log_truth, selected
from simulators.mbus_offsets import placed_data
from simulators.mbus_telegrams import Layout, LogBook, kept_at, records, truths
from simulators.memory import MeterMemory
from simulators.plant import EPOCH
from simulators.truth import Truth, Truths

BROADCAST: Final = 255
PLACED_SIZE: Final = 206
"""Bytes of data of a telegram that is no records: its last field ends at byte 225 of the frame."""
LARGEST_ADDRESS: Final = 250
_ACK: Final = ACKNOWLEDGEMENT.encode()
_APPLICATION_RESET, _DATA_SEND, _SELECTION = 0x50, 0x51, 0x52
_INSTANTANEOUS_VALUES: Final = 0x50
_VARIABLE_DATA, _APPLICATION_ERROR, _TOO_MANY_READS = 0x72, 0x70, 0x09
_SET_ADDRESS: Final = b"\x01\x7a"
_SELECTED_FIELD, _DATA_FIELD = 0x08, 0x0F
_BAUD_CODES: Final = range(0xB8, 0xC0)
_SLOWEST_BAUD: Final = 300


def split(buffer: bytes) -> tuple[bytes, int] | None:
    """The first valid M-Bus frame of a buffer and where it ends, for a Bus."""
    found = find(buffer)
    return None if found is None else (found[0].encode(), found[1])


@dataclass(slots=True)
class MbusMeter:
    """One meter on a bus; `reads_per_day` is what its battery grants, None for any number.

    After as many telegrams it refuses the rest of the day with CI 70, "too many read-outs". `status` is
    what its header reports.
    """

    layout: Layout
    address: int
    serial: str
    memory: MeterMemory
    reads_per_day: int | None = None
    status: int = 0
    baud: int = field(default=2400, init=False)
    selected: bool = field(default=False, init=False)
    sub_code: int = field(default=0, init=False)
    selection: bytes = field(default=b"", init=False)
    _count_bit: int | None = field(default=None, init=False)
    _number: int = field(default=0, init=False)
    _reply: bytes = field(default=b"", init=False)
    _minute: datetime = field(default=EPOCH, init=False)
    _access: int = field(default=0, init=False)
    _reads: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if not (len(self.serial) == 8 and self.serial.isdecimal()):
            raise ConfigurationError(f"An M-Bus meter's serial has eight digits, not {self.serial!r}.")
        if not 0 <= self.address <= LARGEST_ADDRESS:
            raise ConfigurationError(f"A primary address is 0..{LARGEST_ADDRESS}, not {self.address}.")

    @property
    def model(self) -> str:
        return self.layout.model

    @property
    def secondary(self) -> bytes:
        """Identification, manufacturer, version and medium as they stand in its header."""
        kind = self.layout
        return Secondary(self.serial, kind.manufacturer, kind.version, kind.medium).encode()

    @property
    def sent(self) -> Layout:
        """The telegrams that the last application reset and selection chose."""
        kind = self.layout.current if self.sub_code == _INSTANTANEOUS_VALUES else self.layout
        if kind.unasked is None:
            return kind
        wanted = selected(kind.entries, self.selection) if self.selection else kind.unasked
        return replace(kind, telegrams=(wanted,))

    @property
    def log(self) -> LogBook | None:
        """The log that the last application reset chose."""
        return self.layout.logs.get(self.sub_code)

    def hear(self, frame: bytes) -> bytes | None:
        """Its answer to one whole frame; None when it has none to give."""
        try:
            heard = decode(frame)
        except FrameError:
            return None
        if isinstance(heard, ShortFrame) and self._addressed(heard.address):
            return self._requested(heard)
        if isinstance(heard, LongFrame) and heard.control & ~FCB == SND_UD & ~FCB:
            return self._commanded(heard)
        return None

    def truth_snapshot(self, meter_time: datetime) -> Truths:
        """What a read-out at this minute of its clock must have said."""
        return truths(self.layout, 0, self.memory, meter_time.replace(second=0, microsecond=0))

    def truth_archive(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """The register levels that one of its storages holds for this moment; None when none does."""
        logged = self._logged(kind, start)
        if logged or kind is not ArchiveKind.TOTAL:
            return logged
        now = self.memory.meter_time()
        found: dict[tuple[str, int], Truth] = {}
        for storage in self.layout.storages:
            if kept_at(self.layout, storage, self.memory, now) == start:
                found |= truths(self.layout, storage, self.memory, start)
        return found or None

    def _logged(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """What a log says of this slot: totals are its levels at the slot's start."""
        books = (book for book in self.layout.logs.values() if kind in (book.kind, ArchiveKind.TOTAL))
        found = (log_truth(book, kind, start, self.memory) for book in books)
        return next((truth for truth in found if truth), None)

    def _addressed(self, address: int) -> bool:
        return address in (self.address, ANYBODY, BROADCAST) or (address == SELECTED and self.selected)

    def _requested(self, frame: ShortFrame) -> bytes | None:
        if frame.address == BROADCAST and frame.control != SND_NKE:
            return None
        kind = frame.control & ~FCB
        if frame.control == SND_NKE:
            self._restart()
            self.selected = self.selected and frame.address != SELECTED
            return None if frame.address == BROADCAST else _ACK
        if kind == REQ_UD1 & ~FCB:
            return _ACK
        return self._telegram(frame.control & FCB) if kind == REQ_UD2 & ~FCB else None

    def _commanded(self, frame: LongFrame) -> bytes | None:
        code, data = frame.payload[0], frame.payload[1:]
        if frame.address == SELECTED and code == _SELECTION:
            return self._select(data)
        if not self._addressed(frame.address):
            return None
        action = COMMANDS.get(code)
        if action is None:
            return None
        action(self, code, data)
        return None if frame.address == BROADCAST else _ACK

    def _select(self, wanted: bytes) -> bytes | None:
        """Selected is who matches in every position; who does not is de-selected by that (section 3.3)."""
        self.selected = len(wanted) >= 8 and _matches(wanted[:8], self.secondary)
        if not self.selected:
            return None
        self._restart()
        return _ACK

    def _restart(self) -> None:
        self._count_bit = None

    def _telegram(self, count_bit: int) -> bytes:
        """A repeated count bit repeats the telegram, a toggled one brings the next; a single one is new."""
        telegrams = self.log.depth if self.log else len(self.sent.telegrams)
        if telegrams > 1 and self._count_bit == count_bit:
            return self._reply
        if self.layout.placed:
            self._number = int(bool(count_bit))
        elif self._count_bit is None:
            self._number = 0
        else:
            self._number = (self._number + 1) % telegrams
        self._count_bit = count_bit
        self._reply = LongFrame(RSP_UD, self.address, self._payload()).encode()
        return self._reply

    def _payload(self) -> bytes:
        now = self.memory.meter_time()
        self._reads = self._reads + 1 if now.date() == self._minute.date() else 1
        if self._number == 0 or now.date() != self._minute.date():
            self._minute = now.replace(second=0, microsecond=0)
        if self.reads_per_day is not None and self._reads > self.reads_per_day:
            return bytes((_APPLICATION_ERROR, _TOO_MANY_READS))
        self._access = (self._access + 1) % 256
        header = self.secondary + bytes((self._access, self.status, 0, 0))
        return bytes((_VARIABLE_DATA,)) + header + self._data()

    def _data(self) -> bytes:
        if self.layout.placed:
            entries = self.layout.placed[self._number]
            return placed_data(entries, self._number, PLACED_SIZE, self.memory, self._minute)
        if self.log:
            return log_record(self.log, self._number, self.memory, self.selection)
        return records(self.sent, self._number, self.memory, self.serial, self._minute)

    def _reset_application(self, code: int, data: bytes) -> None:
        self.sub_code = data[0] if data else 0
        self.selection = b""
        self._restart()

    def _take_data(self, code: int, data: bytes) -> None:
        """Of what may be sent to a meter, a selection and the new primary address are carried out."""
        if data and data[0] & _DATA_FIELD == _SELECTED_FIELD:
            self.selection = data
            self._restart()
        if data[:2] == _SET_ADDRESS and len(data) == 3 and data[2] <= LARGEST_ADDRESS:
            self.address = data[2]

    def _switch_baud(self, code: int, data: bytes) -> None:
        self.baud = _SLOWEST_BAUD << _BAUD_CODES.index(code)


COMMANDS: Final[Mapping[int, Callable[[MbusMeter, int, bytes], None]]] = {
    _APPLICATION_RESET: MbusMeter._reset_application,
    _DATA_SEND: MbusMeter._take_data,
    **dict.fromkeys(_BAUD_CODES, MbusMeter._switch_baud),
}


def _matches(wanted: bytes, own: bytes) -> bool:
    """Each digit of the number may be a wildcard F; maker, version and medium only as whole fields."""
    digits = zip(wanted[:4].hex(), own[:4].hex(), strict=True)
    fields = ((wanted[4:6], own[4:6]), (wanted[6:7], own[6:7]), (wanted[7:8], own[7:8]))
    return all(mark in ("f", digit) for mark, digit in digits) and all(
        mark in (b"\xff" * len(mark), part) for mark, part in fields
    )
