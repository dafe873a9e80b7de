"""Whatever is said on its bus, a simulated meter answers with a whole frame or keeps silent."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from metering.calendar import MeterZone
from protocols.mbus.frames import LongFrame, ShortFrame, decode
from simulators.mbus import MbusMeter, split
from simulators.mbus_models import LAYOUTS
from simulators.memory import MeterMemory
from simulators.plant import Plant

octets = st.integers(0, 255)
controls = octets | st.sampled_from([0x40, 0x53, 0x73, 0x5A, 0x5B, 0x7B])
addresses = octets | st.sampled_from([5, 253, 254, 255])
payloads = st.binary(min_size=1, max_size=253)
commands = st.builds(
    lambda code, data: bytes([code]) + data,
    st.sampled_from([0x50, 0x51, 0x52, 0xB8, 0xBF]),
    st.binary(max_size=12),
)
frames = st.builds(ShortFrame, controls, addresses) | st.builds(
    LongFrame, controls, addresses, payloads | commands
)
MEMORY = MeterMemory(
    Plant(9),
    now=lambda: datetime(2026, 11, 20, 9, 41, tzinfo=UTC),
    zone=MeterZone("+05:00"),
    installed=datetime.fromisoformat("2026-05-04"),
)


@given(st.lists(frames, max_size=30), st.sampled_from(sorted(LAYOUTS)))
def test_any_frames_are_answered_with_frames_or_silence(
    heard: list[ShortFrame | LongFrame], model: str
) -> None:
    meter = MbusMeter(LAYOUTS[model], 5, "12345678", MEMORY)
    for frame in heard:
        answer = meter.hear(frame.encode())
        if answer is not None:
            decode(answer)


@given(st.binary(max_size=600))
def test_any_bytes_are_split_or_kept(noise: bytes) -> None:
    found = split(noise)
    if found is not None:
        frame, end = found
        assert noise[:end].endswith(frame)
