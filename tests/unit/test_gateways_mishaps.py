"""Mishaps come in their shares, and packets arrive whole, in order, in as many segments as was drawn."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random

import pytest

from metering.errors import ConfigurationError
from simulators.faults import MIXES
from simulators.gateways.air import Way
from simulators.gateways.mishaps import (
    CONDITIONS,
    FIELD,
    REQUEST_MISHAPS,
    Conditions,
    Fate,
    Mishap,
    conditions,
)
from tests.instant_loop import run_instantly


def fate(shares: dict[Mishap, float], latency: float = 0.0, jitter: float = 0.0) -> Fate:
    return Fate(Conditions(shares, jitter), latency, Random(1))


def test_the_mixes_have_the_names_of_the_fault_mixes() -> None:
    assert CONDITIONS.keys() == MIXES.keys()
    with pytest.raises(ConfigurationError, match="stormy"):
        conditions("stormy")


def test_each_mishap_befalls_its_share_of_the_requests() -> None:
    drawing = Fate(CONDITIONS["field"], 0, Random(4))
    drawn = Counter(drawing.of_request() for _ in range(100_000))
    for mishap in REQUEST_MISHAPS:
        assert abs(drawn[mishap] / 100_000 - FIELD[mishap]) < 0.003, mishap
    assert drawn.keys() == {*REQUEST_MISHAPS, None}


def test_a_delay_is_the_latency_and_its_jitter() -> None:
    drawing = fate({}, latency=0.5, jitter=2.0)
    delays = [drawing.delay() for _ in range(1000)]
    assert 0.5 <= min(delays) < 0.6 < 1.4 < max(delays) <= 1.5


def carried(
    drawing: Fate, *packets: bytes, cut_by: Mishap = Mishap.SPLIT, whole: bool = False
) -> tuple[list[bytes], float]:
    """The segments that arrive, and when the last one does."""

    async def carry() -> tuple[list[bytes], float]:
        arrived: list[bytes] = []
        last = 0.0

        async def deliver(segment: bytes) -> None:
            nonlocal last
            arrived.append(segment)
            last = asyncio.get_running_loop().time()

        way = Way(deliver, drawing, whole=whole)
        for packet in packets:
            way.send(packet, cut_by)
        carrying = asyncio.create_task(way.carry())
        await asyncio.wait([carrying], timeout=100)
        carrying.cancel()
        await asyncio.gather(carrying, return_exceptions=True)
        return arrived, last

    return run_instantly(carry())


def test_on_a_good_network_packets_arrive_as_they_were_sent() -> None:
    assert carried(fate({}), b"one", b"", b"two") == ([b"one", b"two"], 0.0)


def test_latency_is_waited_for_each_packet() -> None:
    _, last = carried(fate({}, latency=0.5), b"one", b"two")
    assert last == pytest.approx(1.0)


def test_a_packet_is_split_and_counted() -> None:
    drawing = fate({Mishap.SPLIT: 1.0})
    segments, last = carried(drawing, b"one packet")
    assert len(segments) == 2
    assert all(segments)
    assert b"".join(segments) == b"one packet"
    assert last > 0
    assert drawing.counts == {Mishap.SPLIT: 1}


def test_a_heartbeat_is_split_by_its_own_share() -> None:
    drawing = fate({Mishap.HEARTBEAT_SPLIT: 1.0})
    segments, _ = carried(drawing, b"\xb5\xbc\xbd\xbe\xbf", cut_by=Mishap.HEARTBEAT_SPLIT)
    assert len(segments) == 2
    assert drawing.counts == {Mishap.HEARTBEAT_SPLIT: 1}


def test_two_packets_are_merged_and_a_single_one_is_not() -> None:
    drawing = fate({Mishap.MERGED: 1.0})
    assert carried(drawing, b"one", b"two", b"three")[0] == [b"onetwo", b"three"]
    assert drawing.counts == {Mishap.MERGED: 1}


def test_requests_stay_whole() -> None:
    drawing = fate({Mishap.SPLIT: 1.0, Mishap.MERGED: 1.0})
    assert carried(drawing, b"one", b"two", whole=True)[0] == [b"one", b"two"]
    assert not drawing.counts
