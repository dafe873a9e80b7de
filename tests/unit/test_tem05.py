"""TEM-05: an answer without a checksum is believed when a second one agrees. Source: tem-05.md."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from metering.calendar import ArchiveKind
from metering.errors import DecodeError, FrameError, NotSupported
from metering.meters import MeterConfiguration
from metering.readings import Absence, Snapshot
from protocols.vendor.tem05 import FAMILY, ask
from protocols.vendor.tem05.answer import DIVISORS, REQUEST, SIZE, answer_end, state_of
from tests.support.plant import TODAY
from tests.unit.tem_bench import ADDRESS, TemBench, driver, judge, meter

MODEL = "arvas-tem-05"
NOTHING = MeterConfiguration()
Spoil = Callable[[int, bytes], bytes]
"""What becomes of a reply, given its number."""


def snapshot(spoil: Spoil = lambda number, reply: reply, circuits: int = 1) -> Snapshot:
    line = TemBench(meter(MODEL, circuits=circuits))
    line.disturb = lambda asked, reply: spoil(len(line.asked), reply)
    return line.run(driver(MODEL).read_current(ADDRESS, NOTHING))


def changed(reply: bytes, at: int, octets: bytes) -> bytes:
    return reply[:at] + octets + reply[at + len(octets) :]


@pytest.mark.parametrize("circuits", [1, 2])
def test_both_channels_are_read(circuits: int) -> None:
    line = TemBench(meter(MODEL, circuits=circuits))
    read = line.run(driver(MODEL).read_current(ADDRESS, NOTHING))
    assert read.identity is not None
    assert (read.identity.serial, read.meter_time) == ("12345", TODAY.replace(hour=14, minute=17))
    judge(read.values, line.device.truth_snapshot(TODAY.replace(hour=14, minute=17)))
    assert {value.circuit for value in read.values} == set(range(1, circuits + 1))
    assert line.asked == [REQUEST, REQUEST]


def test_the_channels_may_be_the_pipes_of_one_circuit() -> None:
    words = {"channels": "pipes"}
    line = TemBench(meter(MODEL, words))
    read = line.run(driver(MODEL, words).read_current(ADDRESS, NOTHING))
    judge(read.values, line.device.truth_snapshot(TODAY.replace(hour=14, minute=17)))
    names = {value.quantity.name for value in read.values}
    assert {"volume_supply", "volume_return", "energy_supply", "energy_return"} <= names


@pytest.mark.parametrize("size", [344, 345, 346, 400])
def test_an_answer_may_have_any_of_the_lengths_that_are_named(size: int) -> None:
    """tem-05.md section 1: more than 345, or 344 or 345. What follows is dropped before the next request."""
    answer = (meter(MODEL).hear(REQUEST) or b"").ljust(400, b"\x00")[:size]
    assert state_of(answer[: answer_end(answer)]).serial == "12345"


@pytest.mark.parametrize("word", ["100", "1000"])
def test_what_code_3_divides_by_is_a_choice(word: str) -> None:
    """tem-05.md section 2: Gmax 0.625 with k 1000, Gmax 1.25 with k 100. The second channel has code 3."""
    words = {"code_3": word}
    line = TemBench(meter(MODEL, words, circuits=2))
    read = line.run(driver(MODEL, words).read_current(ADDRESS, NOTHING))
    judge(read.values, line.device.truth_snapshot(TODAY.replace(hour=14, minute=17)))


def test_one_damaged_answer_is_not_believed() -> None:
    """The second of three answers has another volume: the third agrees with neither, a fourth settles it."""
    right = snapshot()

    def spoil(number: int, reply: bytes) -> bytes:
        return changed(reply, 43, b"\x07") if number == 2 else reply

    assert snapshot(spoil) == right


def test_answers_that_never_agree_are_refused() -> None:
    with pytest.raises(FrameError, match="contradict"):
        snapshot(lambda number, reply: changed(reply, 43, bytes((number,))))


def test_a_flow_that_never_stands_still_is_absent() -> None:
    read = snapshot(lambda number, reply: changed(reply, 33, bytes((number * 20,))))
    absent = {value.quantity.name: value.absence for value in read.values if value.value is None}
    assert absent == {"volume_flow": Absence.NO_DATA}


def test_totals_may_wrap_between_two_answers() -> None:
    """tem-05.md section 3: 24-bit counters wrap at 16777216."""

    def spoil(number: int, reply: bytes) -> bytes:
        return changed(reply, 41, b"\xff\xff\xff" if number == 1 else b"\x00\x00\x00")

    volumes = [value.value for value in snapshot(spoil).values if value.quantity.name == "volume"]
    assert volumes == [Decimal(0)]


@pytest.mark.parametrize("code", [24, 255])
def test_a_code_behind_the_table_is_an_error_and_no_default(code: int) -> None:
    with pytest.raises(DecodeError, match=str(code)):
        snapshot(lambda number, reply: changed(reply, 18, bytes((code,))))


@pytest.mark.parametrize(
    ("code", "k"), [(0, 1000), (3, 100), (13, 10), (14, 1), (15, 10), (20, 1), (21, 100), (23, 10)]
)
def test_codes_scale_as_the_reference_lists_them(code: int, k: int) -> None:
    assert DIVISORS[code] == k
    assert len(DIVISORS) == 24


def test_noise_before_an_answer_is_stepped_over() -> None:
    answer = meter(MODEL).hear(REQUEST)
    assert answer is not None
    heard = b"\x00\xff\x33" + answer[:SIZE]
    assert answer_end(heard) == len(heard)
    assert state_of(heard[: answer_end(heard)]).serial == "12345"
    assert answer_end(heard[:-1]) is None


def test_error_words_are_told_bit_by_bit() -> None:
    read = snapshot(lambda number, reply: changed(reply, 202, b"\x01\x00\x00\x80"))
    assert {one.code for one in read.conditions} == {"error 1 bit 0", "error 2 bit 15"}


def test_there_is_no_archive() -> None:
    assert not driver(MODEL).info.depths
    with pytest.raises(NotSupported):
        TemBench(meter(MODEL)).archive(driver(MODEL), ArchiveKind.DAY, [])


def test_a_search_finds_it() -> None:
    found = TemBench(meter(MODEL)).run(ask("1"))
    assert (found.model, found.identity.serial) == (MODEL, "12345")


@pytest.mark.parametrize("frame", [b"", REQUEST + b"\x00", bytes(SIZE), b"\x11" * 1000], ids=len)
def test_nothing_else_is_explained(frame: bytes) -> None:
    with pytest.raises(FrameError):
        FAMILY.explain(frame)
    assert FAMILY.reseal(frame) == frame
