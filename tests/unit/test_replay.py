"""A transcript answers as a meter: byte for byte, repetitions repeated, one telegram under either count bit.

Frames are those of m-bus.md 10.2 (address 2) and its link layer rules of section 3.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from metering.calendar import ArchiveKind
from metering.errors import ProfileError
from protocols import catalogue, vectors
from protocols.playback import begin
from simulators.replay import ReplayMeter, known_requests
from tests.support.back_to_back import Bench
from tests.unit.test_vector_files import VECTORS, check_result

SND_NKE = bytes.fromhex("10 40 02 42 16")
REQ_FCB, REQ = bytes.fromhex("10 7B 02 7D 16"), bytes.fromhex("10 5B 02 5D 16")
ANSWER = (
    "68 1F 1F 68 08 02 72 78 56 34 12 24 40 01 07 55 00 00 00 "
    "03 13 15 31 00 DA 02 3B 13 01 8B 60 04 37 18 02 18 16"
)

IDENTIFY = f"""
model = "generic-heat-meter"
source = "m-bus.md section 10.2"
address = "2"
[[conversation]]
call = "identify"
[[conversation.exchange]]
send = "10 40 02 42 16"
receive = "E5"
[[conversation.exchange]]
send = "10 7B 02 7D 16"
receive = "{ANSWER}"
[conversation.expect]
serial = "12345678"
"""
CURRENT = f"""
[[conversation]]
call = "read_current"
[[conversation.exchange]]
send = "10 40 02 42 16"
[[conversation.exchange]]
send = "10 7B 02 7D 16"
receive = "{ANSWER}"
[conversation.expect]
[[conversation.expect.value]]
quantity = "energy_heating"
value = "218.37"
unit = "kWh"
[[conversation.expect.value]]
quantity = "volume"
absent = "error_state"
[[conversation.expect.record]]
kind = "total"
start = 2024-01-01T00:00:00
[[conversation.expect.record.value]]
quantity = "volume"
value = "12.565"
unit = "m3"
[[conversation.expect.record]]
kind = "total"
start = 2023-01-01T00:00:00
gap = "no_record"
"""
SECOND_TELEGRAM = """
[[conversation.exchange]]
send = "10 5B 02 5D 16"
receive = "68 03 03 68 08 02 70 7A 16"
"""


def replay(text: str) -> ReplayMeter:
    return ReplayMeter(vectors.load(text, "a test"))


def test_who_it_is_stands_in_the_transcript() -> None:
    meter = replay(IDENTIFY)
    assert (meter.model, meter.serial, meter.address) == ("generic-heat-meter", "12345678", "2")


def test_requests_of_the_transcript_are_answered() -> None:
    meter = replay(IDENTIFY)
    assert meter.hear(SND_NKE) == b"\xe5"
    assert meter.hear(REQ_FCB) == bytes.fromhex(ANSWER)


def test_other_requests_are_not() -> None:
    assert replay(IDENTIFY).hear(bytes.fromhex("10 40 03 43 16")) is None


def test_where_the_meter_was_silent_it_is_silent() -> None:
    meter = replay(IDENTIFY + CURRENT)
    meter.hear(SND_NKE)
    meter.hear(REQ_FCB)
    assert meter.hear(SND_NKE) is None


def test_a_single_telegram_is_sent_under_either_count_bit() -> None:
    meter = replay(IDENTIFY)
    assert meter.hear(REQ) == meter.hear(REQ_FCB) == bytes.fromhex(ANSWER)


def test_several_telegrams_are_told_apart_by_the_count_bit_and_repeated_by_it() -> None:
    meter = replay(IDENTIFY.replace("[conversation.expect]", SECOND_TELEGRAM + "[conversation.expect]"))
    first, second = bytes.fromhex(ANSWER), bytes.fromhex("68 03 03 68 08 02 70 7A 16")
    heard = [meter.hear(frame) for frame in (REQ_FCB, REQ_FCB, REQ, REQ, REQ_FCB)]
    assert heard == [first, first, second, second, first]


def test_the_truth_is_what_the_transcript_expects_in_canonical_units() -> None:
    """1 kWh is 3.6 MJ and 1 Gcal 4186.8 MJ; the absent volume is left out."""
    truths = replay(IDENTIFY + CURRENT).truth_snapshot(datetime.fromisoformat("2026-01-01"))
    assert set(truths) == {("energy_heating", 1)}
    assert truths["energy_heating", 1].admits(Decimal("218.37") * Decimal("3.6") / Decimal("4186.8"))


def test_the_truth_of_an_archive_is_a_record_or_none() -> None:
    meter = replay(IDENTIFY + CURRENT)
    record = meter.truth_archive(ArchiveKind.TOTAL, datetime.fromisoformat("2024-01-01"))
    assert record is not None
    assert record["volume", 1].value == Decimal("12.565")
    assert meter.truth_archive(ArchiveKind.TOTAL, datetime.fromisoformat("2023-01-01")) is None
    assert meter.truth_archive(ArchiveKind.DAY, datetime.fromisoformat("2024-01-01")) is None


def test_a_transcript_without_a_serial_is_refused() -> None:
    with pytest.raises(ProfileError, match="serial"):
        replay(IDENTIFY.replace('serial = "12345678"', ""))


def test_known_requests_are_found_in_a_stream_of_any_protocol() -> None:
    split = known_requests([replay(IDENTIFY)])
    assert split(b"\x00" + REQ_FCB + SND_NKE) == (REQ_FCB, 6)
    assert split(REQ_FCB[:-1]) is None


NUMBERED = [file for file in VECTORS if file.parent.name in ("pulsar", "tekon", "logika-m4")]


@pytest.mark.parametrize("file", NUMBERED, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_questions_that_are_numbered_otherwise_are_answered_all_the_same(file: Path) -> None:
    """One driver for the whole transcript: its numbers run on, those of the transcript begin anew."""
    vector = VECTORS[file]
    driver = catalogue.driver(vector.model, choices=vector.choices)
    bench = Bench(ReplayMeter(vector), attempts=1)
    for conversation in (*vector.conversations, *vector.conversations):
        if any(exchange.receive is None for exchange in conversation.exchanges):
            continue
        check_result(bench.run(begin(driver, vector, conversation)), conversation.call, conversation.expect)
