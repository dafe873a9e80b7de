"""Frames of the TEM protocol: what a reply is, and what is stepped over. Frames are those of tem-104.md."""

from __future__ import annotations

import pytest

from metering.calendar import ArchiveKind
from metering.errors import ConfigurationError, FrameError
from protocols.vendor.tem.commands import FlashOrder, Memory, find_record, identify, read, set_clock
from protocols.vendor.tem.dialogue import number_of
from protocols.vendor.tem.frames import REPLY, Frame, Question, decode, reseal
from tests.support.plant import TODAY

NAME = bytes.fromhex("aa01fe00000754454d2d313034a7")
SECTION_3 = "tem-104.md section 3: "

WORKED = {
    "identify": (identify(1), "55 01 fe 00 00 00 ab"),
    "TEM-104 clock": (read(1, Memory.CLOCK, 0x10, 10, FlashOrder.LENGTH_FIRST), "55 01 fe 0f 02 02 10 0a 7e"),
    "TEM-104 pointers": (
        read(1, Memory.TIMER, 0xF4, 12, FlashOrder.LENGTH_FIRST),
        "55 01 fe 0f 01 03 00 f4 0c 98",
    ),
    "TEM-104 currents": (
        read(1, Memory.RAM, 0x2200, 64, FlashOrder.LENGTH_FIRST),
        "55 01 fe 0c 01 03 22 00 40 39",
    ),
    "TEM-104 FLASH": (
        read(1, Memory.FLASH, 0x2A00, 64, FlashOrder.LENGTH_FIRST),
        "55 01 fe 0f 03 05 40 00 00 2a 00 2a",
    ),
    "TEM-104-1 FLASH": (
        read(1, Memory.FLASH, 0x2A40, 64, FlashOrder.LENGTH_LAST),
        "55 01 fe 0f 03 05 00 00 2a 40 40 ea",
    ),
    "TEM-104-K FLASH": (read(1, Memory.FLASH, 0x9600, 48, FlashOrder.SHORT), "55 01 fe 0f 03 03 96 00 30 d0"),
    "find a day": (
        find_record(1, ArchiveKind.DAY, TODAY.replace(year=2017, month=3, day=2)),
        "55 01 fe 0d 11 05 01 00 02 03 17 6b",
    ),
}


@pytest.mark.parametrize("name", WORKED, ids=[SECTION_3 + name for name in WORKED])
def test_a_question_is_written_as_the_maker_writes_it(name: str) -> None:
    question, written = WORKED[name]
    assert question.frame() == bytes.fromhex(written)


def test_the_clock_is_set_by_register_0_and_six_binary_numbers() -> None:
    question = set_clock(1, TODAY.replace(year=2017, month=3, day=2, hour=14, minute=15, second=33))
    assert question.frame()[3:-1] == bytes.fromhex("01 82 07 00 21 0f 0e 02 03 11")


@pytest.mark.parametrize("cut", range(len(NAME)))
def test_a_reply_is_waited_for_to_its_last_byte(cut: int) -> None:
    assert identify(1).complete(NAME[:cut]) is None


STRANGE = {
    "noise": b"\xaa\x00\x55\xaa\x01",
    "echo": identify(1).frame(),
    "another meter": Frame(REPLY, 2, 0, 0, b"TEM-104").encode(),
    "another command": Frame(REPLY, 1, 0x0F, 1, bytes(7)).encode(),
    "a damaged reply": NAME[:-1] + b"\x00",
    "a reply cut off": NAME[:8],
}


@pytest.mark.parametrize("before", STRANGE.values(), ids=STRANGE.keys())
def test_what_stands_before_the_reply_is_stepped_over(before: bytes) -> None:
    question, heard = identify(1), before + NAME
    assert question.complete(before) is None
    assert question.complete(heard) == len(heard)
    assert question.answer(heard) == b"TEM-104"


def test_a_reply_of_another_length_answers_another_question() -> None:
    question = read(1, Memory.TIMER, 0, 4, FlashOrder.LENGTH_FIRST)
    other = Frame(REPLY, 1, 0x0F, 1, bytes(5)).encode()
    right = Frame(REPLY, 1, 0x0F, 1, bytes(4)).encode()
    assert question.complete(other) is None
    assert question.complete(other + right) == len(other) + len(right)


def test_an_answer_without_a_reply_is_refused() -> None:
    with pytest.raises(FrameError, match="asked again"):
        Question(1, 0, 0, b"").answer(NAME[:-2])


REFUSED = {
    "aa01": "2 bytes",
    "ab01fe000000ac": "begins with AB",
    "aa01ff00000055": "inverted address",
    "aa01fe000002 00 00": "2 bytes of data are announced, 1 came",
    "aa01fe00000000": "checksum",
}


@pytest.mark.parametrize(("written", "why"), REFUSED.items(), ids=REFUSED.keys())
def test_a_refused_frame_says_what_is_wrong(written: str, why: str) -> None:
    with pytest.raises(FrameError, match=why):
        decode(bytes.fromhex(written))


def test_reseal_mends_a_checksum() -> None:
    assert reseal(NAME[:-1] + b"\x00") == NAME


@pytest.mark.parametrize("address", ["0", "241", "", "-1", "1.5", "x", "0001", "\u0661"])
def test_an_address_that_no_meter_has_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match="1 to 32"):
        number_of(address)
