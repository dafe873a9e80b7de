"""An Ultraheat over a session: identification at 300 baud, a reaction time later the data at 2400."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from collector.line_settings import LineSettings
from collector.links.fake import Arrival, FakeLink
from collector.session import Session
from metering.errors import FrameError
from metering.meters import MeterConfiguration
from metering.readings import Snapshot
from protocols.vendor.iec62056_21.driver import Iec62056Driver
from protocols.vendor.iec62056_21.models import MODELS
from protocols.vendor.iec62056_21.sign_on import find_identification
from simulators.families import DevicePlan
from simulators.vendor.iec62056_21 import build
from tests.instant_loop import run_instantly
from tests.support.plant import memory

UH50 = "landis-gyr-uh50-iec"
SENT_AT_300 = 1.5 + 0.9
"""Seconds: the NULs and the request, then the reaction time and the identification."""
REACTION = 0.3
AT = datetime(2026, 2, 10, 9, 17, 30, tzinfo=UTC)


def ultraheat(data_lost: int = 0) -> FakeLink:
    """A line to a meter whose first `data_lost` answers end behind the identification."""
    device = build(DevicePlan(UH50, "0", "66153690", memory(), lambda: 0.0))
    lost = [data_lost]

    def peer(asked: bytes) -> Iterable[Arrival]:
        reply = device.hear(asked)
        who = find_identification(reply) if reply else None
        if reply is None or who is None:
            return
        yield Arrival(reply[: who.end], SENT_AT_300)
        lost[0] -= 1
        if lost[0] < 0:
            middle = (who.end + len(reply)) // 2
            yield Arrival(reply[who.end : middle], SENT_AT_300 + REACTION)
            yield Arrival(reply[middle:], SENT_AT_300 + REACTION + 0.4)

    return FakeLink(peer)


async def read(link: FakeLink) -> Snapshot:
    driver = Iec62056Driver(MODELS[UH50], {})
    line = driver.info.line
    settings = LineSettings(timeout=line.timeout, quiet=line.quiet, attempts=2)
    await link.open()
    try:
        session = Session(link, settings=settings, now=lambda: AT)
        return await session.run(driver.read_current("0", MeterConfiguration()), lambda records, frame: None)
    finally:
        await link.close()


def test_the_session_follows_the_change_of_speed() -> None:
    link = ultraheat()
    assert run_instantly(read(link)).meter_time == datetime(2026, 2, 10, 14, 17, 30)
    assert link.settings == [(300, "N"), (2400, "N")]


def test_data_that_are_lost_cost_another_read_out_and_no_more() -> None:
    link = ultraheat(data_lost=1)
    assert run_instantly(read(link)).meter_time is not None
    assert link.settings == [(300, "N"), (2400, "N")] * 2
    assert len([sent for sent in link.sent if sent]) == 2


def test_a_line_that_never_follows_is_told() -> None:
    with pytest.raises(FrameError, match="300 baud"):
        run_instantly(read(ultraheat(data_lost=9)))
