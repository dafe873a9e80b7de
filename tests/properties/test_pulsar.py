"""Properties of the Pulsar codec: what is written is read, nothing foreign leaves, windows lose no slot."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from metering.calendar import ArchiveKind, MeterSlot, next_start, slot_at, slot_start
from protocols.vendor.pulsar import FAMILY, frames, moments
from protocols.vendor.pulsar.archives import MOST_RECORDS, Archive, Archived
from protocols.vendor.pulsar.frames import Frame
from tests.support.explained import explained_or_refused, explained_whole

whole_frames = st.builds(
    Frame,
    st.integers(0, 99_999_999),
    st.integers(0, 255),
    st.binary(max_size=245),
    st.integers(0, 0xFFFF),
)
seconds = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)).map(lambda at: at.replace(microsecond=0))


@given(whole_frames)
def test_a_frame_is_read_as_it_was_written(frame: Frame) -> None:
    encoded = frame.encode()
    assert frames.decode(encoded) == frame
    explained_whole(FAMILY, encoded)


@given(whole_frames, st.binary(max_size=20))
def test_an_answer_is_found_behind_noise(frame: Frame, noise: bytes) -> None:
    found = frames.find(noise + frame.encode(), frame.address, frame.function, frame.number)
    assert found is not None
    assert found[0] == frame


@given(st.binary(max_size=300))
def test_any_bytes_are_explained_or_refused(octets: bytes) -> None:
    FAMILY.reseal(octets)
    explained_or_refused(FAMILY, octets)


@given(seconds)
def test_a_date_is_read_as_it_was_written(moment: datetime) -> None:
    assert moments.decode(moments.encode(moment)) == moment


@given(
    st.sampled_from(ArchiveKind),
    st.sampled_from(Archived),
    st.lists(st.integers(0, 2000), min_size=1, max_size=40, unique=True),
)
def test_windows_hold_every_slot_once_and_never_too_many_records(
    kind: ArchiveKind, archived: Archived, hours_ago: list[int]
) -> None:
    now = datetime(2026, 2, 10, 14)
    wanted = {slot_at(kind, slot_start(kind, now - timedelta(hours=hours))) for hours in hours_ago}
    windows = list(Archive(kind, archived, (), now).windows(tuple(wanted)))
    assert sorted(slot for window in windows for slot in window) == sorted(wanted)
    assert all(_records(kind, archived, window) <= MOST_RECORDS for window in windows)


def _records(kind: ArchiveKind, archived: Archived, window: tuple[MeterSlot, ...]) -> int:
    at, last = archived.stamps(kind, window[-1])[0], archived.stamps(kind, window[0])[-1]
    count = 1
    while at < last:
        at, count = next_start(kind, at), count + 1
    return count
