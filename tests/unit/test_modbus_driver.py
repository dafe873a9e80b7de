"""The driver where transcripts do not reach: rings, running totals, stamps, refusals and framings."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from importlib import resources
from itertools import count
from pathlib import Path
from typing import TypeVar

import pytest

from metering.calendar import ArchiveKind, MeterSlot, slot_at, slots
from metering.errors import ConfigurationError, DecodeError, FrameError, MeterBusy, NotSupported
from metering.meters import MeterConfiguration
from metering.readings import Absence, ArchiveRecord, Gap, GapReason, Record
from protocols.conversation import Conversation, Deliver, Exchange, Pause
from protocols.modbus import function65
from protocols.modbus.archives import MOST_HOPS
from protocols.modbus.dialogue import Registers
from protocols.modbus.driver import ModbusDriver
from protocols.modbus.messages import Framing, frame
from protocols.modbus.moments import MomentLayout
from protocols.modbus.planning import Block
from protocols.modbus.profile import load, read
from tests.unit.modbus_house import Bench, simulated

T = TypeVar("T")

FIXTURES = Path(__file__).parent.parent / "fixtures"
RING = (FIXTURES / "modbus-ring-profile.toml").read_text(encoding="utf-8")
NOW = datetime.fromisoformat("2026-02-10T14:16:49")
UNIX = MomentLayout(("unix",))
NOTHING = MeterConfiguration()
SI = MeterConfiguration({"units": "SI"})


@dataclass
class Meter:
    """Answers RTU frames by `answers`: from function and data the reply's data, or an exception code."""

    answers: Callable[[int, bytes], bytes | int]
    asked: list[bytes] = field(default_factory=list)
    delivered: list[Record] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def run(self, conversation: Conversation[T]) -> T:
        try:
            step = next(conversation)
            while True:
                answer = self._answer(step.request) if isinstance(step, Exchange) else b""
                if isinstance(step, Exchange):
                    assert step.complete(answer) == len(answer)
                elif isinstance(step, Deliver):
                    self.delivered.extend(step.records)
                elif isinstance(step, Pause):
                    self.pauses.append(step.seconds)
                step = conversation.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result

    def _answer(self, request: bytes) -> bytes:
        self.asked.append(request)
        unit, function, data = request[0], request[1], request[2:-2]
        answer = self.answers(function, data)
        if isinstance(answer, int):
            return frame(function | 0x80, bytes([answer]), unit, Framing.RTU)
        counted = answer if function == 16 else bytes([len(answer)]) + answer
        return frame(function, counted, unit, Framing.RTU)


def ring(stamps: Sequence[datetime], *, depth: int = 48, moved: int = 0) -> Meter:
    """A ring of hour records, the newest last; `moved` is how often it went round before."""
    position = (len(stamps) + moved) % depth
    records = {(index + moved) % depth: stamp for index, stamp in enumerate(stamps)}

    def answers(function: int, data: bytes) -> bytes | int:
        if function == 3:
            return UNIX.encode(NOW) if data[:2] == b"\x00\x04" else position.to_bytes(2, "big")
        index = function65.decode(data).first
        assert isinstance(index, int)
        return record(records[index]) if index in records else bytes(8)

    return Meter(answers)


def record(stamp: datetime) -> bytes:
    """A stamp and, as energy, the hour of its day."""
    return UNIX.encode(stamp) + struct.pack(">f", stamp.hour)


def hours(first: str, last: str) -> list[MeterSlot]:
    return list(slots(ArchiveKind.HOUR, datetime.fromisoformat(first), datetime.fromisoformat(last)))


FULL = [slot.start for slot in hours("2026-02-09T00:00:00", "2026-02-10T14:00:00")]
LOST = [stamp for stamp in FULL if stamp.hour not in (3, 4, 11)]


@pytest.mark.parametrize("moved", [0, 7, 47])
@pytest.mark.parametrize("kept", [FULL, LOST], ids=["every hour", "lost hours"])
def test_a_ring_gives_each_hour_or_a_gap(kept: list[datetime], moved: int) -> None:
    meter, asked = ring(kept, moved=moved), hours("2026-02-09T00:00:00", "2026-02-10T14:00:00")
    meter.run(ModbusDriver(read(RING, "ring")).read_archive("1", NOTHING, ArchiveKind.HOUR, asked))
    found = [record.slot.start for record in meter.delivered if isinstance(record, ArchiveRecord)]
    gaps = [(record.slot.start, record.reason) for record in meter.delivered if isinstance(record, Gap)]
    assert found == kept
    assert gaps == [(slot.start, GapReason.NO_RECORD) for slot in asked if slot.start not in kept]
    for delivered in meter.delivered:
        if isinstance(delivered, ArchiveRecord):
            assert delivered.values[0].value == delivered.slot.start.hour


def test_a_ring_without_losses_is_read_without_searching() -> None:
    meter, asked = ring(FULL), hours("2026-02-09T05:00:00", "2026-02-09T15:00:00")
    meter.run(ModbusDriver(read(RING, "ring")).read_archive("1", NOTHING, ArchiveKind.HOUR, asked))
    clock_position_newest = 3
    steps_over_the_one_just_read = len(asked) - 1
    assert len(meter.asked) == clock_position_newest + len(asked) + steps_over_the_one_just_read


def test_a_ring_of_nonsense_ends() -> None:
    meter = ring([datetime.fromisoformat("2026-02-09T05:00:00")] * 48)
    asked = hours("2026-02-09T00:00:00", "2026-02-09T01:00:00")
    meter.run(ModbusDriver(read(RING, "ring")).read_archive("1", NOTHING, ArchiveKind.HOUR, asked))
    assert isinstance(meter.delivered[0], Gap)
    assert len(meter.asked) <= 2 + MOST_HOPS


BY_TIME = RING.replace('addressing = "by_index"', 'addressing = "by_time"')


def by_time(energy: Callable[[datetime], float], *, missing: Sequence[datetime] = ()) -> Meter:
    def answers(function: int, data: bytes) -> bytes | int:
        if function == 3:
            return UNIX.encode(NOW)
        stamp = function65.decode(data).first
        assert isinstance(stamp, datetime)
        return bytes(8) if stamp in missing else UNIX.encode(stamp) + struct.pack(">f", energy(stamp))

    return Meter(answers)


def test_running_totals_in_hour_records_become_amounts() -> None:
    """Levels at each hour's end are 100 + 2 for every hour since midnight: each hour's amount is 2."""
    profile = read(BY_TIME.replace("[archive.hour]", 'content = "levels"\n\n[archive.hour]'), "levels")
    lost = datetime.fromisoformat("2026-02-10T03:00:00")
    meter = by_time(lambda stamp: 100 + 2 * stamp.hour, missing=[lost])
    asked = hours("2026-02-10T01:00:00", "2026-02-10T06:00:00")
    meter.run(ModbusDriver(profile).read_archive("1", NOTHING, ArchiveKind.HOUR, asked))
    amounts = [
        (record.values[0].value, record.values[0].absence) if isinstance(record, ArchiveRecord) else None
        for record in meter.delivered
    ]
    assert amounts == [
        (Decimal(2), None),
        (Decimal(2), None),
        None,
        (None, Absence.NO_DATA),
        (Decimal(2), None),
    ]


def test_a_stamp_at_the_slots_end_is_asked_for_and_kept() -> None:
    profile = read(BY_TIME.replace("[archive.hour]", 'stamp = "slot_end"\n\n[archive.hour]'), "end")
    meter = by_time(lambda stamp: stamp.hour)
    asked = hours("2026-02-10T01:00:00", "2026-02-10T02:00:00")
    meter.run(ModbusDriver(profile).read_archive("1", NOTHING, ArchiveKind.HOUR, asked))
    (delivered,) = meter.delivered
    assert isinstance(delivered, ArchiveRecord)
    assert delivered.slot == asked[0]
    assert delivered.meter_time == asked[0].end
    assert delivered.values[0].value == 2


def test_a_total_that_closes_a_day_is_asked_for_by_the_day_before() -> None:
    text = BY_TIME.replace("[archive.hour]", 'stamp = "slot_before"\n\n[archive.total]')
    meter = by_time(lambda stamp: stamp.day)
    asked = [slot_at(ArchiveKind.TOTAL, datetime.fromisoformat("2026-02-01T00:00:00"))]
    meter.run(ModbusDriver(read(text, "before")).read_archive("1", NOTHING, ArchiveKind.TOTAL, asked))
    (delivered,) = meter.delivered
    assert isinstance(delivered, ArchiveRecord)
    assert delivered.values[0].value == 31
    assert delivered.slot == asked[0]


def test_a_busy_meter_keeps_what_was_delivered_before() -> None:
    asked = hours("2026-02-10T01:00:00", "2026-02-10T05:00:00")

    def answers(function: int, data: bytes) -> bytes | int:
        if function == 3:
            return UNIX.encode(NOW)
        stamp = function65.decode(data).first
        assert isinstance(stamp, datetime)
        return 6 if stamp.hour == 3 else record(stamp)

    meter = Meter(answers)
    with pytest.raises(MeterBusy):
        meter.run(ModbusDriver(read(BY_TIME, "busy")).read_archive("1", NOTHING, ArchiveKind.HOUR, asked))
    assert [delivered.slot for delivered in meter.delivered if isinstance(delivered, ArchiveRecord)] == asked[
        :2
    ]


def test_a_slow_selection_is_given_its_time_and_then_called_unreadable() -> None:
    """elf-04.md section 2: one second between selection and read, three attempts."""
    stale = bytes([26, 2, 9, 5]) + bytes([0, 0, 0, 1]) * 60

    def answers(function: int, data: bytes) -> bytes | int:
        if function == 16:
            return data[:4]
        return bytes([26, 2, 10, 14, 16, 49]) if data[:2] == b"\x00\x00" else stale

    meter = Meter(answers)
    asked = hours("2026-02-10T01:00:00", "2026-02-10T02:00:00")
    meter.run(ModbusDriver(load("elf-04")).read_archive("1", NOTHING, ArchiveKind.HOUR, asked))
    assert [record.reason for record in meter.delivered if isinstance(record, Gap)] == [GapReason.UNREADABLE]
    assert meter.pauses == [1.0, 1.0, 1.0]


def test_a_refused_selection_is_a_gap_when_the_code_says_so() -> None:
    """tv7.md section 1: code 84h, no archive record for this date."""

    def answers(function: int, data: bytes) -> bytes | int:
        return bytes.fromhex("02 0a 0e 1a 31 10") if function == 3 else 0x84

    meter = Meter(answers)
    asked = hours("2026-02-10T01:00:00", "2026-02-10T02:00:00")
    meter.run(ModbusDriver(load("termotronic-tv7")).read_archive("1", NOTHING, ArchiveKind.HOUR, asked))
    assert [record.reason for record in meter.delivered if isinstance(record, Gap)] == [GapReason.NO_RECORD]


def test_one_transaction_selects_and_reads() -> None:
    """tv7.md section 5: the question by function 48h, here with the driver's second running number."""
    text = resources.files("protocols.modbus").joinpath("profiles", "termotronic-tv7.toml").read_text("utf-8")
    profile = read(text.replace("[selection]", "[selection]\none_transaction = true"), "tv7-by-48h")
    driver, stamp = ModbusDriver(profile), datetime.fromisoformat("2015-04-09T11:00:00")
    conversation = driver.read_archive("1", SI, ArchiveKind.HOUR, [slot_at(ArchiveKind.HOUR, stamp)])
    next(conversation)
    asked = conversation.send(frame(3, bytes.fromhex("06 04 09 0f 0f 0a 27"), 1, Framing.RTU))
    assert isinstance(asked, Exchange)
    question = "01 48 0a b4 00 58 00 63 00 05 00 0a 00 02 04 09 0b 0f 00 00 00 00 00 00"
    assert asked.request[:-2] == bytes.fromhex(question)
    data = bytes.fromhex("04 09 0b 0f") + bytes(172)
    delivered = conversation.send(frame(0x48, bytes.fromhex("00 58 00 02") + data, 1, Framing.RTU))
    assert isinstance(delivered, Deliver)
    assert isinstance(delivered.records[0], ArchiveRecord)


def test_an_impossible_clock_is_not_understood() -> None:
    meter = Meter(lambda function, data: bytes.fromhex("0d 01 00 1a 00 00"))
    with pytest.raises(DecodeError, match="does not exist"):
        meter.run(ModbusDriver(load("termotronic-tv7")).read_clock("1", NOTHING))


def test_units_that_depend_on_a_setting_need_the_configuration() -> None:
    driver = ModbusDriver(load("termotronic-tv7"))
    meter = Meter(
        lambda function, data: bytes.fromhex("02 0a 0e 1a 31 10") if data[3] == 3 else bytes(2 * data[3])
    )
    with pytest.raises(DecodeError, match="read the meter's configuration first"):
        meter.run(driver.read_current("1", NOTHING))


def test_an_archive_that_the_model_lacks_is_not_supported() -> None:
    driver = ModbusDriver(read(BY_TIME, "hours-only"))
    with pytest.raises(NotSupported, match="no archive month"):
        next(driver.read_archive("1", NOTHING, ArchiveKind.MONTH, []))


@pytest.mark.parametrize("address", ["", "256", "-1", "1.5", "²", "12345678"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match="is no Modbus address"):
        next(ModbusDriver(load("elf-04")).identify(address))


def test_every_question_of_modbus_tcp_has_its_own_number() -> None:
    driver = ModbusDriver(load("elf-04"), Framing.TCP)
    numbers = []
    for _ in range(3):
        step = next(driver.read_clock("1", NOTHING))
        assert isinstance(step, Exchange)
        numbers.append(step.request[:2])
    assert len(set(numbers)) == 3


def test_a_reply_that_is_none_is_a_frame_error() -> None:
    conversation = ModbusDriver(load("elf-04")).read_clock("1", NOTHING)
    next(conversation)
    with pytest.raises(FrameError):
        conversation.send(b"\x00")


def test_registers_that_were_not_read_are_not_there() -> None:
    registers = Registers({Block(3, 10, 2): b"\x01\x02\x03\x04"})
    assert registers.bytes_at(3, 11, 2) == b"\x03\x04"
    with pytest.raises(KeyError):
        registers.bytes_at(4, 10, 2)
    with pytest.raises(KeyError):
        registers.bytes_at(3, 11, 4)


def test_the_info_of_a_driver_is_its_profile() -> None:
    info = ModbusDriver(load("vzlet-tsrv-024m")).info
    assert (info.model, info.protocol, info.maker) == ("vzlet-tsrv-024m", "modbus", "Vzlet")
    assert info.depths[ArchiveKind.HOUR] == 1488
    assert any("UNCONFIRMED" in note for note in info.notes)


def test_moments_are_what_their_parts_say() -> None:
    """vzlet-tsrv.md section 5 and tv7.md section 5: the same morning in both clocks' writing."""
    assert UNIX.decode(bytes.fromhex("55265bb0")) == datetime.fromisoformat("2015-04-09T11:00:00")
    tv7 = MomentLayout(("month", "day", "hour", "year", "second", "minute"))
    assert tv7.decode(bytes.fromhex("04090f0f0a27")) == datetime.fromisoformat("2015-04-09T15:39:10")
    moments = (NOW + timedelta(hours=step, seconds=step) for step in count())
    assert all(
        layout.decode(layout.encode(moment)) == moment
        for layout, moment in zip([UNIX, tv7], moments, strict=False)
    )


class DeafOnce(Bench):
    """Acknowledges the first selection of current values without having heard it."""

    def _reply(self, request: bytes) -> bytes | None:
        selects_current = request[1] == 0x10 and request[14] == 0x09
        if selects_current and sum(each == request for each in self.asked) == 1:
            return frame(0x10, request[2:6], 1, Framing.RTU)
        return super()._reply(request)


def test_a_lost_selection_never_passes_an_archive_record_for_current_values() -> None:
    meter = simulated("elf-04")
    bench, driver = DeafOnce(meter), ModbusDriver(load("elf-04"))
    yesterday = slot_at(ArchiveKind.HOUR, datetime.fromisoformat("2026-02-09T22:00:00"))
    bench.run(driver.read_archive("1", MeterConfiguration(), ArchiveKind.HOUR, [yesterday]))
    snapshot = bench.run(driver.read_current("1", MeterConfiguration()))
    assert snapshot.meter_time is not None
    truths = meter.truth_snapshot(snapshot.meter_time)
    read = {(one.quantity.name, one.circuit): one.value for one in snapshot.values}
    assert abs(read["temperature_supply", 1] - truths["temperature_supply", 1].value) < Decimal("0.01")
