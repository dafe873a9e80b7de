"""VKT-7 framing: every request as the maker's document prints it, and answers found among anything else."""

from __future__ import annotations

from datetime import datetime

import pytest

from metering.errors import FrameError, MeterError, NotSupported
from protocols.vendor.vkt7.frames import (
    WAKE_UP,
    frames_in,
    read_answer,
    read_request,
    refusal,
    request_sizes,
    sealed,
    write_answer,
    write_request,
)
from protocols.vendor.vkt7.questions import (
    Item,
    Question,
    ValueType,
    active_list,
    date_range,
    items_of,
    read_clock,
    read_data,
    service_information,
    start_session,
    subscriber,
    write_date,
    write_list,
    write_type,
)
from simulators.vendor.vkt7 import split

REQUESTS = {
    "section 2, start session": (start_session(), "00 10 3f ff 00 00 cc 80 00 00 00 64 54"),
    "section 2, active list": (active_list(), "00 03 3f fc 00 00 88 3f"),
    "section 2, read list": (
        write_list((Item(0, 2), Item(3, 4))),
        "00 10 3f ff 00 00 0c 00 00 00 40 02 00 03 00 00 40 04 00 a2 5c",
    ),
    "section 2, day archive": (write_type(ValueType.DAY), "00 10 3f fd 00 00 02 01 00 71 42"),
    "section 2, date": (write_date(datetime(2003, 1, 30)), "00 10 3f fb 00 00 04 1e 01 03 00 fa af"),
    "section 2, read data": (read_data(), "00 03 3f fe 00 00 29 ff"),
    "section 2, service information": (service_information(), "00 03 3f f9 00 00 98 3e"),
    "section 2, date range": (date_range(), "00 03 3f f6 00 00 a8 3d"),
    "section 2, subscriber": (subscriber(), "00 03 3e a6 00 08 a8 16"),
    "section 2, clock": (read_clock(), "00 03 3f fb 00 00 39 fe"),
    "section 6, live type": (write_type(ValueType.HOUR), "00 10 3f fd 00 00 02 00 00 70 d2"),
    "section 6, live date": (
        write_date(datetime(2015, 3, 25, 18)),
        "00 10 3f fb 00 00 04 19 03 0f 12 df 16",
    ),
    "section 6, live list": (write_list((Item(3, 4),)), "00 10 3f ff 00 00 06 03 00 00 40 04 00 5d d4"),
}


@pytest.mark.parametrize(("question", "printed"), REQUESTS.values(), ids=REQUESTS.keys())
def test_a_request_is_what_the_reference_prints_behind_a_wake_up(question: Question, printed: str) -> None:
    assert question.request(0) == WAKE_UP + bytes.fromhex(printed)


def test_the_address_is_in_every_frame() -> None:
    """Section 6, a meter at address 7."""
    printed = bytes.fromhex("07 10 3f ff 00 00 cc 80 00 00 00 7e 20")
    assert start_session().request(7) == WAKE_UP + printed
    assert start_session().find(7, bytes.fromhex("07 10 3f ff 00 00 fc 4b")) == (0, 8)


ANSWERS = {
    "type written": (write_type(ValueType.HOUR), write_answer(0, 0x3FFD), "00 10 3f fd 00 00 5c 3c"),
    "list written": (write_list(()), write_answer(0, 0x3FFF), "00 10 3f ff 00 00 fd fc"),
    "exception 5": (read_data(), refusal(0, 0x03, 5), "00 83 05 3f b2 8c"),
    "exception 3": (write_date(datetime(2015, 3, 1)), refusal(0, 0x10, 3), "00 90 03 3f 40 e9"),
    "a value": (
        read_data(6),
        read_answer(0, bytes.fromhex("2d 05 00 00 c0 00")),
        "00 03 06 2d 05 00 00 c0 00 b6 98",
    ),
}


@pytest.mark.parametrize(("question", "built", "printed"), ANSWERS.values(), ids=ANSWERS.keys())
def test_an_answer_is_built_and_found_as_the_log_has_it(
    question: Question, built: bytes, printed: str
) -> None:
    """Section 6, frames of a live meter; a stray byte before and behind is usual there."""
    frame = bytes.fromhex(printed)
    assert built == frame
    assert question.find(0, b"\x00\xff" + frame + b"\x13") == (2, 2 + len(frame))
    for cut in range(len(frame)):
        assert question.find(0, frame[:cut]) is None


STRANGE = {
    "another address": (read_data(6), read_answer(5, bytes(6))),
    "another size": (read_data(6), read_answer(0, bytes(7))),
    "another register": (write_type(ValueType.DAY), write_answer(0, 0x3FFB)),
    "an answer to a write": (read_data(6), write_answer(0, 0x3FFE)),
    "a refusal of a write": (read_data(6), refusal(0, 0x10, 3)),
    "a wrong CRC": (read_data(6), read_answer(0, bytes(6))[:-1] + b"\x00"),
    "values, not a list": (active_list(), read_answer(0, bytes.fromhex("e8 1f c0 00 68 06"))),
    "a clock, not a range": (date_range(), read_answer(0, bytes(9))),
    "values, not service information": (service_information(), read_answer(0, bytes(15))),
    "its own echo": (read_data(), read_request(0, 0x3FFE)),
}


@pytest.mark.parametrize(("question", "heard"), STRANGE.values(), ids=STRANGE.keys())
def test_what_does_not_answer_the_question_is_stepped_over(question: Question, heard: bytes) -> None:
    assert question.find(0, heard) is None
    with pytest.raises(FrameError):
        question.answer(0, heard)


def test_the_content_of_the_answer_to_a_start_of_session_is_ignored() -> None:
    """Section 2: "ignore the answer's content"."""
    assert start_session().find(0, write_answer(0, 0x1234)) == (0, 8)


def test_a_list_of_34_elements_is_told_from_a_start_of_session_by_its_crc() -> None:
    """Its byte count is CCh as well (section 1)."""
    payload = b"".join(bytes((code, 0, 0, 0x40, 2, 0)) for code in range(34))
    for request in (write_request(0, 0x3FFF, payload), start_session().request(0)[2:]):
        assert list(frames_in(request, request_sizes)) == [(0, len(request))]


def test_a_request_is_cut_with_its_wake_up_bytes_out_of_what_is_heard() -> None:
    request = read_clock().request(3)
    assert split(b"\x00\x81" + request + b"\xff") == (request, 2 + len(request))
    assert split(request[:-1]) is None


def test_a_list_from_the_wire_has_no_marks() -> None:
    """Section 6: in the logged list the addresses carry the mark already."""
    logged = bytes.fromhex("00 00 00 40 02 00 4d 00 00 40 01 00")
    assert items_of(logged) == (Item(0, 2), Item(77, 1))
    assert items_of(logged[:-1]) == (Item(0, 2),)


def test_a_refusal_says_what_it_means() -> None:
    assert isinstance(write_type(ValueType.DAY).refused(0, 2), NotSupported)
    unknown = read_clock().refused(0, 9)
    assert type(unknown) is MeterError
    assert "code 9" in str(unknown)


def test_a_frame_is_sealed_low_byte_first() -> None:
    assert sealed(bytes.fromhex("00 03 3f fe 00 00")) == bytes.fromhex("00 03 3f fe 00 00 29 ff")
