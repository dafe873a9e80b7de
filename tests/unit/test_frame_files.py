"""Every worked frame of the references: explained byte by byte, and refused when a byte of it is wrong.

tests/frames/<protocol>.toml holds the frames that the protocol references print, with their sources.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from metering.errors import FrameError
from protocols import catalogue
from protocols.family import Family

FOLDER = Path(__file__).parent.parent / "frames"


@dataclass(frozen=True, slots=True)
class WorkedFrame:
    """One frame of a reference; `free` are the offsets that no checksum guards."""

    protocol: str
    data: bytes
    source: str
    says: tuple[str, ...]
    free: frozenset[int]

    @property
    def family(self) -> Family:
        return catalogue.families()[self.protocol]


def worked_frames() -> list[WorkedFrame]:
    return [
        WorkedFrame(
            file.stem,
            bytes.fromhex(table["hex"]),
            table["source"],
            tuple(table.get("says", ())),
            frozenset(table.get("free", ())),
        )
        for file in sorted(FOLDER.glob("*.toml"))
        for table in tomllib.loads(file.read_text(encoding="utf-8"))["frame"]
    ]


FRAMES = worked_frames()


def each(frames: list[WorkedFrame]) -> pytest.MarkDecorator:
    names = [f"{frame.protocol}/{FRAMES.index(frame)}-{frame.source}" for frame in frames]
    return pytest.mark.parametrize("frame", frames, ids=names)


every_frame = each(FRAMES)
every_checked_frame = each([frame for frame in FRAMES if frame.family.checked])


@every_frame
def test_every_byte_is_explained_once(frame: WorkedFrame) -> None:
    explained = frame.family.explain(frame.data)
    assert b"".join(one.data for one in explained) == frame.data
    offsets = [one.offset for one in explained]
    assert offsets == [sum(len(one.data) for one in explained[:at]) for at in range(len(explained))]
    words = "\n".join(one.meaning for one in explained)
    assert all(one.meaning.strip() for one in explained)
    for said in frame.says:
        assert said in words


@every_frame
def test_a_frame_cut_anywhere_is_refused(frame: WorkedFrame) -> None:
    for end in range(len(frame.data)):
        with pytest.raises(FrameError):
            frame.family.explain(frame.data[:end])


@every_checked_frame
def test_any_wrong_byte_is_noticed(frame: WorkedFrame) -> None:
    for at in set(range(len(frame.data))) - frame.free:
        for turned in (0x01, 0x80, 0xFF):
            wrong = bytearray(frame.data)
            wrong[at] ^= turned
            with pytest.raises(FrameError):
                frame.family.explain(bytes(wrong))


@every_frame
def test_a_right_frame_needs_no_other_checksum(frame: WorkedFrame) -> None:
    assert frame.family.reseal(frame.data) == frame.data


def test_every_protocol_has_worked_frames() -> None:
    assert {frame.protocol for frame in FRAMES} == set(catalogue.families())
