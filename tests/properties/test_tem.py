"""Properties of the TEM family: codecs, explanations, and drivers that hear anything at all."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metering.calendar import ArchiveKind, slot_at
from metering.meters import MeterConfiguration
from protocols import catalogue
from protocols.vendor.tem import FAMILY
from protocols.vendor.tem.frames import REPLY, REQUEST, Frame, Question, decode
from protocols.vendor.tem.systems import System, settings_of
from protocols.vendor.tem05 import FAMILY as TEM05
from tests.support.back_to_back import questions
from tests.support.driver_calls import calls_of
from tests.support.explained import explained_or_refused, explained_whole

MOST_STEPS = 3000
byte = st.integers(0, 255)
frames = st.builds(Frame, st.sampled_from((REQUEST, REPLY)), byte, byte, byte, st.binary(max_size=255))
MODELS = (*FAMILY.models, *TEM05.models)
SYSTEM = MeterConfiguration(settings_of((System(0, "supply", (0,), (0, 1), (0, 1)),)) | {"firmware": "2.09"})


@given(frames)
def test_what_is_written_is_read(frame: Frame) -> None:
    assert decode(frame.encode()) == frame


@given(frames)
def test_every_byte_of_a_frame_is_explained(frame: Frame) -> None:
    written = frame.encode()
    explained_whole(FAMILY, written)


@given(st.binary(max_size=400))
def test_explaining_anything_ends_in_words_or_our_own_error(octets: bytes) -> None:
    for family in (FAMILY, TEM05):
        explained_or_refused(family, octets)


@given(st.binary(max_size=30), st.integers(1, 240), byte, byte, st.binary(max_size=64), st.integers(0, 80))
def test_a_reply_is_found_behind_noise_and_never_before_its_end(
    noise: bytes, address: int, group: int, command: int, data: bytes, cut: int
) -> None:
    question = Question(address, group, command, b"", len(data))
    reply = Frame(REPLY, address, group, command, data).encode()
    heard = noise.replace(b"\xaa", b"") + reply
    assert question.answer(heard) == data
    assert question.complete(heard) == len(heard)
    if cut:
        assert question.complete(heard[:-cut]) is None


def well_framed(request: bytes, data: st.DataObject) -> bytes:
    """A reply with right framing and any content."""
    asked = decode(request)
    place = asked.data
    size = 2 if asked.group == 0x0D else 7
    if asked.group in (0x0F, 0x0C):
        size = place[0] if len(place) == 5 and place[0] else place[-1]
    content = data.draw(
        st.sampled_from((bytes(size), b"\xff" * size)) | st.binary(min_size=size, max_size=size)
    )
    return Frame(REPLY, asked.address, asked.group, asked.command, content).encode()


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_driver_that_hears_anything_ends_in_our_own_error_or_in_values(
    model: str, data: st.DataObject
) -> None:
    slots = [slot_at(ArchiveKind.DAY, datetime.fromisoformat(f"2026-02-{day:02d}")) for day in (9, 8, 1)]
    for begin in calls_of(catalogue.driver(model), "1", SYSTEM, {ArchiveKind.DAY: slots}).values():
        questions(begin(), lambda request: answer_to(request, model, data), MOST_STEPS)


def answer_to(request: bytes, model: str, data: st.DataObject) -> bytes:
    if model in TEM05.models:
        return bytes.fromhex("000030001200000102260000") + data.draw(st.binary(min_size=334, max_size=334))
    return well_framed(request, data)
