"""A simulated Tekon module behind its gateway (tekon-19.md 2, 3 and 7).

Its task program keeps what the example maps describe; the addresses stand here once more, so that a mistake
in a map shows. Arrays are indexed by calendar time and carry no stamps: a cell that was not overwritten
holds the slot of a turn ago, one of a time without power or before the installation is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot, slot_at, slot_start
from metering.errors import ConfigurationError, FrameError
from protocols.fields import to_bcd, to_float32
from protocols.vendor.tekon import frames
from protocols.vendor.tekon.frames import Frame
from simulators.families import DevicePlan, SimulatedFamily
from simulators.marks import Marks
from simulators.numbers import Sent, numbers_at, numbers_over, on_wire, truths_of
from simulators.truth import Truths

ONE: Final = Decimal(1)
CURRENT: Final[Mapping[int, Sent]] = {
    0x8003: Sent("energy_heating", "Gcal"),
    0x8006: Sent("mass_supply", "t"),
    0x8007: Sent("mass_return", "t"),
    0x8008: Sent("temperature_supply", "°C"),
    0x8009: Sent("temperature_return", "°C"),
    0x800A: Sent("power", "Gcal/h"),
}
KEPT: Final = (
    Sent("energy_heating", "Gcal"),
    Sent("mass_supply", "t"),
    Sent("mass_return", "t"),
    Sent("temperature_supply", "°C"),
    Sent("temperature_return", "°C"),
)
FIRST_ARRAY: Final[Mapping[ArchiveKind, int]] = {
    ArchiveKind.HOUR: 0x80A9,
    ArchiveKind.DAY: 0x80AE,
    ArchiveKind.MONTH: 0x80B3,
}
"""The array of the first kept quantity; the others follow."""

PROGRAMS: Final[Mapping[str, Mapping[ArchiveKind, int]]] = {
    "two-pipes-64-days": {ArchiveKind.HOUR: 1536, ArchiveKind.DAY: 366, ArchiveKind.MONTH: 48},
    "two-pipes-16-days": {ArchiveKind.HOUR: 384, ArchiveKind.DAY: 366, ArchiveKind.MONTH: 12},
}
"""How many cells the arrays of a task program have."""

USUAL: Final = {"kreit-tekon-19": "two-pipes-64-days", "kreit-tekon-17": "two-pipes-16-days"}
"""The program of a site whose line names none."""
FAILURES, SERIAL, DATE, TIME = 0x0500, 0xF001, 0xF017, 0xF018
FLAGS: Final = Sent("flags", "", ONE)
BAD: Final = 1
MOST_CELLS, MOST_ITEMS, ITEM = 60, 40, 6
_EMPTY: Final = bytes.fromhex("00 00 C0 7F")
_EPOCH: Final = datetime(2000, 1, 1)
_LONGEST_TURN: Final = 4 * 366 + 1
_SHORTEST_YEAR: Final = 365
_MOMENT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Array:
    """One quantity's cells."""

    kind: ArchiveKind
    cells: int
    sent: Sent


class Refused(Exception):
    """The gateway answers E5."""


class TekonModule:
    """One module; it answers through the gateway of its address, and is silent to everybody else's."""

    def __init__(self, plan: DevicePlan) -> None:
        self.model = plan.model
        self.address = plan.address
        self.serial = plan.serial
        self.memory = plan.memory
        self._place = frames.parse_address(plan.address)
        self._sizes = PROGRAMS.get(plan.choices.get("map", ""), PROGRAMS[USUAL[plan.model]])
        self._arrays = dict(self._all_arrays())
        self._slot_value = lru_cache(maxsize=4096)(self._compute_slot_value)

    def hear(self, frame: bytes) -> bytes | None:
        """The answer with the number of the question."""
        try:
            asked = frames.decode(frame)
        except FrameError:
            return None
        if asked.gateway != self._place.gateway or not asked.control & frames.REQUEST or not asked.data:
            return None
        answer = ANSWERS.get(asked.data[0])
        if answer is None or not self._meant(asked.data):
            return None
        try:
            return Frame(asked.number, asked.gateway, answer(self, asked.data[1:])).encode()
        except Refused:
            return frames.REFUSED

    def truth_snapshot(self, meter_time: datetime) -> Truths:
        """What current values must say in this minute."""
        return truths_of([*CURRENT.values(), FLAGS], numbers_at(self.memory, _minute(meter_time)))

    def truth_archive(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """What the cells of this slot must say while they are not overwritten."""
        cells = self._sizes.get(kind)
        if cells is None:
            return None
        kept = (min(cells, _SHORTEST_YEAR) if kind is ArchiveKind.DAY else cells) - 1
        if not self.memory.has_record(kind, start, kept):
            return None
        return truths_of(KEPT, numbers_over(self.memory, slot_at(kind, start)))

    def _all_arrays(self) -> Iterator[tuple[int, Array]]:
        for kind, cells in self._sizes.items():
            for number, sent in enumerate(KEPT):
                yield FIRST_ARRAY[kind] + number, Array(kind, cells, sent)

    def _meant(self, data: bytes) -> bool:
        """A request names its module behind the code; a list names one for each item."""
        return data[1:2] == bytes((self._place.module,))

    def _read(self, data: bytes) -> bytes:
        if len(data) != 3:
            raise Refused
        cell = self._cell(int.from_bytes(data[1:3], "little"))
        if cell is None:
            raise Refused
        return cell

    def _read_cells(self, data: bytes) -> bytes:
        if len(data) != 6:
            raise Refused
        array = self._arrays.get(int.from_bytes(data[1:3], "little"))
        first, count = int.from_bytes(data[3:5], "little"), data[5]
        if array is None or not 1 <= count <= MOST_CELLS or first + count > array.cells:
            raise Refused
        return b"".join(self._archived(array, at) for at in range(first, first + count))

    def _read_list(self, data: bytes) -> bytes:
        """A cell and its quality for each item; of another module or an unknown parameter it is bad."""
        if len(data) % ITEM or not 1 <= len(data) // ITEM <= MOST_ITEMS:
            raise Refused
        return b"".join(self._item(data[at : at + ITEM]) for at in range(0, len(data), ITEM))

    def _item(self, item: bytes) -> bytes:
        address, indexed = int.from_bytes(item[1:3], "little"), item[5]
        own = item[0] == self._place.module and not indexed
        cell = self._cell(address) if own else None
        return bytes((*bytes(4), BAD)) if cell is None else cell + b"\x00"

    def _cell(self, address: int) -> bytes | None:
        now = self.memory.meter_time()
        common: Mapping[int, bytes] = {
            FAILURES: bytes(4),
            SERIAL: to_bcd(int(self.serial), 2)[::-1] + bytes(2),
            DATE: bytes.fromhex(f"{now.isoweekday():02d}{now:%d%m%y}"),
            TIME: bytes.fromhex(f"00{now:%S%M%H}"),
        }
        if address in CURRENT:
            return _float(on_wire(CURRENT[address], numbers_at(self.memory, _minute(now))))
        return common.get(address)

    def _archived(self, array: Array, at: int) -> bytes:
        """What was written last into a cell: the newest closed slot that belongs there."""
        running = slot_start(array.kind, self.memory.meter_time())
        start = _newest(array.kind, array.cells, at, running)
        if start is None or not any(self.memory.powered(slot_at(array.kind, start))):
            return _EMPTY
        return self._slot_value(array.sent, slot_at(array.kind, start))

    def _compute_slot_value(self, sent: Sent, slot: MeterSlot) -> bytes:
        return _float(on_wire(sent, numbers_over(self.memory, slot)))


ANSWERS: Final[Mapping[int, Callable[[TekonModule, bytes], bytes]]] = {
    0x11: TekonModule._read,
    0x19: TekonModule._read_cells,
    0x1C: TekonModule._read_list,
}


@lru_cache(maxsize=8192)
def _newest(kind: ArchiveKind, cells: int, at: int, running: datetime) -> datetime | None:
    """The start of the newest slot before the running one whose cell this is."""
    start = running
    for _ in range(max(cells, _LONGEST_TURN)):
        start = slot_start(kind, start - _MOMENT)
        if _cell_of(kind, cells, start) == at:
            return start
    return None


def _cell_of(kind: ArchiveKind, cells: int, start: datetime) -> int:
    if kind is ArchiveKind.MONTH:
        months = (start.year - _EPOCH.year) * 12 + start.month - 1
        return months % cells
    if kind is ArchiveKind.DAY:
        return (start - start.replace(month=1, day=1)).days
    return (start - _EPOCH) // timedelta(hours=1) % cells


def split(buffer: bytes) -> tuple[bytes, int] | None:
    """The first whole frame of a buffer and where it ends."""
    for start in range(len(buffer)):
        end = start + frames.length_of(buffer[start : start + 4])
        if start < end <= len(buffer):
            try:
                return frames.decode(buffer[start:end]).encode(), end
            except FrameError:
                continue
    return None


def build(plan: DevicePlan) -> TekonModule:
    if not (plan.serial.isdecimal() and len(plan.serial) <= 4 and plan.serial == str(int(plan.serial))):
        raise ConfigurationError(f"A Tekon's serial number is 0 to 9999, not {plan.serial!r}.")
    return TekonModule(plan)


def _float(value: Decimal) -> bytes:
    return to_float32(value)[::-1]


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


SIMULATED: Final = SimulatedFamily(
    protocol="tekon",
    models=tuple(USUAL),
    build=build,
    split=split,
    marks=Marks(
        lambda frame: frame[1:3] if frame[:1] == b"\x10" else frame[4:6],
        lambda frame: frame[4:6],
    ),
)
