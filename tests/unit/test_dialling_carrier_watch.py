"""NO CARRIER ends a call where silence follows it, however it arrives; within a meter's data it does not."""

from __future__ import annotations

import pytest

from collector.dialling.carrier_watch import NOTICE, CarrierWatch

DATA = bytes.fromhex("68 03 03 68 08 01 72 7E 16") + b"\r\nNO CARR\r\n\r"


def test_the_notice_is_the_words_of_v250() -> None:
    """Between carriage return and line feed, in the verbose form (V.250, 5.7.1)."""
    assert bytes.fromhex("0D0A") + b"NO CARRIER" + bytes.fromhex("0D0A") == NOTICE


@pytest.mark.parametrize("split", range(len(DATA + NOTICE) + 1))
def test_it_ends_the_call_wherever_it_is_split(split: int) -> None:
    watch, stream = CarrierWatch(), DATA + NOTICE
    heard = watch.hear(stream[:split]) + watch.hear(stream[split:])
    assert (heard, watch.noticed, watch.pending, watch.over) == (DATA, True, True, False)
    assert watch.quiet() == b""
    assert watch.over


def test_it_ends_the_call_byte_by_byte() -> None:
    watch = CarrierWatch()
    assert b"".join(watch.hear(bytes([octet])) for octet in DATA + NOTICE) == DATA
    watch.quiet()
    assert watch.over


@pytest.mark.parametrize("split", range(1, len(NOTICE)))
def test_it_ends_the_call_when_a_pause_splits_it(split: int) -> None:
    watch = CarrierWatch()
    assert watch.hear(b"E5" + NOTICE[:split]) + watch.quiet() == b"E5" + NOTICE[:split]
    assert not watch.over
    assert watch.hear(NOTICE[split:]) == b""
    assert watch.quiet() == b""
    assert watch.over


@pytest.mark.parametrize("split", range(len(DATA + NOTICE + DATA) + 1))
def test_within_data_it_is_data_wherever_it_is_split(split: int) -> None:
    watch, stream = CarrierWatch(), DATA + NOTICE + DATA
    heard = watch.hear(stream[:split]) + watch.hear(stream[split:]) + watch.quiet()
    assert heard == stream
    assert not watch.over


@pytest.mark.parametrize("length", range(len(NOTICE)))
def test_a_beginning_of_it_is_handed_out_after_silence(length: int) -> None:
    watch = CarrierWatch()
    assert watch.hear(b"E5" + NOTICE[:length]) == b"E5"
    assert watch.quiet() == NOTICE[:length]
    assert (watch.pending, watch.over) == (False, False)
    assert watch.hear(b"next") == b"next"


def test_only_the_last_of_two_is_the_modems() -> None:
    watch = CarrierWatch()
    assert watch.hear(NOTICE + NOTICE) == NOTICE
    assert watch.quiet() == b""
    assert watch.over
