"""SKU-02: frames come back, and no damaged one is taken for a whole one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from protocols.vendor.sku02 import FAMILY
from protocols.vendor.sku02.frames import Question, frame, is_frame
from tests.support.explained import explained_whole

DATA = st.binary(max_size=200)


@given(st.integers(0, 255), st.binary(max_size=23), DATA, st.binary(max_size=60))
def test_an_answer_is_found_whatever_stands_before_it(
    command: int, head: bytes, data: bytes, noise: bytes
) -> None:
    own = frame(command, head, data)
    question = Question(command, 0, len(data))
    assert question.answer(own) == own
    assert question.complete(noise + own) is not None
    explained_whole(FAMILY, own)


@given(st.integers(0, 255), DATA, st.data())
def test_one_wrong_byte_is_always_noticed(command: int, data: bytes, draw: st.DataObject) -> None:
    spoilt = bytearray(frame(command, data=data))
    spoilt[draw.draw(st.integers(0, len(spoilt) - 1))] ^= draw.draw(st.integers(1, 255))
    assert not is_frame(bytes(spoilt))
