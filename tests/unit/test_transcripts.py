"""A poll's transcript packed and unpacked: exact there and back, and our own errors alone on rubbish."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from metering.calendar import ArchiveKind, MeterSlot, slots
from metering.errors import DecodeError, StorageError
from metering.polls import LARGEST_FRAME, AskedSlots, Direction, Frame
from storage import packed_transcripts
from storage.packed_transcripts import Transcript, pack, unpack

AT = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
FRAMES = st.lists(
    st.builds(
        Frame,
        st.integers(1, 2**31 - 1),
        st.datetimes(timezones=st.just(UTC)),
        st.sampled_from(Direction),
        st.binary(max_size=300),
    )
)

WHOLE_SECONDS = st.datetimes().map(lambda at: at.replace(microsecond=0))
ASKED = st.lists(
    st.builds(
        AskedSlots,
        st.sampled_from(ArchiveKind),
        st.lists(st.builds(MeterSlot, WHOLE_SECONDS, WHOLE_SECONDS), max_size=20).map(tuple),
    ),
    max_size=5,
)
HOURS = tuple(slots(ArchiveKind.HOUR, datetime(2026, 2, 1), datetime(2026, 2, 3)))


def talk(exchanges: int) -> Transcript:
    """Questions and answers 50 ms apart, about 48 hours."""
    frames = [
        Frame(n + 1, AT + n * timedelta(milliseconds=50), list(Direction)[n % 2], bytes([n % 7, n % 2]) * 8)
        for n in range(2 * exchanges)
    ]
    return Transcript(tuple(frames), (AskedSlots(ArchiveKind.HOUR, HOURS[::-1]),))


def of(*frames: Frame) -> Transcript:
    return Transcript(frames)


@given(st.builds(Transcript, FRAMES.map(tuple), ASKED.map(tuple)))
@example(of(Frame(1, datetime.min.replace(tzinfo=UTC), Direction.SENT, b"")))
@example(of(Frame(1, datetime.max.replace(tzinfo=UTC), Direction.RECEIVED, b"\xff")))
@example(of(Frame(1, AT, Direction.RECEIVED, bytes(LARGEST_FRAME))))
def test_a_transcript_comes_back_as_it_was(transcript: Transcript) -> None:
    assert unpack(pack(transcript)) == transcript


def test_times_come_back_in_utc() -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=5)))
    (frame,) = unpack(pack(of(Frame(1, elsewhere, Direction.SENT, b"x")))).frames
    assert (frame.at, frame.at.tzinfo) == (AT, UTC)


@given(st.binary(max_size=200))
def test_rubbish_raises_our_error_alone(rubbish: bytes) -> None:
    for packed in (rubbish, zlib.compress(rubbish)):
        try:
            unpack(packed)
        except DecodeError:
            continue


@given(st.data())
def test_a_damaged_transcript_is_never_taken_for_another(data: st.DataObject) -> None:
    packed = bytearray(pack(talk(20)))
    place = data.draw(st.integers(0, len(packed) - 1))
    packed[place] ^= data.draw(st.integers(1, 255))
    try:
        assert unpack(bytes(packed)) == talk(20)
    except DecodeError:
        return


@pytest.mark.parametrize("size", range(0, 60, 7))
def test_a_transcript_that_is_cut_short_is_refused(size: int) -> None:
    with pytest.raises(DecodeError, match="cut short"):
        unpack(pack(talk(20))[:size])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(b"\xff" * 11, "no end", id="integer-of-eleven-bytes"),
        pytest.param(b"\xff\xff\xff\x7f", "268435455 parts", id="frames-without-end"),
        pytest.param(b"\x01\x00\x00\x00", "number 0", id="frame-number-0"),
        pytest.param(b"\x00\x01\x00\xff\xff\xff\x7f", "268435455 parts", id="slots-without-end"),
        pytest.param(b"\x00\x01\x04\x00", "kind 4", id="an-archive-nobody-has"),
        pytest.param(
            b"\x00\x01\x00\x01" + b"\xff" * 8 + b"\x01\x00", "impossible time", id="slot-in-the-year-10-to-9"
        ),
        pytest.param(b"\x01\x02\x00\x82\x80\x08", "65537 bytes", id="frame-larger-than-any"),
        pytest.param(
            b"\x01\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", "impossible time", id="year-290000"
        ),
        pytest.param(b"\x01\x02\x00\x04\xab", "within a frame", id="data-missing"),
        pytest.param(b"\x00\x00\x00", "behind the end", id="something-behind"),
    ],
)
def test_what_is_damaged_is_named(text: bytes, told: str) -> None:
    with pytest.raises(DecodeError, match=told):
        unpack(zlib.compress(text))


def test_a_small_text_that_unpacks_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_transcripts, "LARGEST", 1 << 16)
    with pytest.raises(DecodeError, match="no end"):
        unpack(zlib.compress(bytes(1 << 20)))


@pytest.mark.parametrize(("name", "limit"), [("MOST_FRAMES", 39), ("MOST_SLOTS", 47), ("LARGEST", 100)])
def test_a_poll_without_end_is_not_kept(monkeypatch: pytest.MonkeyPatch, name: str, limit: int) -> None:
    monkeypatch.setattr(packed_transcripts, name, limit)
    with pytest.raises(StorageError, match="without end"):
        pack(talk(20))


def test_a_usual_poll_takes_a_quarter_of_its_bytes() -> None:
    transcript = talk(200)
    assert len(pack(transcript)) < sum(len(frame.data) for frame in transcript.frames) / 4
