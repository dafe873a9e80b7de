"""A simulated Modbus meter: answers requests from its memory, in the layout that its profile declares.

What is right is told by modbus_truth.py, never through these codecs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind
from metering.errors import ConfigurationError, DecodeError
from metering.readings import GapReason
from protocols.family import NO_CHOICES
from protocols.modbus import function65
from protocols.modbus.archive_map import NUMBER, Archive
from protocols.modbus.messages import (
    READ_ARCHIVE,
    READ_HOLDING,
    READ_INPUT,
    REPORT_ID,
    WRITE_AND_READ,
    WRITE_MULTIPLE,
)
from protocols.modbus.moments import PARTS, meter_time
from protocols.modbus.parameters import SETTING
from protocols.modbus.places import LARGEST_BLOCK, Setting
from protocols.modbus.profile import load
from simulators.memory import MeterMemory
from simulators.modbus_archives import Archives
from simulators.modbus_records import Writing
from simulators.modbus_registers import Registers, image_of, minute_of
from simulators.modbus_truth import snapshot_truths
from simulators.numbers import numbers_at
from simulators.truth import Truths

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3

HEAD_OF_TWO_IN_ONE: Final = 12
"""Bytes before what is written in a request of function 48h."""

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
        self._writing = Writing(self.profile, self.settings, memory)
        self._places = Registers(self._writing, serial)
        self._archives = Archives(self._writing)

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
        return self._archives.truths(kind, start)

    def truth_snapshot(self, meter_time: datetime) -> Truths:
        """What current values must say that were read in this minute of the meter's clock."""
        return snapshot_truths(self.profile, self.memory, minute_of(meter_time), self.settings)

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
        image = dict(self._places.image(function) if selected is None else image_of(address, selected))
        wanted = range(address, address + count)
        if address not in image or wanted[-1] not in image:
            raise Refused(ILLEGAL_ADDRESS)
        return b"".join(image.get(register, bytes(2)) for register in wanted)

    def _place(self, function: int, address: int, selected: bytes | None) -> bytes:
        found = selected if selected is not None else self._places.at(function, address)
        if found is None:
            raise Refused(ILLEGAL_ADDRESS)
        return found

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
            return self._writing.record(current.record, now, numbers_at(self.memory, minute_of(now)))
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

    def _archived(self, archive: Archive, moment: datetime, circuit: int = 1) -> bytes:
        record = self._archives.record(archive, moment, circuit)
        if record is None:
            codes = [code for code, reason in archive.refusals.items() if reason is GapReason.NO_RECORD]
            raise Refused(codes[0] if codes else ILLEGAL_VALUE)
        return record


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big")


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


def _counted(data: bytes) -> bytes:
    return bytes([len(data)]) + data
