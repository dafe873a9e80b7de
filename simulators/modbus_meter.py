"""A simulated Modbus meter: answers requests from its memory, in the layout that its profile declares.

Current values stand still within a minute of the meter's clock, so that what is read can be judged by the
clock that came with it. What is right is told by modbus_truth.py, never through these codecs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from metering.calendar import ArchiveKind, MeterSlot, next_start, slot_at, slot_start
from metering.errors import ConfigurationError, DecodeError, NotSupported
from metering.readings import GapReason
from metering.units import convert
from protocols.modbus import function65
from protocols.modbus.archive_records import stamp_for
from protocols.modbus.messages import READ_ARCHIVE, READ_HOLDING, READ_INPUT, REPORT_ID, WRITE_MULTIPLE
from protocols.modbus.moments import PARTS, meter_time
from protocols.modbus.numbers import encode_number, unit_of
from protocols.modbus.profile import load
from protocols.modbus.register_map import NUMBER, Archive, RecordLayout, RecordStamp, Setting, Text, Value
from protocols.modbus.texts import encode_text
from simulators.memory import MeterMemory
from simulators.modbus_truth import archive_truths, numbers_of, snapshot_truths
from simulators.numbers import Numbers, numbers_at
from simulators.truth import Truths

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3

FIRMWARE: Final = "2.1"
REPORTED: Final[Mapping[str, str]] = {"vzlet-tsrv-024m": "VZLJOT TSRV-024M 76.30.03.05"}
"""What a model says to function 17; it ends with a zero byte."""

USUAL_SETTINGS: Final[Mapping[str, str]] = {"report_day": "1"}
"""How a meter leaves the works; every other setting is the first word of its profile, or 0."""

_MOMENT: Final = timedelta(microseconds=1)


class Refused(Exception):
    """The meter answers with this exception code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class ModbusMeter:
    """One unit. `settings` in the words of its profile."""

    def __init__(
        self,
        model: str,
        address: str | int,
        serial: str,
        memory: MeterMemory,
        settings: Mapping[str, str] = USUAL_SETTINGS,
    ) -> None:
        if not serial.isdecimal():
            raise ConfigurationError(f"Serial {serial!r} of a simulated {model}: Modbus meters have digits.")
        self.model = model
        self.address = str(address)
        self.serial = serial
        self.memory = memory
        self.profile = load(model)
        self.settings = {
            setting.name: settings.get(setting.name, _default(setting)) for setting in self.profile.settings
        }
        self._selected: tuple[int, datetime | None] | None = None

    def answer(self, function: int, data: bytes) -> bytes:
        """The data of the reply PDU; Refused with the exception code."""
        answers: Mapping[int, Callable[[bytes], bytes]] = {
            READ_HOLDING: lambda asked: self._registers(READ_HOLDING, asked),
            READ_INPUT: lambda asked: self._registers(READ_INPUT, asked),
            WRITE_MULTIPLE: self._select,
            REPORT_ID: lambda asked: self._report_id(),
            READ_ARCHIVE: self._query,
        }
        if function not in answers:
            raise Refused(ILLEGAL_FUNCTION)
        return answers[function](data)

    def truth_archive(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """What the record of this slot must say; None when the meter rightly has none."""
        archive = self.profile.archives.get(kind)
        if archive is None or not self.memory.has_record(kind, start, archive.depth):
            return None
        return archive_truths(self.profile, archive, self.memory, slot_at(kind, start), self.settings)

    def truth_snapshot(self, meter_time: datetime) -> Truths:
        """What current values must say that were read in this minute of the meter's clock."""
        return snapshot_truths(self.profile, self.memory, _minute(meter_time), self.settings)

    def _report_id(self) -> bytes:
        if not self.profile.identity.report_id:
            raise Refused(ILLEGAL_FUNCTION)
        return _counted(REPORTED.get(self.model, self.model).encode("ascii") + b"\x00")

    def _registers(self, function: int, asked: bytes) -> bytes:
        address, count = int.from_bytes(asked[:2], "big"), int.from_bytes(asked[2:], "big")
        image = self._selected_record(address) or dict(self._image(function))
        wanted = range(address, address + count)
        if address not in image or wanted[-1] not in image:
            raise Refused(ILLEGAL_ADDRESS)
        return _counted(b"".join(image.get(register, bytes(2)) for register in wanted))

    def _image(self, function: int) -> Iterator[tuple[int, bytes]]:
        """Every register of this function with its two bytes."""
        for place_function, at, data in self._places():
            if place_function == function:
                yield from _image_of(at, data)

    def _places(self) -> Iterator[tuple[int, int, bytes]]:
        profile, now = self.profile, self.memory.meter_time()
        yield profile.clock.function, profile.clock.at, profile.clock.layout.encode(now)
        yield self._text(profile.identity.serial, self.serial)
        if profile.identity.firmware:
            yield self._text(profile.identity.firmware, FIRMWARE)
        yield from self._setting_places()
        numbers = numbers_at(self.memory, _minute(now))
        for value in profile.current.values:
            for at, data in self._encoded(value, numbers):
                yield profile.current.function, at, data

    def _text(self, text: Text, written: str) -> tuple[int, int, bytes]:
        return text.function, text.at, encode_text(text.type, written, text.size, text.layout)

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
            yield first, encode_number(value, number * 2 if rest and number is not None else number)
            for place in rest:
                yield place, encode_number(value, number)

    def _number(self, value: Value, circuit: int, numbers: Numbers) -> Decimal | None:
        """In the unit of the wire; zero for a circuit that is not used, None for what no plant measures."""
        if circuit > self.memory.circuits:
            return Decimal(0)
        try:
            canonical = numbers(value.quantity, circuit)
        except NotSupported:
            return None
        return canonical / convert(Decimal(1), unit_of(value, self.settings), value.quantity).factor

    def _select(self, asked: bytes) -> bytes:
        selection, content = self.profile.selection, asked[5:]
        if selection is None or int.from_bytes(asked[:2], "big") != selection.at:
            raise Refused(ILLEGAL_ADDRESS)
        if len(content) != len(selection.content):
            raise Refused(ILLEGAL_VALUE)
        parts = dict(zip(selection.content, content, strict=True))
        self._selected = parts[NUMBER], _moment(parts)
        return asked[:4]

    def _selected_record(self, address: int) -> dict[int, bytes] | None:
        """The registers of the record that was selected, when they are asked for."""
        selection, current = self.profile.selection, self.profile.current
        if selection is None or self._selected is None:
            return None
        number, moment = self._selected
        if current.record and number == current.selected and address == selection.read_at:
            now = self.memory.meter_time()
            data = self._record(current.record, now, numbers_at(self.memory, _minute(now)))
            return dict(_image_of(address, data))
        for archive in self.profile.archives.values():
            read_at = selection.read_at if archive.read_at is None else archive.read_at
            if archive.number == number and address == read_at and moment is not None:
                return dict(_image_of(address, self._archived(archive, moment)))
        return None

    def _query(self, asked: bytes) -> bytes:
        try:
            query = function65.decode(asked)
        except DecodeError as error:
            raise Refused(ILLEGAL_VALUE) from error
        for archive in self.profile.archives.values():
            if archive.number == query.array and query.count == 1 and isinstance(query.first, datetime):
                return _counted(self._archived(archive, query.first))
        raise Refused(ILLEGAL_ADDRESS)

    def _archived(self, archive: Archive, moment: datetime) -> bytes:
        slot = _slot_of(archive, moment)
        if self.memory.has_record(archive.kind, slot.start, archive.depth):
            numbers = numbers_of(self.memory, archive, slot)
            return self._record(archive.record, stamp_for(archive, slot), numbers)
        if archive.empty_is_zeros:
            return bytes(archive.record.size)
        codes = [code for code, reason in archive.refusals.items() if reason is GapReason.NO_RECORD]
        raise Refused(codes[0] if codes else ILLEGAL_VALUE)

    def _record(self, record: RecordLayout, stamp: datetime, numbers: Numbers) -> bytes:
        data = bytearray(record.size)
        data[record.stamp_at : record.stamp_at + record.stamp.size] = record.stamp.encode(stamp)
        for value in record.values:
            for at, encoded in self._encoded(value, numbers):
                data[at : at + len(encoded)] = encoded
        return bytes(data)


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
