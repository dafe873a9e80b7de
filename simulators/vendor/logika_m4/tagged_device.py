"""The device side of the younger models: tagged parameters and archives by ranges of dates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from metering.calendar import ArchiveKind, slot_at
from metering.errors import ConfigurationError
from protocols.vendor.logika_m4.frames import ANYBODY, WAKE_UP, LongFrame, ShortFrame, decode
from protocols.vendor.logika_m4.tags import encode
from simulators.families import DevicePlan
from simulators.numbers import Numbers, numbers_at, numbers_over
from simulators.truth import Truths
from simulators.vendor.logika_m4.archive_pages import Pages, Refused
from simulators.vendor.logika_m4.attention import Attention
from simulators.vendor.logika_m4.numbers import amount, ieee_float, mixed, truths
from simulators.vendor.logika_m4.tagged_layouts import (
    BITS,
    FLAGS_SIZES,
    RECORDS_KEPT,
    TAGGED,
    Place,
    Symbol,
)

SESSION, READ_ARCHIVE, READ_PARAMETERS, ERROR = 0x3F, 0x61, 0x72, 0x21
UNKNOWN_REQUEST, BAD_PARAMETERS = 0, 2
MOST_PARAMETERS: Final = 32
SCHEME: Final = 0

TEXT, NULL, SEQUENCE, UNSIGNED, FLOAT, MIXED = 0x16, 0x05, 0x30, 0x41, 0x43, 0x44
OPERATIVE, TIME, DATE, FLAGS, NO_PARAMETER = 0x45, 0x47, 0x48, 0x4B, 0x55


class TaggedDevice:
    """One meter. `scheme` and `settings` may be set by a test, as by a man at the meter's keys."""

    def __init__(self, plan: DevicePlan) -> None:
        if not plan.serial.isdecimal() or not plan.address.isdecimal() or int(plan.address) > ANYBODY:
            raise ConfigurationError(
                f"{plan.model} {plan.serial} at {plan.address}: serial and network number are digits."
            )
        self.model = plan.model
        self.serial = plan.serial
        self.address = plan.address
        self.memory = plan.memory
        self.layout = TAGGED[plan.model]
        self.scheme = SCHEME
        self.checksum = 0x5A5A
        self.settings = dict(self.layout.settings)
        self._attention = Attention(int(plan.address), plan.elapsed)
        self._pages = Pages(self.memory, self._records, self.layout.longest, self.layout.months_by_month)

    def hear(self, frame: bytes) -> bytes | None:
        """The answer to a whole request; None where a real device keeps silent."""
        if frame.startswith(WAKE_UP):
            self._attention.wake()
            return None
        request = decode(frame)
        if request.function == SESSION:
            if not self._attention.begin(request.network):
                return None
            return _answer(request, SESSION, self.layout.answer)
        if not self._attention.is_meant(request.network) or not self._attention.is_in_session():
            return None
        try:
            return _answer(request, request.function, self._answered(request))
        except Refused as refusal:
            return _answer(request, ERROR, bytes((refusal.code,)))

    def truth_snapshot(self, meter_time: datetime) -> Truths:
        """What current values must say that were read in this minute."""
        layout = self.layout
        numbers = numbers_at(self.memory, _minute(meter_time))
        shown = {*layout.current.values(), *layout.totals.values(), *layout.times.values()}
        return truths(shown, layout.units, self.memory, numbers, {name for name, _ in layout.totals.values()})

    def truth_archive(self, kind: ArchiveKind, start: datetime) -> Truths | None:
        """What the record of this slot must say; None when the meter rightly has none."""
        layout = self.layout.control if kind is ArchiveKind.TOTAL else self.layout.records
        if not layout or not self.memory.has_record(kind, start, RECORDS_KEPT[kind]):
            return None
        held = {symbol for record in layout.values() for symbol in record}
        if kind is ArchiveKind.TOTAL:
            held &= set(self.layout.totals.values())
        totals = {name for name, _ in held} if kind is ArchiveKind.TOTAL else set[str]()
        return truths(held, self.layout.units, self.memory, self._numbers(kind, start), totals)

    def _answered(self, request: LongFrame | ShortFrame) -> bytes:
        answers: Mapping[int, Callable[[bytes], bytes]] = {
            READ_PARAMETERS: self._parameters,
            READ_ARCHIVE: self._pages.answer,
        }
        if request.function not in answers or isinstance(request, ShortFrame):
            raise Refused(UNKNOWN_REQUEST)
        return answers[request.function](request.data)

    def _parameters(self, asked: bytes) -> bytes:
        wanted = [asked[at : at + 5] for at in range(0, len(asked), 5)]
        if len(wanted) > MOST_PARAMETERS or any(one[:2] != b"\x4a\x03" or len(one) != 5 for one in wanted):
            raise Refused(BAD_PARAMETERS)
        return b"".join(self._parameter((one[2], int.from_bytes(one[3:], "little"))) for one in wanted)

    def _parameter(self, place: Place) -> bytes:
        layout, now = self.layout, self.memory.meter_time()
        if place in self.settings:
            return encode(TEXT, self.settings[place].encode("cp1251")) + encode(OPERATIVE, b"\x00")
        service = self._service(now)
        if place in service:
            return service[place]
        numbers = numbers_at(self.memory, _minute(now))
        for places, total in ((layout.current, False), (layout.totals, True), (layout.times, False)):
            if place in places:
                return self._item(places[place], numbers, total)
        return encode(NO_PARAMETER, b"\x02")

    def _service(self, now: datetime) -> dict[Place, bytes]:
        serial = int(self.serial)
        garbage = 0xA5 << 24 if self.model == "logika-spt941-20" else 0
        return {
            (0, 1024): _time(now),
            (0, 1025): _date(now),
            (0, 8224): encode(TEXT, self.layout.text.encode("cp1251")),
            (0, 8256): encode(UNSIGNED, (serial | garbage).to_bytes(4, "little").rstrip(b"\x00") or b"\x00"),
            (0, self.layout.checksum): encode(UNSIGNED, self.checksum.to_bytes(2, "little")),
        }

    def _item(self, symbol: Symbol, numbers: Numbers, total: bool) -> bytes:
        name, circuit = symbol
        if name == "scheme":
            return encode(UNSIGNED, bytes((self.scheme,)))
        if name in BITS:
            return encode(FLAGS, bytes(FLAGS_SIZES[self.model]))
        if circuit > self.memory.circuits:
            return encode(NULL)
        number = amount(name, circuit, self.layout.units, numbers)
        return encode(MIXED, mixed(number)) if total else encode(FLOAT, ieee_float(number))

    def _records(self, channel: int, kind: ArchiveKind, start: datetime, label: datetime) -> bytes | None:
        """The sequence of a record; None when there is none."""
        layouts = self.layout.control if kind is ArchiveKind.TOTAL else self.layout.records
        if channel not in layouts or channel > self.memory.circuits:
            return None
        if not self.memory.has_record(kind, start, RECORDS_KEPT[kind]):
            return None
        numbers = self._numbers(kind, start)
        totals = set(self.layout.totals.values()) if kind is ArchiveKind.TOTAL else set[Symbol]()
        items = (self._item(symbol, numbers, symbol in totals) for symbol in layouts[channel])
        stamp = _time(label) + _date(label) if self.layout.with_stamp else b""
        return encode(SEQUENCE, stamp + b"".join(items))

    def _numbers(self, kind: ArchiveKind, start: datetime) -> Numbers:
        if kind is ArchiveKind.TOTAL:
            return numbers_at(self.memory, start)
        return numbers_over(self.memory, slot_at(kind, start))


def _answer(request: LongFrame | ShortFrame, function: int, data: bytes) -> bytes:
    """In the form of the request, to the number that was asked, with its identifier."""
    if isinstance(request, LongFrame):
        return LongFrame(request.network, request.identifier, function, data).encode()
    return ShortFrame(request.network, function, data).encode()


def _time(moment: datetime) -> bytes:
    return encode(TIME, bytes((0, moment.second, moment.minute, moment.hour)))


def _date(moment: datetime) -> bytes:
    return encode(DATE, bytes((moment.day, moment.month, moment.year - 2000, moment.weekday())))


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
