"""Heartbeats and packets of gateways, at every place where TCP may cut (gprs-gateways.md, 2, 3.2, 3.3, 5)."""

from __future__ import annotations

from time import process_time

import pytest

from protocols.gateway_stream import GatewayStream
from protocols.hello import HelloKind

MARKER = bytes.fromhex("C8 CA CB CC CD")
KEEP_ALIVE = bytes.fromhex("B5 BC BD BE BF")
PACKED_KEEP_ALIVE = bytes.fromhex("C8 CA CB CC CD 02 00 05 B5 BC BD BE BF 0D 0A")
INPUTS = MARKER + bytes.fromhex("0C 00 07 01 40 02 80 82 80 82 82 0D 0A")
SIGNAL_COMMAND = MARKER + bytes.fromhex("0C 00 03 00 40 01 0D 0A")
SIGNAL_REPLY = MARKER + bytes.fromhex("0C 00 04 01 40 01 11 0D 0A")
METER = bytes.fromhex("68 06 06 68 08 05 72 0D 0A 55 E1 16")
SHORT = b"\x55\xaa"
LOGIN_PREFIX = b"LOGIN:1001"

STREAMS = [
    pytest.param(HelloKind.IRZ, False, KEEP_ALIVE + METER, METER, 1, id="3.2 keep-alive alone"),
    pytest.param(HelloKind.IRZ, False, PACKED_KEEP_ALIVE + METER, METER, 1, id="3.2 packed, data not"),
    pytest.param(HelloKind.IRZ, False, METER + KEEP_ALIVE, METER, 1, id="3.2 glued behind an answer"),
    pytest.param(
        HelloKind.IRZ, False, METER[:7] + KEEP_ALIVE + METER[7:], METER, 1, id="3.2 inside an answer"
    ),
    pytest.param(HelloKind.IRZ, True, PACKED_KEEP_ALIVE, b"", 1, id="3.2 packed"),
    pytest.param(HelloKind.IRZ, True, KEEP_ALIVE, b"", 1, id="3.2 not packed, data are"),
    pytest.param(
        HelloKind.IRZ, True, 2 * PACKED_KEEP_ALIVE + INPUTS, b"", 2, id="3.3 inputs, a byte too many"
    ),
]


def packed(payload: bytes, kind: int = 1) -> bytes:
    return MARKER + bytes([kind, 0, len(payload)]) + payload + b"\r\n"


def through(stream: GatewayStream, *pieces: bytes) -> bytes:
    """What a stream makes of pieces that follow one another at once, and of the pause behind them."""
    return b"".join(stream.hear(piece) for piece in pieces) + stream.quiet()


@pytest.mark.parametrize(("kind", "encapsulated", "heard", "payload", "count"), STREAMS)
def test_heartbeats_vanish_wherever_the_stream_is_cut(
    kind: HelloKind, encapsulated: bool, heard: bytes, payload: bytes, count: int
) -> None:
    for cut in range(len(heard) + 1):
        stream = GatewayStream(kind, encapsulated=encapsulated)
        assert through(stream, heard[:cut], heard[cut:]) == payload
        assert stream.heartbeats == count
        assert not stream.pending


@pytest.mark.parametrize("kind", [1, 3, 0x55], ids="3.2 data of type {:02X}".format)
def test_data_packets_are_unpacked_wherever_they_are_cut(kind: int) -> None:
    heard = packed(METER[:5], kind) + PACKED_KEEP_ALIVE + packed(METER[5:], kind)
    for cut in range(len(heard) + 1):
        assert through(GatewayStream(HelloKind.IRZ, encapsulated=True), heard[:cut], heard[cut:]) == METER


def test_a_packet_survives_a_pause_in_its_middle() -> None:
    stream = GatewayStream(HelloKind.IRZ, encapsulated=True)
    heard = packed(METER)
    assert through(stream, heard[:9]) + through(stream, heard[9:]) == METER


def test_a_request_is_packed() -> None:
    assert GatewayStream(HelloKind.IRZ, encapsulated=True).wrap(METER) == packed(METER)
    assert GatewayStream(HelloKind.IRZ).wrap(METER) == METER


def test_a_long_request_is_packed_in_pieces_that_a_modem_takes() -> None:
    """3.2: payloads of 1..1180 bytes."""
    request = bytes(range(256)) * 12
    sender, receiver = (GatewayStream(HelloKind.IRZ, encapsulated=True) for _ in range(2))
    wrapped = sender.wrap(request)
    assert through(receiver, wrapped) == request
    assert wrapped.count(MARKER) == 3


def test_nothing_is_packed_as_nothing() -> None:
    assert GatewayStream(HelloKind.IRZ, encapsulated=True).wrap(b"") == b""


def test_a_command_and_its_reply_pass_as_they_are() -> None:
    stream = GatewayStream(HelloKind.IRZ, encapsulated=True)
    assert stream.wrap(SIGNAL_COMMAND) == SIGNAL_COMMAND
    assert through(stream, INPUTS + SIGNAL_REPLY[:4], SIGNAL_REPLY[4:]) == SIGNAL_REPLY


def test_a_report_that_nobody_asked_for_is_no_answer_of_the_meter() -> None:
    stream = GatewayStream(HelloKind.IRZ, encapsulated=True)
    assert through(stream, SIGNAL_REPLY + packed(METER) + INPUTS) == METER


def test_settings_and_firmware_texts_are_no_answer_of_the_meter() -> None:
    stream = GatewayStream(HelloKind.IRZ, encapsulated=True)
    assert through(stream, packed(b"PASSOK", 5) + packed(b"PASSWRONG", 4) + packed(METER)) == METER


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(MARKER + b"\x01\xff\xff" + METER, id="announces more than any packet has"),
        pytest.param(MARKER + b"\x01\x00\x02" + METER, id="does not end where it says"),
        pytest.param(b"\xc8\xca" + METER, id="the beginning of a marker"),
        pytest.param(METER + b"\xc8", id="the first byte of a marker at the end"),
    ],
)
def test_what_is_no_packet_passes_whole(broken: bytes) -> None:
    for cut in range(len(broken) + 1):
        stream = GatewayStream(HelloKind.IRZ, encapsulated=True)
        assert through(stream, broken[:cut], broken[cut:]) == broken


def test_a_packet_that_never_ends_is_not_kept_for_ever() -> None:
    stream = GatewayStream(HelloKind.IRZ, encapsulated=True)
    unending = MARKER + b"\x01\x05\xa0" + bytes(5000)
    assert through(stream, unending) == unending


def test_a_short_heartbeat_is_known_at_the_beginning_of_a_burst() -> None:
    stream = GatewayStream(HelloKind.TEXT, heartbeats=[(SHORT, b"")])
    assert through(stream, SHORT + SHORT + METER) == METER
    assert through(stream, b"\x55", b"\xaa") == b""
    assert stream.heartbeats == 3


@pytest.mark.parametrize("pattern", [b"\x16", SHORT, bytes(8), b"\xaa\x55" * 4], ids=bytes.hex)
def test_a_pattern_that_a_meter_may_say_is_never_cut_out_of_its_answer(pattern: bytes) -> None:
    answer = b"\x68" + pattern + METER + pattern
    for cut in range(1, len(answer)):
        stream = GatewayStream(HelloKind.TEXT, heartbeats=[(pattern, b"")])
        assert through(stream, answer[:cut], answer[cut:]) == answer


def test_a_short_heartbeat_is_not_looked_for_behind_one_inside_an_answer() -> None:
    stream = GatewayStream(HelloKind.IRZ, heartbeats=[(b"\x00", b"")])
    assert through(stream, METER[:5] + KEEP_ALIVE + b"\x00" + METER[5:]) == METER[:5] + b"\x00" + METER[5:]


def test_the_beginning_of_a_heartbeat_is_held_back_until_a_pause() -> None:
    stream = GatewayStream(HelloKind.TEXT, heartbeats=[(b"ping", b"pong")])
    assert (stream.hear(b"pi"), stream.pending) == (b"", True)
    assert (stream.quiet(), stream.pending) == (b"pi", False)
    assert (stream.hear(b"pinh"), stream.heartbeats) == (b"pinh", 0)


def test_the_longer_of_two_heartbeats_is_waited_for() -> None:
    stream = GatewayStream(HelloKind.TEXT, heartbeats=[(SHORT, b"1"), (SHORT + b"\x01", b"2")])
    assert through(stream, SHORT, b"\x01") == b""
    assert through(stream, SHORT) == b""
    assert through(stream, SHORT, METER) == METER
    assert stream.answers() == b"211"


def test_heartbeats_are_answered_once_each() -> None:
    stream = GatewayStream(HelloKind.TEXT, heartbeats=[(SHORT, b"\xaa\x55")])
    through(stream, SHORT + SHORT)
    assert stream.answers() == b"\xaa\x55\xaa\x55"
    assert stream.answers() == b""


def test_endless_heartbeats_are_not_answered_without_an_end() -> None:
    stream = GatewayStream(HelloKind.TEXT, heartbeats=[(b"\x00", b"\x01" * 40)])
    assert stream.hear(bytes(60_000)) == b""
    assert stream.heartbeats == 60_000
    assert len(stream.answers()) <= 512


def test_an_empty_heartbeat_is_none() -> None:
    stream = GatewayStream(HelloKind.TEXT, heartbeats=[(b"", b"")])
    assert through(stream, METER) == METER
    assert stream.heartbeats == 0


def test_a_prefix_before_each_packet_is_stripped_wherever_it_is_cut() -> None:
    """5, USR: registration with every data packet."""
    heard = LOGIN_PREFIX + METER[:4] + LOGIN_PREFIX + METER[4:]
    for cut in range(len(heard) + 1):
        stream = GatewayStream(HelloKind.TEXT, prefix=LOGIN_PREFIX)
        assert through(stream, heard[:cut], heard[cut:]) == METER
        assert stream.heartbeats == 0


def test_a_short_prefix_is_stripped_from_the_beginning_of_each_burst_only() -> None:
    stream = GatewayStream(HelloKind.TEXT, prefix=b"\x01\x02", heartbeats=[(b"\x68", b"")])
    assert through(stream, b"\x01\x02" + METER + b"\x01\x02") == METER + b"\x01\x02"
    assert through(stream, b"\x01", b"\x02" + METER) == METER


def test_one_text_as_prefix_and_heartbeat_counts_as_heartbeat() -> None:
    """5, Roltek: both are 0123456789 by default."""
    text = b"0123456789"
    stream = GatewayStream(HelloKind.TEXT, heartbeats=[(text, b"")], prefix=text)
    assert through(stream, text + METER) == METER
    assert stream.heartbeats == 1


def test_a_hostile_burst_of_beginnings_costs_its_length_and_not_its_square() -> None:
    false_beginnings = (MARKER + b"\x01\xff\xff") * 131_072
    stream, begun = GatewayStream(HelloKind.IRZ, encapsulated=True), process_time()
    assert through(stream, false_beginnings) == false_beginnings
    assert process_time() - begun < 2.0, "a megabyte; copying the rest each time takes many times longer"
