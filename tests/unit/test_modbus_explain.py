"""Frames in words where the references print none: ASCII, TCP, odd replies, and what is refused."""

from __future__ import annotations

import struct

import pytest

from metering.errors import FrameError
from protocols.checksums import crc_modbus
from protocols.modbus.explain import explain
from protocols.modbus.framing import reseal
from protocols.modbus.messages import Framing, frame, read_registers, report_id, write_and_read

REPLIES = {
    "holding registers": (3, "04 42 A9 00 00", "84.5"),
    "one byte more than registers, as loose meters send": (3, "03 42 A9 01", "one byte more"),
    "information without text's end": (17, "02 41 42", "text 'AB'"),
    "archive records": (65, "04 55 26 5B B0", "back to back"),
    "a reply of function 48h": (72, "00 01 12 34 00 07", "transaction 4660"),
    "one register written": (6, "00 63 00 01", "at 0063h"),
    "a refusal nobody described": (0x83, "63", "a code of the maker"),
}


@pytest.mark.parametrize("framing", Framing)
@pytest.mark.parametrize(("function", "data", "says"), REPLIES.values(), ids=REPLIES)
def test_a_reply_is_explained_in_every_framing(function: int, data: str, says: str, framing: Framing) -> None:
    sent = frame(function, bytes.fromhex(data), 17, framing, 513)
    explained = explain(sent)
    assert b"".join(part.data for part in explained) == sent
    words = "\n".join(part.meaning for part in explained)
    assert says in words
    assert "unit 17" in words
    assert reseal(sent) == sent


@pytest.mark.parametrize("framing", Framing)
def test_a_request_is_explained_in_every_framing(framing: Framing) -> None:
    for request in (report_id(), read_registers(4, 0x8002, 2), write_and_read(1, 2, 3, b"\x01\x02", 9)):
        sent = frame(request.function, request.data, 1, framing)
        assert "request" in "\n".join(part.meaning for part in explain(sent))


def test_the_header_of_modbus_tcp_is_explained() -> None:
    words = [part.meaning for part in explain(frame(3, struct.pack(">HH", 0, 2), 1, Framing.TCP, 513))]
    assert words[:4] == ["MBAP header: transaction 513", "protocol 0: Modbus", "6 bytes follow", "unit 1"]


WRONG = {
    "nothing": b"",
    "a colon alone": b":",
    "ASCII that is no hexadecimal": b":XX0304\r\n",
    "ASCII with a wrong sum": b":010300000002FF\r\n",
    "a wrong CRC": bytes.fromhex("01 03 80 00 00 02 ED CC"),
    "longer than any frame": bytes(700),
}
UNFIT = {
    "a function of nobody": "2B 0E 01 00",
    "a count that is not what follows": "03 05 00 00",
    "a write whose counts differ": "10 00 00 00 02 02 00 01",
    "a query of a third kind": "41 00 00 00 01 02 00 00",
    "a refusal of three bytes": "83 02 00",
    "a transaction cut short": "48 00 01 00",
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_is_no_frame_is_refused(wrong: bytes) -> None:
    with pytest.raises(FrameError):
        explain(wrong)


@pytest.mark.parametrize("pdu", UNFIT.values(), ids=UNFIT)
def test_a_length_that_fits_no_function_is_refused(pdu: str) -> None:
    body = b"\x01" + bytes.fromhex(pdu)
    with pytest.raises(FrameError):
        explain(body + crc_modbus(body).to_bytes(2, "little"))


def test_an_archive_query_may_name_a_day_that_no_calendar_has() -> None:
    sent = frame(65, bytes.fromhex("00 00 00 01 01 00 00 0B 1F 02 0F"), 1, Framing.RTU)
    assert "no date of any calendar" in "\n".join(part.meaning for part in explain(sent))
