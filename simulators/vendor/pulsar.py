"""Simulated Pulsar heat meters and pulse loggers (pulsar.md 3, 4 and 7).

Archives hold the counters as they stood at each boundary; a boundary at which the power was away has none.
A line of which it is said that they hold amounts has meters of which that is true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

from metering.calendar import ArchiveKind, next_start, slot_at, slot_start
from metering.errors import ConfigurationError
from metering.quantities import QUANTITIES
from metering.units import convert
from protocols.fields import to_float32, to_float64
from protocols.vendor.pulsar import frames
from protocols.vendor.pulsar.frames import Frame
from simulators.families import DevicePlan, SimulatedFamily
from simulators.marks import Marks
from simulators.numbers import FLOAT_STEP, ROUNDING, Sent, numbers_at, numbers_over, on_wire, truths_of
from simulators.truth import Truth, Truths

READINGS: Final = "readings"
AMOUNTS_UNTIL: Final = "amounts_until"
"""What archive records are; the third word, amounts_since, is what else is left."""

_MOMENT: Final = timedelta(microseconds=1)
EXACT: Final = Decimal("1E-9")
HOUR: Final = Decimal(1)
HEAT: Final[Mapping[int, Sent]] = {
    3: Sent("temperature_supply", "°C"),
    4: Sent("temperature_return", "°C"),
    5: Sent("temperature_difference", "K"),
    6: Sent("power", "Gcal/h"),
    7: Sent("energy_heating", "Gcal"),
    8: Sent("volume", "m3"),
    9: Sent("volume_flow", "m3/h"),
    20: Sent("operating_time", "h", HOUR),
}
DIAGNOSTICS: Final = Sent("flags", "", HOUR)
LOGGER_INPUTS: Final[Mapping[str, tuple[int, bool]]] = {
    "2m": (2, True),
    "10m": (10, True),
    "16m": (16, True),
    "16rm-m": (16, False),
    "24m": (24, False),
}
"""How many inputs, and whether current values are floats of 64 bits: those of wired loggers are."""

KEPT: Final[Mapping[ArchiveKind, int]] = {
    ArchiveKind.HOUR: 1488,
    ArchiveKind.DAY: 184,
    ArchiveKind.MONTH: 60,
    ArchiveKind.TOTAL: 184,
}
TYPES: Final = {1: ArchiveKind.HOUR, 2: ArchiveKind.DAY, 3: ArchiveKind.MONTH}
MOST_RECORDS: Final = 58
"""As many as the one byte of L can count with their frame."""
PARAMETERS: Final[Mapping[int, bytes]] = {1: b"\x00", 5: b"\x03\x01", 6: b"\x00"}
"""No daylight saving, firmware 0103h, nothing to complain of."""

NO_FUNCTION, NO_CHANNEL, WRONG_LENGTH, NO_PARAMETER, LOCKED, BAD_VALUE, NO_ARCHIVE, TOO_MANY = range(1, 9)
_WRITES: Final = (0x03, 0x08, 0x0B)
_NO_DATA: Final = bytes.fromhex("F1 FF FF FF")
_RANDOM_REST: Final = bytes.fromhex("5A A5 5A A5 5A A5 5A A5")


class Refused(Exception):
    """The meter answers with function 00 and this error code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Layout:
    """What a model sends: its channels, which of them it archives, and how wide its current floats are."""

    model: str
    channels: Mapping[int, Sent]
    archived: frozenset[int]
    wide: bool = False


def _layouts() -> Mapping[str, Layout]:
    heat = Layout("teplovodokhran-pulsar-heat", HEAT, frozenset((7, 8)))
    loggers = []
    for name, (inputs, wide) in LOGGER_INPUTS.items():
        step = EXACT if wide else None
        channels = {number: Sent("volume", "m3", step, number) for number in range(1, inputs + 1)}
        loggers.append(Layout(f"teplovodokhran-pulsar-{name}", channels, frozenset(channels), wide))
    return {layout.model: layout for layout in (heat, *loggers)}


LAYOUTS: Final = _layouts()


class PulsarMeter:
    """One meter; it answers whole frames with its own address and the search."""

    def __init__(self, layout: Layout, plan: DevicePlan) -> None:
        self.model = layout.model
        self.address = plan.address
        self.serial = plan.serial
        self.memory = plan.memory
        self._layout = layout
        self._number = frames.parse_address(plan.address)
        self._archive_holds = plan.choices.get("archive", READINGS)
        self._level = lru_cache(maxsize=4096)(self._compute_level)

    def hear(self, frame: bytes) -> bytes | None:
        """Its answer; silence to damaged frames and those of others."""
        if frame == frames.SEARCH:
            return frames.sealed(frames.SEARCH_MARK + bytes.fromhex(f"{self._number:08d}") + b"\x00")
        asked = frames.whole(frame)
        if asked is None or asked.address != self._number:
            return None
        try:
            return replace(asked, data=self._answer(asked)).encode()
        except Refused as refused:
            return replace(asked, function=frames.FAILED, data=bytes((refused.code,))).encode()

    def truth_snapshot(self, meter_time: datetime) -> Truths:
        """What current values must say in this minute."""
        rows = [sent for sent in self._layout.channels.values() if self._wired(sent)]
        return truths_of([*rows, DIAGNOSTICS], numbers_at(self.memory, _minute(meter_time)))

    def truth_archive(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """A level at the slot's start, or what lies between the readings at its ends."""
        if self._archive_holds != READINGS:
            return self._amounts(kind, start)
        slot = slot_at(kind, start)
        ends = (slot.start,) if kind is ArchiveKind.TOTAL else (slot.start, slot.end)
        if kind not in KEPT or not all(self._has_reading(kind, at) for at in ends):
            return None
        rows = [sent for sent in self._archived().values() if self._wired(sent)]
        return {(sent.quantity, sent.circuit): self._truth(sent, ends) for sent in rows}

    def _amounts(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        if kind is ArchiveKind.TOTAL or not self.memory.has_record(kind, start, KEPT[kind]):
            return None
        rows = [sent for sent in self._archived().values() if self._wired(sent)]
        floats = (sent._replace(step=None) for sent in rows)
        return truths_of(floats, numbers_over(self.memory, slot_at(kind, start)))

    def _truth(self, sent: Sent, ends: tuple[datetime, ...]) -> Truth:
        levels = [self._level(sent, at) for at in ends]
        factor = convert(Decimal(1), sent.unit, QUANTITIES[sent.quantity]).factor
        value = levels[-1] - (levels[0] if len(levels) > 1 else 0)
        return Truth(value * factor, sum(levels) * factor * FLOAT_STEP + ROUNDING)

    def _answer(self, asked: Frame) -> bytes:
        if asked.function in _WRITES:
            raise Refused(LOCKED)
        if asked.function not in FUNCTIONS:
            raise Refused(NO_FUNCTION)
        answer, size = FUNCTIONS[asked.function]
        if len(asked.data) != size:
            raise Refused(WRONG_LENGTH)
        return answer(self, asked.data)

    def _current(self, data: bytes) -> bytes:
        wanted = _channels(data)
        if not wanted or not set(wanted) <= set(self._layout.channels):
            raise Refused(NO_CHANNEL)
        now = _minute(self.memory.meter_time())
        return b"".join(self._encoded(self._layout.channels[number], now) for number in wanted)

    def _encoded(self, sent: Sent, now: datetime) -> bytes:
        value = on_wire(sent, numbers_at(self.memory, now)) if self._wired(sent) else Decimal(0)
        if sent.step == HOUR:
            return int(value).to_bytes(4, "little")
        return (to_float64(value) if self._layout.wide else to_float32(value))[::-1]

    def _clock(self, data: bytes) -> bytes:
        return _date(self.memory.meter_time())

    def _set_clock(self, data: bytes) -> bytes:
        self.memory.drift += _moment(data) - self.memory.meter_time()
        return bytes((1, 0, 0, 0))

    def _parameter(self, data: bytes) -> bytes:
        number = int.from_bytes(data, "little")
        if number not in PARAMETERS:
            raise Refused(NO_PARAMETER)
        return (PARAMETERS[number] + _RANDOM_REST)[:8]

    def _archive(self, data: bytes) -> bytes:
        """Both dates are rounded to records; the last record is that of the running slot's start."""
        wanted, kind = _channels(data[:4]), TYPES.get(int.from_bytes(data[4:6], "little"))
        if kind is None:
            raise Refused(NO_ARCHIVE)
        if len(wanted) != 1 or wanted[0] not in self._layout.archived:
            raise Refused(NO_CHANNEL)
        start, end = (slot_start(kind, _moment(data[at : at + 6])) for at in (6, 12))
        end = min(end, slot_start(kind, self.memory.meter_time()))
        records = []
        at = start
        while at <= end:
            records.append(self._record(kind, self._layout.channels[wanted[0]], at))
            if len(records) > MOST_RECORDS:
                raise Refused(TOO_MANY)
            at = next_start(kind, at)
        return data[:4] + _date(start) + b"".join(records)

    def _record(self, kind: ArchiveKind, sent: Sent, at: datetime) -> bytes:
        holds = self._reading if self._archive_holds == READINGS else self._amount
        value = holds(kind, sent, at)
        return _NO_DATA if value is None else to_float32(value)[::-1]

    def _reading(self, kind: ArchiveKind, sent: Sent, at: datetime) -> Decimal | None:
        if not self._has_reading(kind, at):
            return None
        return self._level(sent, at) if self._wired(sent) else Decimal(0)

    def _amount(self, kind: ArchiveKind, sent: Sent, at: datetime) -> Decimal | None:
        """Of the slot that begins or ends at the record's date."""
        until = self._archive_holds == AMOUNTS_UNTIL
        slot = slot_at(kind, slot_start(kind, at - _MOMENT) if until else at)
        if not self.memory.has_record(kind, slot.start, KEPT[kind]):
            return None
        return on_wire(sent, numbers_over(self.memory, slot)) if self._wired(sent) else Decimal(0)

    def _has_reading(self, kind: ArchiveKind, at: datetime) -> bool:
        newest = slot_start(kind, self.memory.meter_time())
        oldest = self.memory.oldest_start(
            ArchiveKind.DAY if kind is ArchiveKind.TOTAL else kind, KEPT[kind] - 1
        )
        off = any(failure.start <= at < failure.end for failure in self.memory.power_failures)
        return max(oldest, self.memory.installed) <= at <= newest and not off

    def _archived(self) -> Mapping[int, Sent]:
        return {number: self._layout.channels[number] for number in self._layout.archived}

    def _wired(self, sent: Sent) -> bool:
        return sent.circuit <= self.memory.circuits

    def _compute_level(self, sent: Sent, at: datetime) -> Decimal:
        return on_wire(sent, numbers_at(self.memory, at))


FUNCTIONS: Final[Mapping[int, tuple[Callable[[PulsarMeter, bytes], bytes], int]]] = {
    0x01: (PulsarMeter._current, 4),
    0x04: (PulsarMeter._clock, 0),
    0x05: (PulsarMeter._set_clock, 6),
    0x06: (PulsarMeter._archive, 18),
    0x0A: (PulsarMeter._parameter, 2),
}
"""What it does at each function, and how many bytes the request must carry."""


def split(buffer: bytes) -> tuple[bytes, int] | None:
    """The first whole request of a buffer and where it ends."""
    for start in range(len(buffer)):
        if buffer.startswith(frames.SEARCH, start):
            return frames.SEARCH, start + len(frames.SEARCH)
        found = frames.whole(buffer[start:])
        if found is not None:
            frame = found.encode()
            return frame, start + len(frame)
    return None


def build(plan: DevicePlan) -> PulsarMeter:
    address = frames.parse_address(plan.address)
    if not plan.serial.isdecimal() or int(plan.serial) != address:
        raise ConfigurationError(
            f"A Pulsar meter's address is its serial number, but {plan.address} is not {plan.serial}."
        )
    return PulsarMeter(LAYOUTS[plan.model], plan)


def _channels(mask: bytes) -> list[int]:
    bits = int.from_bytes(mask, "little")
    return [number + 1 for number in range(bits.bit_length()) if bits >> number & 1]


def _date(moment: datetime) -> bytes:
    year, month, day, hour, minute, second = moment.timetuple()[:6]
    return bytes((year - 2000, month, day, hour, minute, second))


def _moment(octets: bytes) -> datetime:
    try:
        year, month, day, hour, minute, second = octets
        return datetime(2000 + year, month, day, hour, minute, second)
    except ValueError as error:
        raise Refused(BAD_VALUE) from error


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


SIMULATED: Final = SimulatedFamily(
    protocol="pulsar",
    models=tuple(LAYOUTS),
    build=build,
    split=split,
    marks=Marks(lambda frame: frame[:4] + frame[-4:-2], lambda frame: frame[:5] + frame[-4:-2]),
)
