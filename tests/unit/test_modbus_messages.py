"""Worked frames of the protocol references, by section, and how a reply is told from everything else."""

from __future__ import annotations

from datetime import datetime

import pytest

from metering.errors import (
    ConfigurationError,
    FrameError,
    LineUnavailable,
    MeterBusy,
    MeterError,
    NoResponse,
    NotSupported,
)
from protocols.modbus.function65 import ArchiveQuery, decode
from protocols.modbus.messages import (
    READ_HOLDING,
    READ_INPUT,
    WRITE_AND_READ,
    WRITE_MULTIPLE,
    Framing,
    Question,
    Request,
    frame,
    read_archive,
    read_registers,
    report_id,
    write_and_read,
    write_registers,
)

ELF_CURRENT = bytes.fromhex("00 00 00 00 00 00 00 09 00 00 00 00 00 00")
TV7_HOUR = bytes.fromhex("04 09 0b 0f 00 00 00 00 00 00")

REQUESTS = {
    "vzlet-tsrv.md section 2, device information": (report_id(), 1, "01 11 c0 2c"),
    "vzlet-tsrv.md section 3, six records by index": (
        read_archive(ArchiveQuery(1, 100, 6).encode(), 6 * 5),
        0x11,
        "11 41 00 01 00 06 00 00 64 0f ee",
    ),
    "vzlet-tsrv.md section 3, six records by time": (
        read_archive(ArchiveQuery(1, datetime.fromisoformat("1998-12-10T13:12:00"), 6).encode(), 6 * 5),
        0x11,
        "11 41 00 01 00 06 01 00 0c 0d 0a 0c 62 b4 6f",
    ),
    "vzlet-tsrv.md section 3, hour archive": (
        read_archive(ArchiveQuery(0, datetime.fromisoformat("2015-04-09T11:00:00")).encode(), 172),
        1,
        "01 41 00 00 00 01 01 00 00 0b 09 04 0f bc 78",
    ),
    "vzlet-tsrv.md section 5, clock": (
        read_registers(READ_HOLDING, 0x8000, 2),
        1,
        "01 03 80 00 00 02 ed cb",
    ),
    "vzlet-tsrv.md section 5, serial": (read_registers(READ_INPUT, 0x8002, 2), 1, "01 04 80 02 00 02 f9 cb"),
    "vzlet-tsrv.md section 5, temperatures": (
        read_registers(READ_INPUT, 0xC048, 4),
        1,
        "01 04 c0 48 00 04 4d df",
    ),
    "vzlet-tsrv.md section 5, heat": (read_registers(READ_INPUT, 0xC0BE, 4), 1, "01 04 c0 be 00 04 ad ed"),
    "tv7.md section 5, information": (read_registers(READ_HOLDING, 0, 7), 1, "01 03 00 00 00 07 04 08"),
    "tv7.md section 5, clock": (read_registers(READ_HOLDING, 0x0DD4, 3), 1, "01 03 0d d4 00 03 47 5f"),
    "tv7.md section 5, selection": (
        write_registers(0x0063, TV7_HOUR),
        1,
        "01 10 00 63 00 05 0a 04 09 0b 0f 00 00 00 00 00 00 f7 ad",
    ),
    "tv7.md section 5, pipe 1 of the record": (
        read_registers(READ_HOLDING, 0x0AB6, 8),
        1,
        "01 03 0a b6 00 08 a6 32",
    ),
    "tv7.md section 5, one transaction": (
        write_and_read(0x0AB4, 0x58, 0x0063, TV7_HOUR, 0x1234),
        1,
        "01 48 0a b4 00 58 00 63 00 05 00 0a 12 34 04 09 0b 0f 00 00 00 00 00 00 c0 83",
    ),
    "tv7.md section 5, clock of the new map": (
        write_and_read(0x1E88, 3, 0, b"", 1),
        1,
        "01 48 1e 88 00 03 00 00 00 00 00 00 00 01 34 f2",
    ),
    "tv7.md section 5, archive dates": (
        read_registers(READ_HOLDING, 0x0A74, 0x1B),
        1,
        "01 03 0a 74 00 1b 46 03",
    ),
    "tv7.md section 5, totals of pipe 1": (
        read_registers(READ_HOLDING, 0x0D57, 8),
        1,
        "01 03 0d 57 00 08 f7 70",
    ),
    "elf-04.md section 2, clock": (read_registers(READ_INPUT, 0, 3), 1, "01 04 00 00 00 03 b0 0b"),
    "elf-04.md section 2, selection of current values": (
        write_registers(0, ELF_CURRENT),
        1,
        "01 10 00 00 00 07 0e 00 00 00 00 00 00 00 09 00 00 00 00 00 00 9c 6f",
    ),
    "elf-04.md section 2, selected data": (
        read_registers(READ_INPUT, 0x0100, 0x7A),
        1,
        "01 04 01 00 00 7a 70 15",
    ),
    "elf-04.md section 2, selection of an hour": (
        write_registers(0, bytes.fromhex("0f 04 09 0b 00 00 00 1a 00 00 00 00 00 00")),
        1,
        "01 10 00 00 00 07 0e 0f 04 09 0b 00 00 00 1a 00 00 00 00 00 00 86 1d",
    ),
    "karat-307.md section 2, clock": (read_registers(READ_HOLDING, 0x0062, 1), 1, "01 03 00 62 00 01 25 d4"),
    "karat-307.md section 2, archive date": (
        write_registers(0x0060, bytes.fromhex("0b 09 04 0f")),
        1,
        "01 10 00 60 00 02 04 0b 09 04 0f 65 65",
    ),
    "karat-307.md section 2, first hour record": (
        read_registers(READ_HOLDING, 0, 0x78),
        1,
        "01 03 00 00 00 78 45 e8",
    ),
}


@pytest.mark.parametrize(("request_", "unit", "sent"), REQUESTS.values(), ids=REQUESTS)
def test_a_request_goes_out_as_the_reference_prints_it(request_: Request, unit: int, sent: str) -> None:
    assert Question(request_, unit).frame() == bytes.fromhex(sent)


REPLIES = {
    "vzlet-tsrv.md section 5, clock": (
        read_registers(READ_HOLDING, 0x8000, 2),
        "01 03 04 55 26 5b b0 30 b0",
        "55 26 5b b0",
    ),
    "vzlet-tsrv.md section 5, temperatures": (
        read_registers(READ_INPUT, 0xC048, 4),
        "01 04 08 42 a9 00 00 42 27 00 00 3c 9d",
        "42 a9 00 00 42 27 00 00",
    ),
    "tv7.md section 5, information": (
        read_registers(READ_HOLDING, 0, 7),
        "01 03 0e 00 00 02 02 05 00 00 00 00 04 e2 40 00 01 0a d6",
        "00 00 02 02 05 00 00 00 00 04 e2 40 00 01",
    ),
    "tv7.md section 5, clock": (
        read_registers(READ_HOLDING, 0x0DD4, 3),
        "01 03 06 04 09 0f 0f 0a 27 89 5d",
        "04 09 0f 0f 0a 27",
    ),
    "tv7.md section 5, selection": (write_registers(0x0063, TV7_HOUR), "01 10 00 63 00 05 f0 14", ""),
    "tv7.md section 5, pipe 1 of the record": (
        read_registers(READ_HOLDING, 0x0AB6, 8),
        "01 03 10 00 00 42 a9 66 66 3e e6 00 00 3f e0 00 00 3f d8 45 6f",
        "00 00 42 a9 66 66 3e e6 00 00 3f e0 00 00 3f d8",
    ),
    "tv7.md section 5, totals of pipe 1": (
        read_registers(READ_HOLDING, 0x0D57, 8),
        "01 03 10 00 00 00 00 1c c0 40 c8 00 00 00 00 70 a0 40 c7 96 14",
        "00 00 00 00 1c c0 40 c8 00 00 00 00 70 a0 40 c7",
    ),
    "vzlet-tsrv.md section 2, device information": (
        report_id(),
        "01 11 32 56 5a 4c 4a 4f 54 20 54 53 52 56 2d 30 32 34 4d 20 37 36 2e 33 30 2e 30 33 2e 30 35 00 00"
        "00 00 00 00 00 00 20 00 c8 01 90 00 32 00 1e 00 3c 00 64 3c 27 56",
        "56 5a 4c 4a 4f 54 20 54 53 52 56 2d 30 32 34 4d 20 37 36 2e 33 30 2e 30 33 2e 30 35 00 00 00"
        "00 00 00 00 00 20 00 c8 01 90 00 32 00 1e 00 3c 00 64 3c",
    ),
}


@pytest.mark.parametrize(("request_", "received", "data"), REPLIES.values(), ids=REPLIES)
def test_a_reply_of_the_reference_is_taken_whole(request_: Request, received: str, data: str) -> None:
    question, reply = Question(request_, 1), bytes.fromhex(received)
    assert question.complete(reply) == len(reply)
    assert question.data(reply) == bytes.fromhex(data)
    assert all(question.complete(reply[:cut]) is None for cut in range(len(reply)))


REFUSALS = {
    "vzlet-tsrv.md section 3, exception 2": (
        read_archive(ArchiveQuery(0, 0).encode(), 172),
        "01 c1 02 f0 51",
        NotSupported,
    ),
    "vzlet-tsrv.md section 5, exception 2": (
        read_registers(READ_INPUT, 0xC0BE, 4),
        "01 84 02 c2 c1",
        NotSupported,
    ),
    "tv7.md section 5, no such record": (
        write_and_read(0x0AB4, 0x58, 0x63, TV7_HOUR, 1),
        "01 c8 84 77 a3",
        MeterError,
    ),
}


@pytest.mark.parametrize(("request_", "received", "error"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_of_the_reference_ends_the_question(
    request_: Request, received: str, error: type[MeterError]
) -> None:
    question, reply = Question(request_, 1), bytes.fromhex(received)
    assert question.complete(reply) == len(reply)
    assert question.refusal(reply) == reply[2]
    with pytest.raises(error):
        question.data(reply)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (1, NotSupported),
        (2, NotSupported),
        (3, NotSupported),
        (4, MeterError),
        (5, MeterBusy),
        (6, MeterBusy),
        (7, MeterError),
        (0x0A, LineUnavailable),
        (0x0B, NoResponse),
        (0x77, MeterError),
    ],
)
def test_an_exception_code_says_what_may_be_asked_next(code: int, error: type[Exception]) -> None:
    """MODBUS Application Protocol V1.1b3, section 7."""
    question = Question(read_registers(READ_HOLDING, 0x10, 1), 7)
    with pytest.raises(error, match=f"Meter 7 refused.*{code:02X}h"):
        question.data(frame(0x83, bytes([code]), 7, Framing.RTU))


CLOCK = Question(read_registers(READ_HOLDING, 0x8000, 2), 1)
CLOCK_REPLY = bytes.fromhex("01 03 04 55 26 5b b0 30 b0")
BEFORE = {
    "noise": b"\xff\x00\x01\x03\x17",
    "noise that claims to be a long frame": b"\x01\x03\x04",
    "our own echo": CLOCK.frame(),
    "another unit": frame(READ_HOLDING, b"\x04\x01\x02\x03\x04", 2, Framing.RTU),
    "another function": frame(READ_INPUT, b"\x04\x01\x02\x03\x04", 1, Framing.RTU),
    "another byte count": frame(READ_HOLDING, b"\x02\x01\x02", 1, Framing.RTU),
    "a wrong checksum": CLOCK_REPLY[:-1] + b"\xb1",
    "a reply to a write": frame(WRITE_MULTIPLE, b"\x80\x00\x00\x02", 1, Framing.RTU),
}


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
def test_what_is_no_reply_is_stepped_over(before: bytes) -> None:
    assert CLOCK.complete(before) is None
    assert CLOCK.complete(before + CLOCK_REPLY) == len(before) + len(CLOCK_REPLY)
    assert CLOCK.data(before + CLOCK_REPLY) == bytes.fromhex("55 26 5b b0")


def test_a_write_is_answered_only_by_its_own_address_and_count() -> None:
    question = Question(write_registers(0x63, TV7_HOUR), 1)
    assert question.complete(frame(WRITE_MULTIPLE, b"\x00\x64\x00\x05", 1, Framing.RTU)) is None
    assert question.complete(frame(WRITE_MULTIPLE, b"\x00\x63\x00\x05", 1, Framing.RTU)) == 8


def test_a_transaction_of_function_48h_is_answered_only_by_its_own_number() -> None:
    """tv7.md section 1."""
    question = Question(write_and_read(0x1E88, 1, 0, b"", 0x1234), 1)
    late = frame(WRITE_AND_READ, b"\x00\x01\x12\x33\x00\x00", 1, Framing.RTU)
    own = frame(WRITE_AND_READ, b"\x00\x01\x12\x34\xab\xcd", 1, Framing.RTU)
    assert question.complete(late) is None
    assert question.data(late + own) == b"\xab\xcd"


@pytest.mark.parametrize("framing", Framing)
def test_a_reply_is_found_in_every_framing(framing: Framing) -> None:
    question = Question(read_registers(READ_HOLDING, 0x8000, 2), 5, framing, 0x0102)
    reply = frame(READ_HOLDING, b"\x04\x55\x26\x5b\xb0", 5, framing, 0x0102)
    for noise in (b"", b"\x00\xff:9Z\r\n", frame(READ_HOLDING, b"\x04\x55\x26\x5b\xb1", 6, framing, 0x0102)):
        assert question.complete(noise + reply) == len(noise + reply)
        assert question.data(noise + reply) == b"\x55\x26\x5b\xb0"
        assert question.complete(noise + reply[:-1]) is None


def test_a_late_answer_of_modbus_tcp_is_told_by_its_transaction() -> None:
    question = Question(read_registers(READ_HOLDING, 0x8000, 2), 5, Framing.TCP, 7)
    late = frame(READ_HOLDING, b"\x04\x00\x00\x00\x01", 5, Framing.TCP, 6)
    assert question.complete(late) is None


def test_ascii_framing_is_what_the_standard_prints() -> None:
    """MODBUS over Serial Line V1.02, section 2.5.2: 01+03+00+01 = 05, so the LRC is FB."""
    request = Request(READ_HOLDING, b"\x00\x01", "")
    assert Question(request, 1, Framing.ASCII).frame() == b":01030001FB\r\n"


def test_archive_queries_are_read_back() -> None:
    for query in (ArchiveQuery(1, 100, 6), ArchiveQuery(19, datetime.fromisoformat("2015-04-09T11:00:00"))):
        assert decode(query.encode()) == query


def test_an_impossible_question_is_our_own_fault() -> None:
    with pytest.raises(ConfigurationError, match="Modbus cannot ask this"):
        read_registers(READ_HOLDING, 0, 126)
    with pytest.raises(ConfigurationError, match="cannot count 1032 bytes"):
        read_archive(ArchiveQuery(0, 0, 6).encode(), 6 * 172)


def test_bytes_without_a_reply_are_a_frame_error() -> None:
    with pytest.raises(FrameError):
        CLOCK.data(b"\x01\x02")


def test_a_flood_of_noise_is_searched_only_so_far() -> None:
    assert CLOCK.complete(b"\x01" * 100_000 + CLOCK_REPLY) is None
