"""The device side of a VIS.T: a byte-packed holding area, masks with gaps, an hour ring without time stamps.

Written from vis-t.md. Where the reference leaves something open this device has: hours without power recorded
as such, exceptions 02 for registers that do not exist and for records that were never written.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot, slot_at, slot_start
from metering.errors import ConfigurationError, NotSupported
from protocols.vendor.vist.driver import MODEL
from protocols.vendor.vist.frames import FILE, HOLDING, INPUT, answer, is_sealed, parse_address, sealed
from simulators.families import DevicePlan, SimulatedFamily
from simulators.marks import Marks
from simulators.memory import MeterMemory
from simulators.numbers import Numbers, Sent, numbers_at, numbers_over, on_wire, truths_of
from simulators.truth import Truths

MOST_RECORDS: Final = 1536
FIRMWARE: Final = "VIS.T 3.06"
DEVICE_TYPE: Final = "VIS.T"
FLOW_DECIMALS, POWER_DECIMALS = 3, 4
"""Of live values and of the running hour; totals and records have fewer."""
KEPT_DECIMALS, KEPT_HEAT_DECIMALS = 2, 3
_LIVE, _KEPT, _HOURS = Decimal("0.001"), Decimal("0.01"), Decimal("0.01")
_LIVE_HEAT, _KEPT_HEAT = Decimal("0.0001"), Decimal("0.001")
_HOUR: Final = timedelta(hours=1)
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS = 1, 2

Row = tuple[int, str, Sent]
"""The bit that announces a value, its form on the wire and what it is."""


def measured(heat: str) -> Mapping[int, tuple[Row, ...]]:
    """Live values by the address of their block within the system's area; the plant has no third pipe."""
    return {
        0x0006: (
            (0x40, ">h", Sent("temperature_supply", "°C", Decimal("0.01"))),
            (0x80, ">h", Sent("temperature_return", "°C", Decimal("0.01"))),
            (0, ">h", Sent("temperature_make_up", "°C", Decimal("0.01"))),
            (0x200, ">h", Sent("temperature_outdoor", "°C", Decimal("0.01"))),
        ),
        0x0022: (
            (0x400, ">H", Sent("pressure_supply", "kgf/cm2", Decimal("0.1"))),
            (0x800, ">H", Sent("pressure_return", "kgf/cm2", Decimal("0.1"))),
            (0, ">H", Sent("pressure_make_up", "kgf/cm2", Decimal("0.1"))),
        ),
        0x0106: (
            (0x01, ">i", Sent("volume_flow_supply", "m3/h", _LIVE)),
            (0x02, ">i", Sent("volume_flow_return", "m3/h", _LIVE)),
            (0, ">i", Sent("volume_flow_make_up", "m3/h", _LIVE)),
        ),
        0x0112: (
            (0x08, ">i", Sent("mass_flow_supply", "t/h", _LIVE)),
            (0x10, ">i", Sent("mass_flow_return", "t/h", _LIVE)),
            (0, ">i", Sent("mass_flow_make_up", "t/h", _LIVE)),
        ),
        0x0120: ((0x2000, ">i", Sent("power", f"{heat}/h", _LIVE_HEAT)),),
    }


def counted(heat: str) -> Mapping[int, tuple[Row, ...]]:
    """What is accumulated, by the offset in the archive's header where its totals stand."""
    return {
        22: (
            (0x02, ">i", Sent("volume_supply", "m3", _KEPT)),
            (0x04, ">i", Sent("volume_return", "m3", _KEPT)),
            (0x08, ">i", Sent("volume_make_up", "m3", _KEPT)),
        ),
        34: (
            (0x10, ">i", Sent("mass_supply", "t", _KEPT)),
            (0x20, ">i", Sent("mass_return", "t", _KEPT)),
            (0x40, ">i", Sent("mass_make_up", "t", _KEPT)),
        ),
        46: ((0x01, ">I", Sent("operating_time", "h", _HOURS)),),
        50: ((0x80, ">Q", Sent("energy_heating", heat, _KEPT_HEAT)),),
    }


RUNNING: Final[Mapping[int, tuple[int, str, Decimal]]] = {
    0x0212: (22, ">i", Decimal(3600 * 10**FLOW_DECIMALS)),
    0x0218: (34, ">i", Decimal(3600 * 10**FLOW_DECIMALS)),
    0x0234: (50, ">i", Decimal(1200 * 10**POWER_DECIMALS)),
    0x0236: (46, ">H", Decimal(3600)),
}
"""Values of the running hour: which of the totals, their form, and how many make one."""


def archived(heat: str) -> tuple[Row, ...]:
    """A record's fields in their order, the system's outdoor temperature and no third pipe among them."""
    return (
        (0x01, ">B", Sent("operating_time", "h", _HOURS)),
        (0x02, ">i", Sent("volume_supply", "m3", _KEPT)),
        (0x04, ">i", Sent("volume_return", "m3", _KEPT)),
        (0x08, ">i", Sent("volume_make_up", "m3", _KEPT)),
        (0x10, ">i", Sent("mass_supply", "t", _KEPT)),
        (0x20, ">i", Sent("mass_return", "t", _KEPT)),
        (0x40, ">i", Sent("mass_make_up", "t", _KEPT)),
        (0x80, ">h", Sent("temperature_supply", "°C", Decimal("0.1"))),
        (0x100, ">h", Sent("temperature_return", "°C", Decimal("0.1"))),
        (0x400, ">h", Sent("temperature_outdoor", "°C", Decimal("0.1"))),
        (0x800, ">B", Sent("pressure_supply", "kgf/cm2", Decimal("0.1"))),
        (0x1000, ">B", Sent("pressure_return", "kgf/cm2", Decimal("0.1"))),
        (0x4000, ">i", Sent("energy_heating", heat, _KEPT_HEAT)),
        (0x8000, ">I", Sent("flags", "", Decimal(1))),
        (0x80000, ">B", Sent("error_time", "h", _HOURS)),
    )


class Refused(Exception):
    """The meter answers with this exception code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class VistMeter:
    """One VIS.T; each circuit of the plant is one of its systems."""

    def __init__(self, plan: DevicePlan) -> None:
        if not (plan.serial.isdecimal() and len(plan.serial) < 21):
            raise ConfigurationError(f"Serial {plan.serial!r} of a simulated VIS.T: it has up to 20 digits.")
        self.model = plan.model
        self.address = plan.address
        self.serial = plan.serial
        self.memory: MeterMemory = plan.memory
        self._unit = parse_address(plan.address)
        heat = plan.choices.get("heat_unit", "Gcal")
        self._measured, self._counted, self._archived = measured(heat), counted(heat), archived(heat)
        self._closed = lru_cache(maxsize=8)(self._compute_closed)

    def hear(self, frame: bytes) -> bytes | None:
        """The answer to a request that is meant for this meter."""
        if not is_sealed(frame) or frame[0] != self._unit:
            return None
        function = frame[1]
        try:
            return answer(self._unit, function, self._answer(function, frame[2:-2]))
        except Refused as refusal:
            return sealed(bytes((self._unit, function | 0x80, refusal.code)))

    def truth_snapshot(self, meter_time: datetime) -> Truths:
        numbers = numbers_at(self.memory, _minute(meter_time))
        live, kept = _rows(self._measured), _rows(self._counted)
        return truths_of(self._of_every_system([*live, *kept]), numbers)

    def truth_archive(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """Hours without power are recorded, too; nothing was measured in them."""
        if kind is not ArchiveKind.HOUR or not self._is_kept(slot_at(kind, start)):
            return None
        rows = [row for row in self._archived if row[2].quantity not in ("error_time", "flags")]
        return truths_of(self._of_every_system(rows), numbers_over(self.memory, slot_at(kind, start)))

    def _of_every_system(self, rows: Iterable[Row]) -> list[Sent]:
        return [
            sent._replace(circuit=circuit)
            for circuit in range(1, self.memory.circuits + 1)
            for bit, _, sent in rows
            if bit
        ]

    def _answer(self, function: int, asked: bytes) -> bytes:
        if function in (HOLDING, INPUT) and len(asked) == 4:
            address, count = struct.unpack(">HH", asked)
            image = self._holding() if function == HOLDING else self._input(address)
            base, area = image
            at = 2 * (address - base)
            if at < 0 or at + 2 * count > len(area):
                raise Refused(ILLEGAL_ADDRESS)
            return area[at : at + 2 * count]
        if function == FILE and len(asked) == 8 and asked[1] == 6:
            file, number, count = struct.unpack(">HHH", asked[2:])
            return self._record(file + 1, number)[: 2 * count].ljust(2 * count, b"\x00")
        raise Refused(ILLEGAL_FUNCTION)

    def _holding(self) -> tuple[int, bytes]:
        area = bytearray(2 * 0x0063)
        for at, text in ((4, FIRMWARE), (25, DEVICE_TYPE), (46, self.serial)):
            area[at : at + len(text)] = text.encode("cp1251")
        area[197] = self.memory.circuits
        return 0, bytes(area)

    def _input(self, address: int) -> tuple[int, bytes]:
        if address < 0x0200:
            return 0, _moment(self.memory.meter_time())
        system = (address - 0x0200) // 0x0400 + 1
        if system > self.memory.circuits:
            raise Refused(ILLEGAL_ADDRESS)
        base = 0x0200 + 0x0400 * (system - 1)
        area = bytearray(2 * 0x0240)
        for at, data in self._live_blocks(system):
            area[2 * at : 2 * at + len(data)] = data
        return base, bytes(area)

    def _live_blocks(self, system: int) -> Iterator[tuple[int, bytes]]:
        at = _minute(self.memory.meter_time())
        decimals = struct.pack(">HHHH", *(3 * [FLOW_DECIMALS]), POWER_DECIMALS)
        numbers = numbers_at(self.memory, at)
        yield 0x0000, _mask(_rows(self._measured)).to_bytes(4, "big")
        yield 0x0002, decimals
        yield 0x0200, _mask(_rows(self._counted)).to_bytes(4, "big")
        yield 0x0202, decimals
        for block, rows in self._measured.items():
            yield block, b"".join(_packed(row, numbers, system) for row in rows)
        running = numbers_over(self.memory, MeterSlot(_hour(at), at))
        for block, (total, form, share) in RUNNING.items():
            rows = self._counted[total]
            yield (
                block,
                b"".join(struct.pack(form, round(_exact(row, running, system) * share)) for row in rows),
            )

    def _record(self, system: int, number: int) -> bytes:
        if system > self.memory.circuits:
            raise Refused(ILLEGAL_ADDRESS)
        if number == 0:
            return self._header(system)
        slot = self._slot(number)
        if slot is None:
            raise Refused(ILLEGAL_ADDRESS)
        return self._closed(system, slot)

    def _compute_closed(self, system: int, slot: MeterSlot) -> bytes:
        numbers = numbers_over(self.memory, slot)
        fields = b"".join(_packed(row, numbers, system) for row in self._archived)
        return bytes((sum(fields) & 0xFF,)) + fields

    def _header(self, system: int) -> bytes:
        updated = _hour(self.memory.meter_time())
        written = self._written()
        area = bytearray(96)
        area[6:10] = _mask(self._archived).to_bytes(4, "big")
        area[10:16] = struct.pack(">HHH", min(written, MOST_RECORDS), written % MOST_RECORDS, MOST_RECORDS)
        area[16:22] = _moment(updated)
        numbers = numbers_at(self.memory, updated)
        for at, rows in self._counted.items():
            data = b"".join(_packed(row, numbers, system) for row in rows)
            area[at : at + len(data)] = data
        area[58:62] = bytes((*(3 * [KEPT_DECIMALS]), KEPT_HEAT_DECIMALS))
        return bytes(area)

    def _slot(self, number: int) -> MeterSlot | None:
        """The hour whose record has this number."""
        written = self._written()
        age = (written - number) % MOST_RECORDS
        if number > MOST_RECORDS or age >= written:
            return None
        return slot_at(ArchiveKind.HOUR, _hour(self.memory.meter_time()) - (age + 1) * _HOUR)

    def _is_kept(self, slot: MeterSlot) -> bool:
        """The two oldest of a full ring may be overwritten while they are asked for."""
        age = (_hour(self.memory.meter_time()) - slot.end) // _HOUR
        kept = self._written() if self._written() < MOST_RECORDS else MOST_RECORDS - 2
        return 0 <= age < kept

    def _written(self) -> int:
        """How many hours were ever recorded."""
        return (_hour(self.memory.meter_time()) - _hour(self.memory.installed)) // _HOUR


def split(buffer: bytes) -> tuple[bytes, int] | None:
    """The first whole request: eight bytes, twelve for function 14h."""
    for start in range(len(buffer) - 7):
        size = 12 if buffer[start + 1] == FILE else 8
        frame = buffer[start : start + size]
        if len(frame) == size and is_sealed(frame):
            return frame, start + size
    return None


def _rows(blocks: Mapping[int, tuple[Row, ...]]) -> list[Row]:
    return [row for rows in blocks.values() for row in rows]


def _mask(rows: Iterable[Row]) -> int:
    return sum(bit for bit, _, _ in rows)


def _packed(row: Row, numbers: Numbers, system: int) -> bytes:
    _, form, sent = row
    steps = round(_exact(row, numbers, system) / (sent.step or Decimal(1)))
    return struct.pack(form, steps)


def _exact(row: Row, numbers: Numbers, system: int) -> Decimal:
    """In the unit of the wire; zero where nothing is measured."""
    try:
        return on_wire(row[2]._replace(circuit=system), numbers)
    except NotSupported:
        return Decimal(0)


def _moment(moment: datetime) -> bytes:
    return bytes((moment.hour, moment.minute, moment.second, moment.day, moment.month, moment.year - 2000))


def _hour(moment: datetime) -> datetime:
    return slot_start(ArchiveKind.HOUR, moment)


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _unit(frame: bytes) -> bytes:
    return frame[:1]


SIMULATED: Final = SimulatedFamily(
    protocol="vist", models=(MODEL,), build=VistMeter, split=split, marks=Marks(_unit, _unit)
)
