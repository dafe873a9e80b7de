"""Properties of the IEC 62056-21 codec: what is written is read, and nothing foreign leaves it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.errors import FrameError
from protocols.vendor.iec62056_21 import FAMILY, data_block
from protocols.vendor.iec62056_21.characters import with_parity, without_parity
from protocols.vendor.iec62056_21.data_block import CHECKS, Check
from protocols.vendor.iec62056_21.data_sets import parse
from tests.support.explained import explained_or_refused, explained_whole

texts = st.text("0123456789.*&()mkWh\r\n", max_size=80).map(lambda text: text.encode("ascii") + b"!\r\n")
checks = st.sampled_from(CHECKS)


@given(texts, checks, st.booleans(), st.binary(max_size=10).map(lambda noise: noise + b"\xff"))
def test_a_block_is_found_behind_noise(text: bytes, check: Check, parity: bool, noise: bytes) -> None:
    frame = data_block.encode(text, check)
    sent = with_parity(frame) if parity else frame
    found = data_block.find(noise + sent, check)
    assert found is not None
    assert (found.text, found.end) == (text, len(noise + sent))


@given(texts, checks, st.booleans())
def test_a_block_is_explained_to_the_last_byte(text: bytes, check: Check, parity: bool) -> None:
    frame = data_block.encode(text, check)
    sent = with_parity(frame) if parity else frame
    explained_whole(FAMILY, sent)
    assert FAMILY.reseal(sent) == sent


@given(st.binary(max_size=200))
def test_any_bytes_are_explained_or_refused(octets: bytes) -> None:
    FAMILY.reseal(octets)
    explained_or_refused(FAMILY, octets)


@given(st.text(max_size=300))
def test_any_text_is_parsed(text: str) -> None:
    assert all(one.parts for one in parse(text))


@given(st.binary(max_size=50))
def test_parity_is_even_and_taken_away_again(octets: bytes) -> None:
    text = without_parity(octets)
    sent = with_parity(text)
    assert all(octet.bit_count() % 2 == 0 for octet in sent)
    assert without_parity(sent) == text


def test_nothing_is_no_message() -> None:
    with pytest.raises(FrameError):
        FAMILY.explain(b"")
