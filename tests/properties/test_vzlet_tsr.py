"""Vzlet's ASCII protocol: packets and replies come back, and neighbours in time are neighbours in a ring."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from metering.calendar import ArchiveKind
from protocols.vendor.vzlet_tsr import FAMILY
from protocols.vendor.vzlet_tsr.archives import BANKS, days
from protocols.vendor.vzlet_tsr.frames import Line, Question, is_packet, packet
from protocols.vendor.vzlet_tsr.functions import Function
from simulators.vendor.vzlet_tsr import split
from tests.support.explained import explained_whole

TEXTS = st.binary(min_size=1, max_size=40).filter(lambda text: min(text) >= 0x20)
ADDRESSES = st.integers(0, 31)


@given(ADDRESSES, TEXTS)
def test_a_text_comes_back_with_and_without_checksum(address: int, text: bytes) -> None:
    line = Line(address)
    reply, question = line.reply(text), Question(line, Function.DATE, b"\x00")
    assert question.complete(reply) == len(reply)
    assert question.content(reply) == text
    explained_whole(FAMILY, reply)


@given(ADDRESSES, st.integers(0, 0xFFFF), st.binary(min_size=42, max_size=42))
def test_a_record_comes_back_whatever_stands_in_it(address: int, place: int, data: bytes) -> None:
    line, at = Line(address), place.to_bytes(2, "big")
    reply, question = line.reply(at + data), Question(line, Function.ARCHIVE, at, (at, len(data)))
    assert question.content(reply) == data


@given(st.integers(0, 255), st.binary(min_size=1, max_size=61), st.data())
def test_one_wrong_byte_of_a_packet_is_always_noticed(code: int, data: bytes, draw: st.DataObject) -> None:
    spoilt = bytearray(packet(code, data))
    spoilt[draw.draw(st.integers(0, len(spoilt) - 1))] ^= draw.draw(st.integers(1, 255))
    assert not is_packet(bytes(spoilt))


@given(ADDRESSES, st.sampled_from([0x30, 0x42, 0x9E]), st.integers(0, 5))
def test_a_device_hears_every_request_whole(address: int, function: int, argument: int) -> None:
    request = Line(address, b"\x00\x00").request(function, bytes((argument,)))
    assert split(request) == (request, len(request))


@given(st.datetimes(datetime(2001, 1, 1), datetime(2099, 12, 30)))
def test_the_next_day_stands_in_the_next_place(moment: datetime) -> None:
    bank = BANKS[ArchiveKind.DAY]
    here, there = (bank.address(days(at)) for at in (moment, moment + timedelta(days=1)))
    assert (there - here) % (bank.depth * bank.size) == bank.size
