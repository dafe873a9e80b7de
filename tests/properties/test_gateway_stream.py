"""What holds for every stream of a gateway, wherever it is cut into reads."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from protocols.gateway_stream import GatewayStream
from protocols.hello import HelloKind

KEEP_ALIVE = bytes.fromhex("B5 BC BD BE BF")
PACKED_KEEP_ALIVE = bytes.fromhex("C8 CA CB CC CD 02 00 05 B5 BC BD BE BF 0D 0A")
PATTERNS = [KEEP_ALIVE, b"\x55\xaa", b"ping", b"0123456789", b"\x00"]
METER_BYTES = st.binary(min_size=1, max_size=60).filter(lambda data: not _holds_a_heartbeat(data))
"""A burst that begins with no heartbeat and has no long one inside."""
CUTS = st.lists(st.integers(1, 9), max_size=40)


def _holds_a_heartbeat(data: bytes) -> bool:
    long = any(pattern in data for pattern in (KEEP_ALIVE, b"0123456789"))
    return long or any(data.startswith(pattern) for pattern in PATTERNS)


def pieces(data: bytes, sizes: list[int]) -> list[bytes]:
    """The data cut into pieces of these sizes, the rest in one."""
    cut, at = [], 0
    for size in sizes:
        cut.append(data[at : at + size])
        at += size
    return [*cut, data[at:]]


def stream(**options: bool) -> GatewayStream:
    return GatewayStream(HelloKind.IRZ, heartbeats=[(pattern, b"!") for pattern in PATTERNS], **options)


def through(tried: GatewayStream, data: bytes, sizes: list[int]) -> bytes:
    return b"".join(tried.hear(piece) for piece in pieces(data, sizes)) + tried.quiet()


@given(st.lists(METER_BYTES, max_size=5), CUTS)
def test_bytes_without_a_heartbeat_pass_unchanged(bursts: list[bytes], sizes: list[int]) -> None:
    tried = stream()
    assert [through(tried, burst, sizes) for burst in bursts] == bursts
    assert tried.heartbeats == 0
    assert tried.answers() == b""


@given(st.lists(st.tuples(st.lists(st.sampled_from(PATTERNS), max_size=4), METER_BYTES), max_size=5), CUTS)
def test_heartbeats_before_bursts_vanish_and_are_counted_and_answered(
    bursts: list[tuple[list[bytes], bytes]], sizes: list[int]
) -> None:
    tried = stream()
    for beats, burst in bursts:
        assert through(tried, b"".join(beats) + burst, sizes) == burst
    count = sum(len(beats) for beats, _ in bursts)
    assert tried.heartbeats == count
    assert tried.answers() == b"!" * count


@given(METER_BYTES, st.integers(0, 60), CUTS)
def test_a_long_heartbeat_vanishes_from_any_place(burst: bytes, place: int, sizes: list[int]) -> None:
    heard = burst[:place] + KEEP_ALIVE + burst[place:]
    assume(heard.find(KEEP_ALIVE) == min(place, len(burst)) and b"0123456789" not in heard)
    assume(not any(heard.startswith(pattern) for pattern in PATTERNS))
    tried = stream()
    assert through(tried, heard, sizes) == burst
    assert tried.heartbeats == 1


@given(st.binary(max_size=400), CUTS)
def test_nothing_is_held_back_behind_a_pause(heard: bytes, sizes: list[int]) -> None:
    tried = stream()
    payload = through(tried, heard, sizes)
    assert not tried.pending
    assert tried.quiet() == b""
    assert len(payload) + sum(map(len, PATTERNS)) * tried.heartbeats >= len(heard)


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=6), st.lists(st.booleans(), max_size=6), CUTS)
def test_packets_carry_every_byte(bursts: list[bytes], beats: list[bool], sizes: list[int]) -> None:
    sender, receiver = (GatewayStream(HelloKind.PORT, encapsulated=True) for _ in range(2))
    beats = [*beats, *[False] * len(bursts)][: len(bursts)]
    heard = b"".join(
        (PACKED_KEEP_ALIVE if beat else b"") + sender.wrap(burst)
        for burst, beat in zip(bursts, beats, strict=True)
    )
    assert through(receiver, heard, sizes) == b"".join(bursts)
    assert receiver.heartbeats == sum(beats)


@given(st.binary(max_size=300), CUTS)
def test_where_a_stream_is_cut_changes_nothing(heard: bytes, sizes: list[int]) -> None:
    whole, cut = stream(encapsulated=True), stream(encapsulated=True)
    assert through(cut, heard, sizes) == through(whole, heard, [])
    assert cut.heartbeats == whole.heartbeats
