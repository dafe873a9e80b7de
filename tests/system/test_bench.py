"""The benchmarks run; what they measure is not asserted, speed belongs to `make bench`."""

from __future__ import annotations

from bench import exchange, inbound, mbus_decode


async def test_every_side_of_an_exchange_is_measured() -> None:
    assert all(rate > 0 for rate in await exchange.measure(10))


def test_every_decoder_is_measured() -> None:
    (frame, *_) = mbus_decode.telegrams().values()
    assert all(seconds > 0 for seconds in mbus_decode.measure(frame, 0.05))


def test_every_side_of_a_held_connection_is_measured() -> None:
    assert all(held.rate > 0 for held in inbound.measure(20).values())
