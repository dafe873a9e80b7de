"""Link frames (m-bus.md sections 2 and 3); the frames are those printed there."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from metering.errors import FrameError
from protocols.mbus import frames
from protocols.mbus.frames import ACKNOWLEDGEMENT, Frame, LongFrame, ShortFrame

PRINTED: list[tuple[str, str, Frame]] = [
    ("3.1 SND_NKE", "10 40 05 45 16", ShortFrame(frames.SND_NKE, 5)),
    ("3.1 REQ_UD2", "10 5B 05 60 16", ShortFrame(frames.REQ_UD2, 5)),
    ("3.1 REQ_UD2 with FCB", "10 7B 05 80 16", ShortFrame(frames.REQ_UD2 | frames.FCB, 5)),
    ("3.1 acknowledgement", "E5", ACKNOWLEDGEMENT),
    ("3.5 baud switch", "68 03 03 68 53 05 BB 13 16", LongFrame(frames.SND_UD, 5, b"\xbb")),
    ("4 busy", "68 04 04 68 08 05 70 08 85 16", LongFrame(frames.RSP_UD, 5, b"\x70\x08")),
    (
        "3.3 selection",
        "68 0B 0B 68 53 FD 52 78 56 34 12 24 23 2A 04 2B 16",
        LongFrame(frames.SND_UD, 253, bytes.fromhex("52 78 56 34 12 24 23 2A 04")),
    ),
    (
        "3.6 set clock",
        "68 09 09 68 53 05 51 04 6D 1E 0E 0F 33 88 16",
        LongFrame(frames.SND_UD, 5, bytes.fromhex("51 04 6D 1E 0E 0F 33")),
    ),
]
SELECTION = bytes.fromhex(PRINTED[6][1])


@pytest.mark.parametrize(("octets", "frame"), [row[1:] for row in PRINTED], ids=[row[0] for row in PRINTED])
def test_frame_is_read_and_written_as_printed(octets: str, frame: Frame) -> None:
    assert frames.decode(bytes.fromhex(octets)) == frame
    assert frame.encode() == bytes.fromhex(octets)


@pytest.mark.parametrize("size", [1, 252, 253])
def test_payload_may_fill_the_length_byte(size: int) -> None:
    frame = LongFrame(frames.RSP_UD, 1, bytes(size))
    encoded = frame.encode()
    assert encoded[1] == size + 2
    assert frames.decode(encoded) == frame


@pytest.mark.parametrize("size", [0, 254])
def test_payload_that_no_length_byte_can_say_is_not_written(size: int) -> None:
    with pytest.raises(FrameError, match=f"not {size}"):
        LongFrame(frames.RSP_UD, 1, bytes(size)).encode()


@pytest.mark.parametrize(
    ("octets", "fault"),
    [
        ("", "nothing was heard"),
        ("00", "starts with 00"),
        ("10 40 05 46 16", "checksum 46, its bytes add up to 45"),
        ("10 40 05 45 17", "last byte is 17"),
        ("10 40 05 45", "announces 5 bytes, 4 are there"),
        ("E5 E5", "announces 1 bytes, 2 are there"),
        ("68 03 04 68 53 05 BB 13 16", "length bytes differ"),
        ("68 03 03 69 53 05 BB 13 16", "second start byte is 69"),
        ("68 02 02 68 53 05 58 16", "the smallest is 03"),
        ("68 03 03 68 53 05 BB 14 16", "checksum 14"),
        ("68 03 03 68 53 05 BB 13 17", "last byte is 17"),
        ("68 03 03 68 53 05 BB 13", "announces 9 bytes, 8 are there"),
        ("68", "announces 9 bytes, 1 are there"),
    ],
)
def test_damaged_frame_is_refused_whole(octets: str, fault: str) -> None:
    with pytest.raises(FrameError, match=fault):
        frames.decode(bytes.fromhex(octets))


@pytest.mark.parametrize("noise", ["", "00 FF", "10", "68", "68 68", "10 40 05 46 16", "68 04 03 68"])
def test_frame_is_found_behind_noise(noise: str) -> None:
    buffer = bytes.fromhex(noise) + SELECTION + b"\xe5"
    found = frames.find(buffer)
    assert found == (frames.decode(SELECTION), len(buffer) - 1)


@pytest.mark.parametrize("cut", range(len(SELECTION)))
def test_no_frame_is_found_while_bytes_are_missing(cut: int) -> None:
    assert frames.find(SELECTION[:cut]) is None


def test_frame_is_found_behind_a_damaged_one() -> None:
    damaged = SELECTION[:-2] + b"\x00\x16"
    assert frames.find(damaged + SELECTION) == (frames.decode(SELECTION), 2 * len(SELECTION))


def test_acknowledgement_inside_a_frame_under_way_is_none() -> None:
    answer = LongFrame(frames.RSP_UD, 5, b"\x78\x04\x13\xe5\xe5\xe5\xe5").encode()
    assert frames.find(answer[:-1]) is None


def test_acknowledgement_inside_a_damaged_frame_is_none() -> None:
    answer = bytearray(LongFrame(frames.RSP_UD, 5, b"\x78\x04\x13\xe5\xe5\xe5\xe5").encode())
    answer[-2] ^= 0xFF
    assert frames.find(bytes(answer)) is None
    assert frames.find(bytes(answer) + b"\xe5") == (ACKNOWLEDGEMENT, len(answer) + 1)


def test_unwanted_frames_are_passed_over() -> None:
    foreign = LongFrame(frames.RSP_UD, 9, b"\x78\x04\x13\xe5\x00\x00\x00").encode()
    found = frames.find(foreign + b"\xe5", lambda frame: frame == ACKNOWLEDGEMENT)
    assert found == (ACKNOWLEDGEMENT, len(foreign) + 1)


WORKED_FRAMES = Path(__file__).parent.parent / "frames" / "m-bus.toml"
WORKED = [bytes.fromhex(table["hex"]) for table in tomllib.loads(WORKED_FRAMES.read_text("utf-8"))["frame"]]


@pytest.mark.parametrize("data", WORKED, ids=lambda data: data[:12].hex(" "))
def test_every_worked_frame_is_found_whole_wherever_it_is_split(data: bytes) -> None:
    assert all(frames.find(data[:cut]) is None for cut in range(len(data)))
    assert frames.find(data) == (frames.decode(data), len(data))
    assert frames.decode(data).encode() == data
