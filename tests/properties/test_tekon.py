"""Properties of the Tekon codec: what is written is read, and nothing foreign leaves it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from protocols.vendor.tekon import FAMILY, frames
from protocols.vendor.tekon.frames import Frame
from tests.support.explained import explained_or_refused, explained_whole

variable = st.builds(Frame, st.integers(0, 255), st.integers(0, 255), st.binary(max_size=253))
fixed = st.builds(
    Frame, st.integers(0, 255), st.integers(0, 255), st.binary(min_size=4, max_size=4), st.just(True)
)
answers = st.builds(Frame, st.integers(0, 15), st.integers(1, 255), st.binary(max_size=253))


@given(variable | fixed)
def test_a_frame_is_read_as_it_was_written(frame: Frame) -> None:
    encoded = frame.encode()
    assert frames.decode(encoded) == frame
    explained_whole(FAMILY, encoded)
    assert FAMILY.reseal(encoded) == encoded


@given(answers, st.binary(max_size=20))
def test_an_answer_is_found_behind_noise(frame: Frame, noise: bytes) -> None:
    found = frames.find(noise + frame.encode(), frame.gateway, frame.control)
    assert found is not None
    assert found[1] <= len(noise + frame.encode())


@given(st.binary(max_size=300))
def test_any_bytes_are_explained_or_refused(octets: bytes) -> None:
    FAMILY.reseal(octets)
    explained_or_refused(FAMILY, octets)
