"""A simulated Modbus meter: answers requests from its memory, in the layout that its profile declares.

Current values stand still within a minute of the meter's clock, so that what is read can be judged by the
clock that came with it. What is right is told by modbus_truth.py, never through these codecs.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot, next_start, slot_at, slot_start
from metering.errors import ConfigurationError, DecodeError, NotSupported
from metering.quantities import QUANTITIES, Behaviour
from metering.readings import GapReason
from metering.units import convert
from protocols.family import NO_CHOICES
from protocols.modbus import function65
from protocols.modbus.archive_records import stamp_for
from protocols.modbus.messages import (
    READ_ARCHIVE,
    READ_HOLDING,
    READ_INPUT,
    REPORT_ID,
    WRITE_AND_READ,
    WRITE_MULTIPLE,
)
from protocols.modbus.moments import PARTS, meter_time
from protocols.modbus.numbers import encode_number, unit_of
from protocols.modbus.parameters import SETTING, values_of
from protocols.modbus.profile import load
from protocols.modbus.register_map import (
    LARGEST_BLOCK,
    NUMBER,
    Archive,
    Content,
    RecordLayout,
    RecordStamp,
    Setting,
    Text,
    Value,
)
from protocols.modbus.texts import encode_text
from simulators.memory import MeterMemory
from simulators.modbus_truth import archive_truths, numbers_of, snapshot_truths
from simulators.numbers import Numbers, numbers_at
from simulators.truth import Truths

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3

HEAD_OF_TWO_IN_ONE: Final = 12
"""Bytes before what is written in a request of function 48h."""

UNDESCRIBED: Final = 12
"""Bytes behind a record of which no layout tells the end."""

FIRMWARE: Final[Mapping[str, str]] = {"termotronic-tv7": "2.1", "termotronic-tv7-fw22": "2.2"}
REPORTED: Final[Mapping[str, str]] = {
    "vzlet-tsrv-020": "Vzljot TSRV-020 62.02.01.07",
    "vzlet-tsrv-021": "Vzljot TSRV-021 62.02.01.07",
    "vzlet-tsrv-023": "Vzljot TSR 62.10.03.09",
    "vzlet-tsrv-024": "VZLJOT TSRV-024 76.30.02.11",
    "vzlet-tsrv-024m": "VZLJOT TSRV-024M 76.30.03.05",
    "vzlet-tsrv-024m-plus": "VZLJOT TSRV-024M+ 76.30.04.02",
    "vzlet-tsrv-043": "VZLJOT TSRV-043 76.30.04.12",
}
"""What a model says to function 17; it ends with a zero byte."""

USUAL_SETTINGS: Final[Mapping[str, str]] = {"report_day": "1"}
"""How a meter leaves the works; every other setting is the first word of its profile, or 0."""

NOBODY_KNOWS: Final = 0xD1
"""A parameter that stands in the simulated meter's list and in no profile."""

_MOMENT: Final = timedelta(microseconds=1)


class Refused(Exception):
    """The meter answers with this exception code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class ModbusMeter:
    """One unit. `settings` in the words of its profile, `choices` in those of a line for this protocol."""

    def __init__(
        self,
        model: str,
        address: str | int,
        serial: str,
        memory: MeterMemory,
        settings: Mapping[str, str] = USUAL_SETTINGS,
        choices: Mapping[str, str] = NO_CHOICES,
    ) -> None:
        if not serial.isdecimal():
            raise ConfigurationError(f"Serial {serial!r} of a simulated {model}: Modbus meters have digits.")
        self.model = model
        self.address = str(address)
        self.serial = serial
        self.memory = memory
        self.profile = load(model, choices)
        self.settings = {
            setting.name: settings.get(setting.name, _default(setting)) for setting in self.profile.settings
        }
        if self.profile.parameters:
            codes = self.profile.parameters.values.keys() | self.profile.parameters.states.keys()
            self.settings[SETTING] = bytes(sorted(codes | {NOBODY_KNOWS})).hex()
        self._selected: tuple[int, datetime | None] | None = None
        self._reckoned: tuple[datetime, list[tuple[int, int, bytes]]] | None = None

    def answer(self, function: int, data: bytes) -> bytes:
        """The data of the reply PDU; Refused with the exception code."""
        answers: Mapping[int, Callable[[bytes], bytes]] = {
            READ_HOLDING: lambda asked: self._registers(READ_HOLDING, asked),
            READ_INPUT: lambda asked: self._registers(READ_INPUT, asked),
            WRITE_MULTIPLE: self._write,
            WRITE_AND_READ: self._write_and_read,
            REPORT_ID: lambda asked: self._report_id(),
            READ_ARCHIVE: self._query,
        }
        if function not in answers:
            raise Refused(ILLEGAL_FUNCTION)
        return answers[function](data)

    def truth_archive(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """What the record of this slot must say; None when the meter rightly has none."""
        archive = self.profile.archives.get(kind)
        if archive is None or not self._has(archive, slot_at(kind, start)):
            return None
        slot = slot_at(kind, start)
        truths = archive_truths(self.profile, archive, self.memory, slot, self.settings)
        if archive.content is Content.AMOUNTS or kind is ArchiveKind.TOTAL:
            return truths
        before = slot_at(kind, slot_start(kind, start - _MOMENT))
        return truths if self._has(archive, before) else _without_registers(truths, archive.record.amounts)

    def truth_snapshot(self, meter_time: datetime) -> Truths:
        """What current values must say that were read in this minute of the meter's clock."""
        return snapshot_truths(self.profile, self.memory, _minute(meter_time), self.settings)

    def _report_id(self) -> bytes:
        if not self.profile.identity.report_id:
            raise Refused(ILLEGAL_FUNCTION)
        return _counted(REPORTED.get(self.model, self.model).encode("ascii") + b"\x00")

    def _registers(self, function: int, asked: bytes) -> bytes:
        if len(asked) != 4:
            raise Refused(ILLEGAL_VALUE)
        return _counted(self._read(function, _word(asked, 0), _word(asked, 2)))

    def _read(self, function: int, address: int, count: int) -> bytes:
        if not 1 <= count <= LARGEST_BLOCK:
            raise Refused(ILLEGAL_VALUE)
        selected = self._selected_record(address)
        if self.profile.loose:
            return self._place(function, address, selected).ljust(2 * count, b"\x00")
        image = dict(self._image(function) if selected is None else _image_of(address, selected))
        wanted = range(address, address + count)
        if address not in image or wanted[-1] not in image:
            raise Refused(ILLEGAL_ADDRESS)
        return b"".join(image.get(register, bytes(2)) for register in wanted)

    def _place(self, function: int, address: int, selected: bytes | None) -> bytes:
        """All that begins at a place, however few registers were asked for."""
        if selected is not None:
            return selected
        for place_function, at, data in self._places():
            if (place_function, at) == (function, address):
                return data
        raise Refused(ILLEGAL_ADDRESS)

    def _image(self, function: int) -> Iterator[tuple[int, bytes]]:
        """Every register of this function with its two bytes."""
        for place_function, at, data in self._places():
            if place_function == function:
                yield from _image_of(at, data)

    def _places(self) -> Iterator[tuple[int, int, bytes]]:
        profile, now = self.profile, self.memory.meter_time()
        yield profile.clock.function, profile.clock.at, profile.clock.layout.encode(now)
        if profile.identity.serial:
            yield self._text(profile.identity.serial, self.serial)
        if profile.identity.firmware:
            yield self._text(profile.identity.firmware, FIRMWARE.get(self.model, "1.0"))
        yield from self._setting_places()
        yield from self._listed_places()
        yield from self._current_places(_minute(now))

    def _current_places(self, minute: datetime) -> list[tuple[int, int, bytes]]:
        """Current values of this minute: every question about them is answered from one reckoning."""
        if self._reckoned is None or self._reckoned[0] != minute:
            self._reckoned = minute, list(self._reckon(minute))
        return self._reckoned[1]

    def _reckon(self, minute: datetime) -> Iterator[tuple[int, int, bytes]]:
        current, numbers = self.profile.current, numbers_at(self.memory, minute)
        for state in current.states:
            for circuit in self.profile.circuits_of(state):
                yield current.function, state.place(circuit), bytes(state.size)
        for value in current.values:
            for at, data in self._encoded(value, numbers):
                yield current.function, at, data

    def _text(self, text: Text, written: str) -> tuple[int, int, bytes]:
        data = bytes(text.skip) + encode_text(text.type, written, text.size, text.layout)
        return text.function, text.at, data

    def _listed_places(self) -> Iterator[tuple[int, int, bytes]]:
        """The list of parameters, and the record of current values that it describes."""
        declared, current = self.profile.parameters, self.profile.current
        if declared:
            codes = bytes.fromhex(self.settings[SETTING])
            yield declared.function, declared.at, bytes(declared.skip) + codes + bytes([declared.end])
        if current.record and current.selected is None:
            now = self.memory.meter_time()
            numbers = numbers_at(self.memory, _minute(now))
            yield current.function, current.at, self._record(current.record, now, numbers)

    def _setting_places(self) -> Iterator[tuple[int, int, bytes]]:
        registers: dict[tuple[int, int], int] = {}
        for setting in self.profile.settings:
            words = {word: number for number, word in setting.words.items()}
            word = self.settings[setting.name]
            place = (setting.function, setting.at)
            registers[place] = registers.get(place, 0) | int(words.get(word, word)) << setting.first_bit
        for (function, at), register in registers.items():
            yield function, at, register.to_bytes(2, "big")

    def _encoded(self, value: Value, numbers: Numbers) -> Iterator[tuple[int, bytes]]:
        """Every place of a value with its bytes. What is subtracted equals the value: 2x less x is x."""
        for circuit in self.profile.circuits_of(value):
            first, *rest = value.places(circuit)
            number = self._number(value, circuit, numbers)
            doubled = number * 2 if rest and number is not None else number
            yield first, encode_number(value, doubled, self.settings)
            for place in rest:
                yield place, encode_number(value, number, self.settings)

    def _number(self, value: Value, circuit: int, numbers: Numbers) -> Decimal | None:
        """In the unit of the wire; zero for a circuit that is not used, None for what no plant measures."""
        if circuit > self.memory.circuits:
            return Decimal(0)
        try:
            canonical = numbers(value.quantity, circuit)
        except NotSupported:
            return None
        return canonical / convert(Decimal(1), unit_of(value, self.settings), value.quantity).factor

    def _write(self, asked: bytes) -> bytes:
        clock = self.profile.clock
        if clock.sets and asked[:2] == clock.at.to_bytes(2, "big"):
            self._set_clock(asked[5:])
        else:
            self._select(_word(asked, 0), asked[5:])
        return asked[:4]

    def _set_clock(self, content: bytes) -> None:
        clock = self.profile.clock
        if len(content) != clock.layout.size:
            raise Refused(ILLEGAL_VALUE)
        self.memory.drift += clock.layout.decode(content) - self.memory.meter_time()

    def _select(self, address: int, content: bytes) -> None:
        selection = self.profile.selection
        if selection is None or address != selection.at:
            raise Refused(ILLEGAL_ADDRESS)
        if len(content) != len(selection.content):
            raise Refused(ILLEGAL_VALUE)
        parts = dict(zip(selection.content, content, strict=True))
        self._selected = parts.get(NUMBER, 0), _moment(parts)

    def _write_and_read(self, asked: bytes) -> bytes:
        if len(asked) < HEAD_OF_TWO_IN_ONE:
            raise Refused(ILLEGAL_VALUE)
        read_at, count, write_at, size = (_word(asked, at) for at in (0, 2, 4, 8))
        if size:
            self._select(write_at, asked[HEAD_OF_TWO_IN_ONE:])
        data = self._read(READ_HOLDING, read_at, count)
        return asked[2:4] + asked[10:12] + data

    def _selected_record(self, address: int) -> bytes | None:
        """The record that was selected, when it is asked for."""
        selection, current = self.profile.selection, self.profile.current
        if selection is None or self._selected is None:
            return None
        number, moment = self._selected
        if current.record and number == current.selected and address == selection.read_at:
            now = self.memory.meter_time()
            return self._record(current.record, now, numbers_at(self.memory, _minute(now)))
        for archive in self.profile.archives.values():
            read_at = selection.read_at if archive.read_at is None else archive.read_at
            if number in archive.numbers and address == read_at and moment is not None:
                return self._archived(archive, moment)
        return None

    def _query(self, asked: bytes) -> bytes:
        try:
            query = function65.decode(asked)
        except DecodeError as error:
            raise Refused(ILLEGAL_VALUE) from error
        for archive in self.profile.archives.values():
            if query.array in archive.numbers and query.count == 1 and isinstance(query.first, datetime):
                own = archive.numbers.index(query.array) + 1
                return _counted(self._archived(archive, query.first, own))
        raise Refused(ILLEGAL_ADDRESS)

    def _has(self, archive: Archive, slot: MeterSlot) -> bool:
        """Whether there is a record; levels that stand for a slot's end come with that slot."""
        if archive.stamp is not RecordStamp.SLOT_BEFORE:
            return self.memory.has_record(archive.kind, slot.start, archive.depth)
        before = slot_start(ArchiveKind.DAY, slot.start - _MOMENT)
        return self.memory.has_record(ArchiveKind.DAY, before, archive.depth)

    def _archived(self, archive: Archive, moment: datetime, circuit: int = 1) -> bytes:
        """The record of a circuit, those of the other circuits being records of their own or part of it."""
        slot = _slot_of(archive, moment)
        if self.profile.selection and self.profile.selection.finds_next:
            slot = self._next_slot(archive, slot)
        if circuit <= self.memory.circuits and self._has(archive, slot):
            numbers = numbers_of(self.memory, archive, slot)
            return self._record(archive.record, stamp_for(archive, slot), _of_circuit(numbers, circuit))
        if archive.empty_is_zeros:
            return bytes(archive.record.size)
        codes = [code for code, reason in archive.refusals.items() if reason is GapReason.NO_RECORD]
        raise Refused(codes[0] if codes else ILLEGAL_VALUE)

    def _next_slot(self, archive: Archive, slot: MeterSlot) -> MeterSlot:
        """The first slot from this one on that has a record; the running one when none has."""
        now, oldest = self.memory.meter_time(), self.memory.oldest_start(archive.kind, archive.depth)
        start = max(slot.start, oldest)
        while start < now and not self._has(archive, slot_at(archive.kind, start)):
            start = next_start(archive.kind, start)
        return slot_at(archive.kind, start)

    def _record(self, record: RecordLayout, stamp: datetime, numbers: Numbers) -> bytes:
        declared, listed = self.profile.parameters, 0
        if declared and record.listed_at is not None:
            listed = len(bytes.fromhex(self.settings[SETTING])) * declared.size
        data = bytearray(record.size + listed + (UNDESCRIBED if record.longer else 0))
        data[record.stamp_at : record.stamp_at + record.stamp.size] = record.stamp.encode(stamp)
        for value in values_of(self.profile, record, self.settings):
            for at, encoded in self._encoded(value, numbers):
                data[at : at + len(encoded)] = encoded
        return bytes(data)


def _of_circuit(numbers: Numbers, circuit: int) -> Numbers:
    """What a record of this circuit holds where the layout speaks of circuit 1 alone."""
    return numbers if circuit == 1 else lambda quantity, _: numbers(quantity, circuit)


def _without_registers(truths: Truths, amounts: Container[str]) -> Truths:
    """What is left where the record before is missing, from which amounts would be differences."""
    return {
        key: truth
        for key, truth in truths.items()
        if QUANTITIES[key[0]].behaviour is not Behaviour.REGISTER or key[0] in amounts
    }


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big")


def _slot_of(archive: Archive, stamp: datetime) -> MeterSlot:
    """The slot whose record carries this stamp."""
    if archive.stamp is RecordStamp.SLOT_END:
        return slot_at(archive.kind, slot_start(archive.kind, stamp - _MOMENT))
    start = slot_start(archive.kind, stamp)
    after = archive.stamp is RecordStamp.SLOT_BEFORE
    return slot_at(archive.kind, next_start(archive.kind, start) if after else start)


def _moment(parts: Mapping[str | int, int]) -> datetime | None:
    """The date that was written; None for zeros, which ask for current values."""
    sent = [parts.get(part, 0) for part in PARTS]
    if not any(sent):
        return None
    try:
        return meter_time(2000 + sent[0], *sent[1:])
    except DecodeError as error:
        raise Refused(ILLEGAL_VALUE) from error


def _default(setting: Setting) -> str:
    return next(iter(setting.words.values()), "0")


def _image_of(at: int, data: bytes) -> Iterator[tuple[int, bytes]]:
    for offset in range(0, len(data), 2):
        yield at + offset // 2, data[offset : offset + 2].ljust(2, b"\x00")


def _counted(data: bytes) -> bytes:
    return bytes([len(data)]) + data


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
