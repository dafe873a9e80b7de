"""SA-94: its bytes by the reference, and the driver with the simulated meter back to back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal

import pytest

from collector.attempt import Attempt
from metering.calendar import ArchiveKind, MeterSlot
from metering.errors import ConfigurationError, FrameError, NoResponse, NotSupported
from metering.polls import Finding
from metering.readings import Absence, ArchiveRecord, GapReason
from protocols import catalogue
from protocols.conversation import Conversation, Exchange
from protocols.vendor.sa94 import FAMILY
from protocols.vendor.sa94.commands import extended_statistics, parameter, select, selected
from protocols.vendor.sa94.dialogue import MOST_READS, current
from protocols.vendor.sa94.formats import day_of, number, time_of
from protocols.vendor.sa94.status import Status, is_status
from simulators.families import DevicePlan
from simulators.vendor.sa94 import build, split
from simulators.vendor.sa94.meter import Sa94Meter
from tests.support.back_to_back import Bench, Scripted
from tests.support.driver_bench import EMPTY, DriverBench, judge_all
from tests.support.plant import NOW, memory

HOUR, DAY, TOTAL, MONTH = ArchiveKind.HOUR, ArchiveKind.DAY, ArchiveKind.TOTAL, ArchiveKind.MONTH
SECOND = "aswega-sa-94-2"


def bench(
    model: str = SECOND,
    choices: Mapping[str, str] | None = None,
    *,
    off: str = "",
    installed: str = "2025-09-20",
) -> DriverBench[Sa94Meter]:
    of_it = memory(
        datetime.fromisoformat(f"{installed}T10:30"),
        zone="+00:00",
        power_failures=[MeterSlot(*map(datetime.fromisoformat, each.split("/"))) for each in off.split()],
    )
    chosen = dict(choices or {})
    meter = build(DevicePlan(model, "19855", "19855", of_it, lambda: 0.0, chosen))
    line = {f"sa94.{name}": word for name, word in chosen.items()}
    return DriverBench(meter, driver=catalogue.driver(model, choices=line), address="19855")


def gaps(found: DriverBench[Sa94Meter]) -> dict[datetime, GapReason]:
    return {gap.slot.start: gap.reason for gap in found.gaps}


@pytest.mark.parametrize(
    ("octets", "value"),
    [
        ("87 29 00 00", "84.5"),
        ("86 27 00 00", "41.75"),
        ("77 23 D7 0A", "0.00125"),
        ("8B 1A 50 00", "1234.5"),
        ("8B 9A 50 00", "-1234.5"),
        ("00 00 00 00", "0"),
        ("01 00 00 00", "0"),
    ],
)
def test_numbers_as_in_section_3(octets: str, value: str) -> None:
    assert number(bytes.fromhex(octets)) == Decimal(value)


def test_an_erased_place_is_no_number() -> None:
    assert number(b"\xff" * 4) is None


@pytest.mark.parametrize(("identifier", "command"), [(19855, "C1 1B 0F"), (123456, "C7 44 40")])
def test_selections_as_in_section_2(identifier: int, command: str) -> None:
    assert select(identifier) == bytes.fromhex(command)
    assert selected(bytes.fromhex(command)) == identifier


def test_an_extended_block_is_its_address_without_the_low_seven_bits() -> None:
    # segment 5, address 1 0110 1011 0000000 = block 363: a15..a13 = 101, a12..a7 = 101011
    assert extended_statistics(5, 0b101101011) == bytes((0xB7, 0b0_1_101_101, 0b00_101011))


def test_dates_and_times_in_bcd() -> None:
    assert day_of(bytes.fromhex("EE 15 03 24")) == date.fromisoformat("2024-03-15")
    assert day_of(bytes.fromhex("EE 15 03 97")) == date.fromisoformat("1997-03-15")
    assert time_of(bytes.fromhex("7F 14 30 05")) == time.fromisoformat("14:30:05")


@pytest.mark.parametrize(
    "octets", ["FF FF FF FF", "04 15 03 24", "EE 31 02 24", "EE 1A 03 24", "EE 00 00 00"]
)
def test_what_is_no_date(octets: str) -> None:
    assert day_of(bytes.fromhex(octets)) is None


def test_the_status_of_the_reference() -> None:
    status = Status(0x1F)
    assert is_status(0x1F) and status.has_two_flows and status.uses_third_temperature
    assert str(status) == "counting, SA-94/2, T3 set"
    assert not is_status(0xC1) and not is_status(0xFF)


@pytest.mark.parametrize("octets", ["87 29 00 00", "86 27 00 00", "8B 1A 50 00"])
def test_a_number_that_begins_like_a_command_is_explained_as_a_whole(octets: str) -> None:
    (explained,) = FAMILY.explain(bytes.fromhex(octets))
    assert explained.meaning.startswith("number ")


def test_nothing_of_a_reply_is_taken_for_echo_where_it_may_begin_like_the_question() -> None:
    reply = bytes.fromhex("84 00 00 00")  # 8.0 °C in answer to 84
    attempt = Attempt(Exchange(parameter(4), lambda buffer: 4 if len(buffer) >= 4 else None, echo=False))
    attempt.add(reply)
    assert attempt.reply == reply
    assert Finding.ECHO not in attempt.findings()


def test_a_meter_is_silent_until_it_is_selected_and_after_another_is() -> None:
    meter = bench().device
    assert meter.hear(parameter(7)) is None
    assert meter.hear(select(19855)) == b"\x1f"
    assert meter.hear(parameter(7)) is not None
    assert meter.hear(select(19856)) is None
    assert meter.hear(parameter(7)) is None
    meter.hear(select(19855))
    meter.hear(b"\xff")
    assert meter.hear(parameter(7)) is None


def test_commands_are_cut_at_bit_7() -> None:
    assert split(b"\x01\x80\x81") == (b"\x80", 2)
    assert split(b"\xc1\x1b") is None
    assert split(b"\xc1\x1b\x0f\x80") == (b"\xc1\x1b\x0f", 3)


def converse(conversation: Conversation[bytes], replies: list[str]) -> bytes:
    heard = iter(replies)
    result = Bench(Scripted(lambda asked: bytes.fromhex(next(heard))), attempts=1).run(conversation)
    assert next(heard, None) is None
    return result


@pytest.mark.parametrize(
    ("replies", "believed"),
    [
        (["87 29 00 00", "87 29 00 00"], "87 29 00 00"),
        (["87 29 00 01", "87 29 00 00", "87 29 00 01"], "87 29 00 01"),
        (["55 87 29 00 00", "87 29 00 00", "87 29 00 00"], "87 29 00 00"),  # a stray byte
        (["87 29 00 00", "87 29 00 10", "87 29 00 20"], "87 29 00 10"),  # it moves
        (["87 29 00 00", "07 29 00 00", "87 29 00 20"], "87 29 00 00"),  # it moves, and one is wrong
        (["07 00 00 00", "87 29 00 00", "A7 29 00 00", "87 29 00 10"], "87 29 00 10"),
    ],
)
def test_what_is_believed_of_different_answers(replies: list[str], believed: str) -> None:
    assert converse(current(7), replies) == bytes.fromhex(believed)


def test_answers_that_never_agree_are_given_up() -> None:
    with pytest.raises(FrameError, match="No two answers"):
        converse(current(7), [f"{0x10 * each:02X} 00 00 00" for each in range(1, MOST_READS + 1)])


def test_an_echoing_line_is_refused_and_nothing_is_read() -> None:
    found = bench()
    found.disturb = lambda request, reply: (request + reply) if len(request) == 1 else reply
    with pytest.raises(FrameError, match="echo"):
        found.run(found.driver.read_current("19855", EMPTY))


def test_damage_of_every_third_answer_changes_no_reading() -> None:
    clean, spoilt = bench(), bench()

    def spoil(request: bytes, reply: bytes) -> bytes:
        damaged = reply[:-1] + bytes((reply[-1] ^ 0x40,)) if reply else reply
        return damaged if len(spoilt.asked) % 3 == 0 else reply

    spoilt.disturb = spoil
    for found in (clean, spoilt):
        found.archive(HOUR, *(f"2026-02-09T{hour:02}:00" for hour in range(5, 0, -1)))
    assert clean.delivered == spoilt.delivered
    judge_all(spoilt, HOUR, 5)


@pytest.mark.parametrize("model", FAMILY.models)
@pytest.mark.parametrize("archive", ["plain", "extended"])
def test_hours_days_and_totals(model: str, archive: str) -> None:
    for kind, starts in (
        (HOUR, ("2026-02-10T08:00", "2026-01-31T23:00", "2026-01-20T00:00")),
        (DAY, ("2026-02-09", "2025-12-31", "2025-09-22")),
        (TOTAL, ("2026-02-10", "2025-12-31", "2025-09-21")),
    ):
        found = bench(model, {"archive": archive})
        found.archive(kind, *starts)
        judge_all(found, kind, 3)


def test_a_day_record_that_carries_its_own_date() -> None:
    found = bench(choices={"day_date": "own"})
    found.archive(DAY, "2026-02-09", "2026-01-01")
    judge_all(found, DAY, 2)


def test_the_older_half_is_read_and_what_was_erased_is_out_of_depth() -> None:
    found = bench()  # 3431 records: the second half holds the last 359, the first the 512 before
    found.archive(HOUR, "2026-01-06T10:00", "2025-12-20T00:00")
    judge_all(found, HOUR, 1)
    assert gaps(found) == {datetime.fromisoformat("2025-12-20"): GapReason.OUT_OF_DEPTH}


def test_hours_without_power_are_gaps_and_those_beside_them_are_read() -> None:
    found = bench(off="2026-02-09T05:20/2026-02-09T08:57 2026-01-25T00:00/2026-02-01T12:00")
    found.archive(HOUR, *(f"2026-02-09T{hour:02}:00" for hour in range(11, 2, -1)), "2026-01-20T07:00")
    # 08:57 to 09:00 is less than eight minutes of work: it goes into the record of the next hour
    assert sorted(start.hour for start in gaps(found)) == [5, 6, 7, 8]
    judge_all(found, HOUR, 6)


def test_the_day_record_of_a_power_on_is_not_of_the_day_before_it() -> None:
    """Section 4: off at midnight, the record is made at power-on; its means are of the last day of work."""
    found = bench(off="2026-02-03T12:00/2026-02-06T07:00")
    found.archive(DAY, "2026-02-06", "2026-02-05", "2026-02-04", "2026-02-03", "2026-02-02")
    assert {start.day: reason for start, reason in gaps(found).items()} == dict.fromkeys(
        (5, 4, 3), GapReason.NO_RECORD
    )
    judge_all(found, DAY, 2)
    found = bench(off="2026-02-03T12:00/2026-02-06T07:00")
    found.archive(TOTAL, "2026-02-06", "2026-02-03")
    judge_all(found, TOTAL, 2)


def test_the_first_day_has_means_and_no_heat() -> None:
    found = bench()
    (record,) = found.archive(DAY, "2025-09-20")
    assert isinstance(record, ArchiveRecord)
    (heat,) = (value for value in record.values if value.quantity.name == "energy_heating")
    assert (heat.value, heat.absence) == (None, Absence.NO_DATA)
    assert all(value.value is not None for value in record.values if value is not heat)


def test_a_total_that_was_set_back_is_no_negative_heat() -> None:
    """The running total E of 10.02. reads 0; what the day used is not known."""
    found = bench()

    def set_back(request: bytes, reply: bytes) -> bytes:
        at = reply.find(bytes.fromhex("EE 10 02 26"))
        return reply[: at + 4] + bytes(4) + reply[at + 8 :] if len(reply) == 128 and at >= 0 else reply

    found.disturb = set_back
    (record,) = found.archive(DAY, "2026-02-09")
    assert isinstance(record, ArchiveRecord)
    (heat,) = (value for value in record.values if value.quantity.name == "energy_heating")
    assert (heat.value, heat.absence) == (None, Absence.NO_DATA)


def test_the_serial_is_the_number_as_it_is_written_on_the_meter() -> None:
    """Section 2: a six-digit number; a registered 019855 is not another meter than 019855."""
    found = bench()
    assert found.run(found.driver.identify("019855")).serial == "019855"


def test_a_new_meter_has_empty_archives() -> None:
    found = bench(installed="2026-02-10")
    found.device.memory.drift = datetime.fromisoformat("2026-02-10T10:40") - NOW.replace(tzinfo=None)
    found.archive(HOUR, "2026-02-10T09:00")
    found.archive(DAY, "2026-02-08")
    assert set(gaps(found).values()) == {GapReason.NO_RECORD}


def test_a_slot_that_runs_is_not_closed_and_months_are_not_kept() -> None:
    found = bench()
    found.archive(HOUR, "2026-02-10T09:00")
    assert set(gaps(found).values()) == {GapReason.NOT_YET_CLOSED}
    with pytest.raises(NotSupported):
        found.archive(MONTH, "2026-01-01")


def test_a_long_archive_is_searched_in_few_questions() -> None:
    found = bench()
    found.archive(HOUR, "2026-02-01T05:00")
    assert len(found.asked) < 2 + 4 + 2 * 2 + 2 * 4


@pytest.mark.parametrize("address", ["", "1000000", "-1", "12a", "٣"])
def test_an_address_is_a_six_digit_number(address: str) -> None:
    found = bench()
    with pytest.raises(ConfigurationError):
        found.run(found.driver.identify(address))


def test_another_number_meets_silence() -> None:
    found = bench()
    with pytest.raises(NoResponse):
        found.run(found.driver.identify("19856"))


def test_a_search_selects_a_meter_twice_and_asks_nothing_else() -> None:
    found = bench()
    (search,) = catalogue.families()["sa94"].search
    answer = found.run(search.ask("19855"))
    assert (answer.model, answer.identity.serial, len(found.asked)) == (SECOND, "19855", 2)


def test_a_search_meets_silence_with_one_question() -> None:
    found = bench()
    (search,) = catalogue.families()["sa94"].search
    with pytest.raises(NoResponse):
        found.run(search.ask("19856"))
    assert len(found.asked) == 1
