"""A recorded conversation replays: in the offline test, in the simulator, and without its serial number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from metering.errors import DecodeError
from protocols import catalogue
from protocols.driver import Driver
from protocols.masked_numbers import changed_forms, numbers_in
from protocols.masking import masked
from protocols.playback import begin, play
from protocols.recording import RecordingDriver
from protocols.vector_text import vector_text
from protocols.vectors import Vector, load
from simulators.replay import ReplayMeter
from tests.unit.test_vector_files import VECTORS

FAMILIES = catalogue.families()
NAMED = [
    pytest.param(file, vector, id=f"{file.parent.name}/{file.stem}")
    for file, vector in VECTORS.items()
    if any(conversation.expect.identity.get("serial") for conversation in vector.conversations)
]


def made(vector: Vector) -> Callable[[], Driver]:
    return partial(catalogue.driver, vector.model, choices=vector.choices)


def recorded(vector: Vector) -> Vector:
    """What a recording driver writes down of this transcript."""
    driver = RecordingDriver(made(vector))
    for conversation in vector.conversations:
        play(begin(driver, vector, conversation), conversation.exchanges)
    return replace(vector, conversations=tuple(driver.conversations), unverified=True)


def serial_of(vector: Vector) -> str:
    said = (conversation.expect.identity.get("serial") for conversation in vector.conversations)
    return next(serial for serial in said if serial)


@pytest.mark.parametrize(("file", "vector"), NAMED)
def test_a_recording_is_the_transcript_and_reads_back_as_it_was_written(file: Path, vector: Vector) -> None:
    again = recorded(vector)
    for heard, written in zip(again.conversations, vector.conversations, strict=True):
        assert [one.send for one in heard.exchanges] == [one.send for one in written.exchanges]
        for one, other in zip(heard.exchanges, written.exchanges, strict=True):
            assert (one.receive is None) == (other.receive is None)
            assert (other.receive or b"").startswith(one.receive or b""), "bytes behind a reply are not kept"
    assert load(vector_text(again), file.name) == again
    assert ReplayMeter(again).serial == serial_of(vector)


@pytest.mark.parametrize(("file", "vector"), NAMED)
def test_a_masked_recording_says_another_serial_and_nothing_else_changes(file: Path, vector: Vector) -> None:
    original, serial = recorded(vector), serial_of(vector)
    try:
        without = masked(original, serial, FAMILIES[file.parent.name], made(vector))
    except DecodeError as refused:
        assert "Nothing was written" in str(refused) or "nothing is masked" in str(refused)
        return
    assert serial not in vector_text(without)
    for before, after in zip(original.conversations, without.conversations, strict=True):
        assert after.expect.values == before.expect.values
        assert after.expect.records == before.expect.records


def test_most_makes_can_be_masked() -> None:
    refused = []
    for file, vector in VECTORS.items():
        if not any(one.expect.identity.get("serial") for one in vector.conversations):
            continue
        try:
            masked(recorded(vector), serial_of(vector), FAMILIES[file.parent.name], made(vector))
        except DecodeError as error:
            refused.append(f"{file.parent.name}/{file.stem}: {error}")
    assert len(refused) <= len(VECTORS) // 10, "\n".join(refused)


TRACE = """
model = "sensus-pollusonic-ii"
source = "m-bus.md section 7: the fixed structure; a number of our own, {number}"
address = "1"
[[conversation]]
call = "read_current"
[[conversation.exchange]]
send = "10 40 01 41 16"
receive = "E5"
[[conversation.exchange]]
send = "10 7B 01 7C 16"
receive = "{reply}"
[conversation.expect]
serial = "{number}"
"""


def telegram(number: str) -> bytes:
    body = (
        bytes.fromhex("08 01 73")
        + bytes.fromhex(number)[::-1]
        + bytes.fromhex("10 00 05 69 31 65 00 00 69 00 00 00")
    )
    return bytes((0x68, len(body), len(body), 0x68)) + body + bytes((sum(body) & 0xFF, 0x16))


def trace(number: str, before: bytes = b"") -> Vector:
    reply = (before + telegram(number)).hex(" ")
    return recorded(load(TRACE.format(number=number, reply=reply), "trace"))


def mask(vector: Vector) -> Vector:
    return masked(vector, serial_of(vector), FAMILIES["m-bus"], made(vector))


@pytest.mark.parametrize(
    ("number", "other"),
    [
        pytest.param("90919293", "12345678", id="other digits"),
        pytest.param("12345678", "10293847", id="the usual mask is this number"),
        pytest.param("00919293", "00123456", id="zeros in front stay"),
    ],
)
def test_another_number_stands_for_the_serial_in_every_place(number: str, other: str) -> None:
    without = mask(trace(number))
    assert serial_of(without) == other
    assert number.lstrip("0") not in vector_text(without)
    assert without.conversations[0].exchanges[1].receive == telegram(other)


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(bytes.fromhex("FF 00 FF"), id="noise"),
        pytest.param(bytes.fromhex("10 7B 01 7C 16"), id="an echo"),
        pytest.param(telegram("90919293")[:-1] + b"\x00", id="a damaged frame of the same meter"),
    ],
)
def test_what_stands_before_a_frame_is_masked_and_keeps_its_frame_whole(before: bytes) -> None:
    reply = mask(trace("90919293", before)).conversations[0].exchanges[1].receive or b""
    assert reply.endswith(telegram("12345678"))
    assert len(reply) == len(before) + len(telegram("12345678"))


def test_a_number_too_short_to_be_told_is_not_masked() -> None:
    with pytest.raises(DecodeError, match="nothing is masked"):
        mask(trace("00000215"))


def test_a_number_that_stands_in_a_reading_too_is_not_masked() -> None:
    """6531 kWh of the fixed structure are the BCD 31 65 00 00."""
    with pytest.raises(DecodeError, match="Nothing was written"):
        mask(trace("00006531"))


@pytest.mark.parametrize(
    ("serial", "words"),
    [
        pytest.param("12345-7", {"12345": "10293"}, id="a variant behind a hyphen"),
        pytest.param(
            "98765/4321", {"987654321": "123456789", "98765": "12345", "4321": "6789"}, id="two parts"
        ),
        pytest.param("00012345", {"12345": "10293"}, id="zeros in front"),
        pytest.param("123-45", {}, id="nothing long enough"),
        pytest.param("", {}, id="none"),
    ],
)
def test_the_parts_of_a_number_that_name_the_meter(serial: str, words: dict[str, str]) -> None:
    assert numbers_in(serial) == words


@pytest.mark.parametrize(
    ("number", "form", "other"),
    [
        pytest.param("54321", "35 34 33 32 31", "31 32 33 34 35", id="characters"),
        pytest.param("54321", "35 B4 33 B2 B1", "B1 B2 33 B4 35", id="characters with even parity"),
        pytest.param("54321", "05 04 03 02 01", "01 02 03 04 05", id="a byte for each digit"),
        pytest.param("54321", "05 43 21", "01 23 45", id="BCD"),
        pytest.param("654321", "21 43 65 00", "56 34 12 00", id="BCD, low byte first"),
        pytest.param("54321", "D4 31", "30 39", id="16 bits"),
        pytest.param("54321", "31 D4 00", "39 30 00", id="24 bits, low byte first"),
        pytest.param("87654321", "7F B1 05 39", "61 4E 00 BC", id="32 bits, low word first"),
    ],
)
def test_a_number_is_known_in_every_form_of_the_makers(number: str, form: str, other: str) -> None:
    assert changed_forms(numbers_in(number))[bytes.fromhex(form)] == bytes.fromhex(other)
