"""The driver of the TEM family and its simulated meters back to back: models, choices, both circuits."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from metering.calendar import ArchiveKind, slot_at
from metering.errors import (
    ConfigurationChanged,
    DecodeError,
    NoResponse,
    NotSupported,
    WrongMeter,
)
from metering.meters import MeterConfiguration
from metering.readings import Absence, ArchiveRecord, Gap, GapReason
from protocols.driver import ClockSetter
from protocols.vendor.tem import FAMILY, ask
from protocols.vendor.tem.clock import TEM_104
from protocols.vendor.tem.commands import FlashOrder, Memory, extended, read
from protocols.vendor.tem.frames import REPLY, REQUEST, Frame, decode, reseal
from protocols.vendor.tem.models import MODELS
from tests.support.back_to_back import Bench, Scripted
from tests.support.plant import TODAY
from tests.unit.tem_bench import ADDRESS, FAILURE, TemBench, driver, judge, judge_record, meter

HOUR, DAY, MONTH, TOTAL = ArchiveKind.HOUR, ArchiveKind.DAY, ArchiveKind.MONTH, ArchiveKind.TOTAL
ARCHIVED = [model for model, row in MODELS.items() if row.map.archives]
RINGS = [model for model in ARCHIVED if "104m" not in model]
CHOSEN = [
    (model, {choice.name: word})
    for model, row in MODELS.items()
    for choice in row.choices
    for word in choice.words
    if choice.name not in ("name_check", "archive")
]
CIRCUITS = {
    "arvas-tem-104": 2,
    "arvas-tem-106": 2,
    "arvas-tesmart": 2,
    "arvas-tem-104m": 2,
    "arvas-tem-104m2": 2,
}

every_model = pytest.mark.parametrize("model", MODELS)
every_archive = pytest.mark.parametrize("model", ARCHIVED)
every_ring = pytest.mark.parametrize("model", RINGS)


def before(kind: ArchiveKind, count: int, end: datetime = TODAY.replace(hour=14)) -> list[datetime]:
    """Starts of closed slots, newest first."""
    if kind is HOUR:
        return [end - timedelta(hours=number) for number in range(1, count + 1)]
    if kind is MONTH:
        return [datetime.fromisoformat(start) for start in ("2026-01-01", "2025-12-01", "2025-11-01")][:count]
    return [
        TODAY - timedelta(days=number) for number in range(kind is not TOTAL, count + (kind is not TOTAL))
    ]


@pytest.mark.parametrize(("model", "choices"), CHOSEN, ids=str)
def test_both_circuits_are_read_as_the_choice_says(model: str, choices: dict[str, str]) -> None:
    line = TemBench(meter(model, choices, circuits=CIRCUITS.get(model, 1)))
    reader = driver(model, choices)
    configuration = line.run(reader.read_configuration(ADDRESS))
    snapshot = line.run(reader.read_current(ADDRESS, configuration))
    assert snapshot.meter_time == TODAY.replace(hour=14, minute=17, second=30)
    judge(snapshot.values, line.device.truth_snapshot(snapshot.meter_time))
    for kind in reader.info.depths:
        for record in line.archive(reader, kind, [slot_at(kind, start) for start in before(kind, 3)]):
            judge_record(line, record)


@every_model
def test_who_it_is(model: str) -> None:
    line = TemBench(meter(model))
    identity = line.run(driver(model).identify(ADDRESS))
    assert (identity.serial, identity.maker) == ("12345", "Arvas")
    assert identity.model in MODELS[model].names


@every_model
def test_a_search_finds_the_model(model: str) -> None:
    found = TemBench(meter(model)).run(ask(ADDRESS))
    assert (found.model, found.identity.serial) == (model, "12345")


@every_model
def test_another_address_is_not_answered(model: str) -> None:
    with pytest.raises(NoResponse):
        TemBench(meter(model)).run(driver(model).identify("8"))


def test_a_meter_of_another_map_is_refused_by_its_name() -> None:
    with pytest.raises(WrongMeter, match="arvas-tem-106"):
        TemBench(meter("arvas-tem-106")).run(driver("arvas-tem-104").identify(ADDRESS))
    unchecked = driver("arvas-tem-104", {"name_check": "off"})
    assert TemBench(meter("arvas-tem-106")).run(unchecked.identify(ADDRESS)).model == "TEM-106"


def test_an_unknown_name_ends_a_search() -> None:
    renamed = Frame(REPLY, int(ADDRESS), 0, 0, b"RSM-05.03").encode()
    with pytest.raises(DecodeError, match=r"RSM-05\.03"):
        TemBench(meter("arvas-tem-104"), lambda request, reply: renamed).run(ask(ADDRESS))


@every_archive
def test_over_a_power_failure_what_was_counted_is_told_once(model: str) -> None:
    """Hours wholly without power have no record; the hour after them gained what it ran."""
    line, reader = TemBench(meter(model)), driver(model)
    first, last = FAILURE.start.replace(minute=0), FAILURE.end.replace(minute=0)
    hours = [last + timedelta(hours=number) for number in range(2, -11, -1)]
    records = line.archive(reader, HOUR, [slot_at(HOUR, start) for start in hours])
    gaps = {one.slot.start for one in records if isinstance(one, Gap)}
    assert gaps == {start for start in hours if first < start < last}
    for record in records:
        if isinstance(record, ArchiveRecord):
            judge_record(line, record)


@every_archive
def test_a_record_is_read_once_for_two_hours(model: str) -> None:
    line, reader = TemBench(meter(model)), driver(model)
    archive = next(iter(MODELS[model].map.archives.values()))
    line.archive(reader, HOUR, [slot_at(HOUR, start) for start in before(HOUR, 10)])
    flash = [request for request in line.asked if request[3:5] == b"\x0f\x03"]
    assert len(flash) == len(set(flash)) == 11 * -(-archive.record.size // 64)


@every_ring
def test_a_slot_far_back_is_found_in_few_steps(model: str) -> None:
    line, reader = TemBench(meter(model)), driver(model)
    start = before(HOUR, 700)[-1]
    (record,) = line.archive(reader, HOUR, [slot_at(HOUR, start)])
    judge_record(line, record)
    archive = next(iter(MODELS[model].map.archives.values()))
    flash = [request for request in line.asked if request[3:5] == b"\x0f\x03"]
    assert len(flash) <= 6 * -(-archive.record.size // 64)


@every_ring
def test_a_ring_that_has_wrapped_ends_at_its_depth(model: str) -> None:
    line, reader = TemBench(meter(model)), driver(model)
    depth = reader.info.depths[HOUR]
    lost = int((FAILURE.end.replace(minute=0) - FAILURE.start).total_seconds() // 3600)
    kept = before(HOUR, depth + lost)
    oldest, out = line.archive(
        reader, HOUR, [slot_at(HOUR, kept[-1]), slot_at(HOUR, before(HOUR, depth + 40)[-1])]
    )
    assert isinstance(oldest, ArchiveRecord)
    assert {value.absence for value in oldest.values if value.quantity.name == "energy_heating"} == {
        Absence.NO_DATA
    }
    assert isinstance(out, Gap)
    assert out.reason is GapReason.OUT_OF_DEPTH


@every_archive
def test_a_new_meter_has_few_records(model: str) -> None:
    line, reader = TemBench(meter(model, installed=TODAY.replace(hour=11))), driver(model)
    records = line.archive(reader, HOUR, [slot_at(HOUR, start) for start in before(HOUR, 5)])
    assert [isinstance(one, ArchiveRecord) for one in records] == [True, True, True, False, False]
    assert [one.reason for one in records if isinstance(one, Gap)] == [GapReason.NO_RECORD] * 2


@every_archive
def test_a_slot_that_runs_is_not_closed(model: str) -> None:
    line, reader = TemBench(meter(model)), driver(model)
    slots = [slot_at(HOUR, TODAY.replace(hour=14)), slot_at(HOUR, TODAY.replace(hour=20))]
    assert {one.reason for one in line.archive(reader, HOUR, slots) if isinstance(one, Gap)} == {
        GapReason.NOT_YET_CLOSED
    }


def damaging(place: bytes) -> TemBench:
    """A TEM-104 one record of which has a wrong checksum: a byte of its last piece is turned round."""

    def spoil(request: bytes, reply: bytes) -> bytes:
        if request[3:5] != b"\x0f\x03" or request[7:11] != place:
            return reply
        return reseal(reply[:20] + bytes((reply[20] ^ 0x10,)) + reply[21:])

    return TemBench(meter("arvas-tem-104"), spoil)


def test_a_damaged_record_is_a_gap_and_leaves_no_amount_to_the_hour_after() -> None:
    reader, sound = driver("arvas-tem-104"), TemBench(meter("arvas-tem-104"))
    sound.archive(reader, HOUR, [slot_at(HOUR, before(HOUR, 2)[-1])])
    pieces = [request[7:11] for request in sound.asked if request[3:5] == b"\x0f\x03"]
    line = damaging(pieces[-1 - 4])
    after, damaged, sooner = line.archive(reader, HOUR, [slot_at(HOUR, one) for one in before(HOUR, 3)])
    assert isinstance(after, ArchiveRecord)
    registers = {value.absence for value in after.values if value.quantity.behaviour == "register"}
    assert registers == {Absence.NO_DATA}
    assert isinstance(damaged, Gap)
    assert damaged.reason is GapReason.UNREADABLE
    judge_record(line, sooner)


def test_registers_that_were_reset_give_no_amounts() -> None:
    """The whole part of the heat of one record is raised beyond the next one's."""
    reader, sound = driver("arvas-tem-104-1"), TemBench(meter("arvas-tem-104-1"))
    newest, older = (slot_at(HOUR, one) for one in before(HOUR, 2))
    sound.archive(reader, HOUR, [newest])
    *_, opening = [request for request in sound.asked if request[3:5] == b"\x0f\x03"]

    def spoil(request: bytes, reply: bytes) -> bytes:
        if request != opening:
            return reply
        data = bytearray(decode(reply).data)
        data[0x14:0x18] = (1_000_000).to_bytes(4, "big")
        data[-1] = sum(data[:-1]) & 0xFF
        return Frame(REPLY, int(ADDRESS), 0x0F, 0x03, bytes(data)).encode()

    line = TemBench(meter("arvas-tem-104-1"), spoil)
    (record,) = line.archive(reader, HOUR, [newest])
    assert isinstance(record, ArchiveRecord)
    absences = {value.absence for value in record.values if value.quantity.behaviour == "register"}
    assert absences == {Absence.NO_DATA}
    assert older.end == newest.start


def test_a_pointer_that_leads_to_no_record_is_not_followed() -> None:
    def spoil(request: bytes, reply: bytes) -> bytes:
        if request[6:9] != b"\x00\xf4\x04":
            return reply
        return Frame(REPLY, int(ADDRESS), 0x0F, 0x01, b"\x00\x20\x2b\x80").encode()

    line = TemBench(meter("arvas-tem-104"), spoil)
    with pytest.raises(DecodeError, match="202B80"):
        line.archive(driver("arvas-tem-104"), HOUR, [slot_at(HOUR, before(HOUR, 1)[0])])


@every_archive
def test_systems_that_changed_are_noticed_before_an_archive_is_read(model: str) -> None:
    line, reader = TemBench(meter(model)), driver(model)
    settings = dict(line.run(reader.read_configuration(ADDRESS)).settings) | {"system_1": "open"}
    with pytest.raises(ConfigurationChanged, match="open"):
        line.run(reader.read_archive(ADDRESS, MeterConfiguration(settings), DAY, []))


def test_without_its_configuration_nothing_is_read() -> None:
    with pytest.raises(DecodeError, match="configuration"):
        TemBench(meter("arvas-tem-104")).run(
            driver("arvas-tem-104").read_current(ADDRESS, MeterConfiguration())
        )


WRONG = [
    ("arvas-tem-104m", {"unix_time": "utc+5"}, {}),
    ("arvas-tem-104m", {}, {"unix_time": "utc+5"}),
    ("arvas-tem-104m", {"date_search": "writing"}, {}),
    ("arvas-tem-104m", {}, {"date_search": "writing"}),
]


@pytest.mark.parametrize(("model", "true", "chosen"), WRONG, ids=str)
def test_a_wrong_choice_gives_gaps_and_no_other_slots_record(
    model: str, true: dict[str, str], chosen: dict[str, str]
) -> None:
    line, reader = TemBench(meter(model, true)), driver(model, chosen)
    for record in line.archive(reader, HOUR, [slot_at(HOUR, before(HOUR, 3)[-1])]):
        assert isinstance(record, Gap)


def test_a_model_without_archive_says_so() -> None:
    reader = driver("arvas-tem-104m-1")
    assert reader.info.depths == {}
    with pytest.raises(NotSupported):
        TemBench(meter("arvas-tem-104m-1")).archive(reader, HOUR, [])


def test_months_without_a_pointer_are_looked_for_in_all_twelve_cells() -> None:
    line, reader = TemBench(meter("arvas-tem-104-k")), driver("arvas-tem-104-k")
    wanted = [datetime.fromisoformat(start) for start in ("2026-01-01", "2025-10-01", "2025-09-01")]
    newest, first, none = line.archive(reader, MONTH, [slot_at(MONTH, start) for start in wanted])
    judge_record(line, newest)
    assert isinstance(first, ArchiveRecord)
    assert {one.absence for one in first.values if one.quantity.behaviour == "register"} == {Absence.NO_DATA}
    assert isinstance(none, Gap)
    assert none.reason is GapReason.NO_RECORD
    assert len([request for request in line.asked if request[3:5] == b"\x0f\x03"]) == 12


def test_old_firmware_of_the_compact_model_has_no_hours() -> None:
    def spoil(request: bytes, reply: bytes) -> bytes:
        old = Frame(REPLY, int(ADDRESS), 0x00, 0x01, b"v2.07\x00\x00").encode()
        return old if request[3:5] == b"\x00\x01" else reply

    line = TemBench(meter("arvas-tem-104-k"), spoil)
    slots = [slot_at(HOUR, start) for start in before(HOUR, 2)]
    records = line.archive(driver("arvas-tem-104-k"), HOUR, slots)
    assert [one.reason for one in records if isinstance(one, Gap)] == [GapReason.NO_RECORD] * 2
    assert not any(request[3:5] == b"\x0f\x03" for request in line.asked)


@pytest.mark.parametrize("said", [b"\x00\x00", b"v2.0x", b"new"], ids=repr)
def test_an_unknown_firmware_of_the_compact_model_leaves_its_archive_unread(said: bytes) -> None:
    """Below 2.08 a record keeps volume where it keeps mass later, and days lie where hours do later."""

    def spoil(request: bytes, reply: bytes) -> bytes:
        unknown = Frame(REPLY, int(ADDRESS), 0x00, 0x01, said).encode()
        return unknown if request[3:5] == b"\x00\x01" else reply

    with pytest.raises(DecodeError, match="firmware"):
        TemBench(meter("arvas-tem-104-k"), spoil).archive(driver("arvas-tem-104-k"), DAY, [])


def current_values_at(base: int) -> TemBench:
    """A TEM-104M whose RAM has the systems' values there; to any other place of RAM it is silent."""
    device = meter("arvas-tem-104m")
    line = TemBench(device)
    hear = device.hear

    def moved(request: bytes) -> bytes | None:
        if request[3:5] != b"\x0c\x01":
            return hear(request)
        place = int.from_bytes(request[6:8], "big") - base
        if not 0 <= place < 0x200:
            return None
        return hear(
            Frame(REQUEST, int(ADDRESS), 0x0C, 0x01, place.to_bytes(2, "big") + request[8:9]).encode()
        )

    device.hear = moved  # type: ignore[method-assign,assignment]
    return line


@pytest.mark.parametrize("base", [0x0000, 0x4000])
def test_current_values_of_the_m_model_are_found_at_either_place(base: int) -> None:
    """tem-104.md section 7: 4000h by the maker, 0000h on real devices."""
    line, reader = current_values_at(base), driver("arvas-tem-104m")
    configuration = line.run(reader.read_configuration(ADDRESS))
    read = line.run(reader.read_current(ADDRESS, configuration))
    assert read.meter_time is not None
    judge(read.values, line.device.truth_snapshot(read.meter_time))


def test_current_values_that_nothing_answers_are_not_left_out() -> None:
    line, reader = current_values_at(0x9000), driver("arvas-tem-104m")
    configuration = line.run(reader.read_configuration(ADDRESS))
    with pytest.raises(NoResponse):
        line.run(reader.read_current(ADDRESS, configuration))


def test_records_that_hold_amounts_are_told_as_they_are_and_give_no_totals() -> None:
    reader = driver("arvas-tem-104-k", {"archive": "amounts"})
    assert TOTAL not in reader.info.depths
    line = TemBench(meter("arvas-tem-104-k"))
    (record,) = line.archive(reader, DAY, [slot_at(DAY, TODAY - timedelta(days=1))])
    levels = line.device.truth_archive(TOTAL, TODAY)
    assert isinstance(record, ArchiveRecord)
    judge([value for value in record.values if value.quantity.behaviour == "register"], levels)


def test_a_clock_whose_parts_stand_side_by_side_is_understood_as_well() -> None:
    """tem-104.md section 4: by the maker 10h, 12h, 14h, 17h, 18h, 19h; by one program 10h to 15h."""
    assert TEM_104.decode(bytes.fromhex("33151402030400000000")) == datetime.fromisoformat(
        "2004-03-02T14:15:33"
    )
    with pytest.raises(DecodeError, match="no date"):
        TEM_104.decode(bytes(10))


def test_only_the_models_whose_document_has_the_command_set_a_clock() -> None:
    setters = {model for model in MODELS if isinstance(driver(model), ClockSetter)}
    assert setters == {"arvas-tem-104m", "arvas-tem-104m2"}
    assert setters == {model for model in MODELS if driver(model).info.sets_clock}


def test_a_clock_is_set_by_one_question() -> None:
    reader = driver("arvas-tem-104m")
    assert isinstance(reader, ClockSetter)
    bench = Bench(Scripted(lambda request: reseal(b"\xaa" + request[1:])))
    bench.run(reader.set_clock(ADDRESS, MeterConfiguration(), TODAY.replace(hour=14)))
    assert len(bench.asked) == 1


def test_a_read_as_large_as_the_line_allows_halves_the_questions() -> None:
    words = {"largest_read": "127"}
    small, large = TemBench(meter("arvas-tem-104")), TemBench(meter("arvas-tem-104", words))
    slots = [slot_at(HOUR, start) for start in before(HOUR, 4)]
    small.archive(driver("arvas-tem-104"), HOUR, slots)
    large.archive(driver("arvas-tem-104", words), HOUR, slots)
    assert len(large.asked) < len(small.asked)
    with pytest.raises(NoResponse):
        TemBench(meter("arvas-tem-104")).archive(driver("arvas-tem-104", words), HOUR, slots)


@pytest.mark.parametrize("model", ["arvas-tem-104m", "arvas-tem-104m2"])
def test_extended_reads_bring_a_record_in_two_questions_and_name_its_place(model: str) -> None:
    """tem-104.md section 3: bytes 3 and 4 of the answer repeat the two low address bytes."""
    words = {"reads": "extended"}
    plain, line = TemBench(meter(model)), TemBench(meter(model))
    slots = [slot_at(HOUR, start) for start in before(HOUR, 4)]
    plain.archive(driver(model), HOUR, slots)
    reader = driver(model, words)
    for record in line.archive(reader, HOUR, slots):
        judge_record(line, record)
    flash = [one for one in line.asked if one[3:5] == b"\x8f\x03"]
    assert 3 * len(flash) == len([one for one in plain.asked if one[3:5] == b"\x0f\x03"])
    configuration = line.run(reader.read_configuration(ADDRESS))
    read = line.run(reader.read_current(ADDRESS, configuration))
    assert read.meter_time is not None
    judge(read.values, line.device.truth_snapshot(read.meter_time))


def test_an_extended_answer_from_another_place_is_not_taken() -> None:
    """The printed request for FLASH 08D1C0h, B0h bytes: its answer has D1 C0 in bytes 3 and 4."""
    question = extended(read(1, Memory.FLASH, 0x08D1C0, 0xB0, FlashOrder.LENGTH_FIRST), 0x08D1C0)
    assert question.frame() == bytes.fromhex("55 01 fe 8f 03 05 b0 00 08 d1 c0 cb")
    late, right = (Frame(REPLY, 1, 0xD1, low, bytes(0xB0)).encode() for low in (0x10, 0xC0))
    assert question.complete(late) is None
    assert question.complete(late + right) == len(late + right)


@every_model
def test_what_a_meter_does_not_have_is_met_by_silence(model: str) -> None:
    silent = meter(model)
    for group, command, data in (
        (0x0F, 1, "ffff01"),
        (0x0C, 1, "fff001"),
        (0x0F, 3, "40ffffff00"),
        (9, 9, ""),
    ):
        request = Frame(0x55, int(ADDRESS), group, command, bytes.fromhex(data)).encode()
        assert silent.hear(request) is None
    assert silent.hear(b"\x55") is None


def test_every_unconfirmed_fact_is_marked() -> None:
    for model in FAMILY.models:
        for note in driver(model).info.notes:
            assert ("UNCONFIRMED" in note) == note.startswith("UNCONFIRMED: ")
