"""One simulated meter that is polled over its line, at a moment in the past."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import uuid4

from collector.gaps import ArchivePlan
from collector.line_settings import LineSettings
from collector.links.opening import open_link
from collector.links.url import LineUrl
from collector.poll import Poll
from collector.polled_meter import PolledMeter
from collector.session import Session
from metering.calendar import MeterZone
from metering.polls import PollReport
from protocols import catalogue
from protocols.driver import Driver
from simulators.fleet import FleetLine

NOW = datetime(2026, 2, 10, 9, 17, 30, tzinfo=UTC)
ZONE = "+05:00"


def ticking() -> Callable[[], datetime]:
    """Every look at the clock is a millisecond later than the one before."""
    ticks = count()
    return lambda: NOW + next(ticks) * timedelta(milliseconds=1)


@dataclass
class PastMeter:
    """A meter on a line of its own; `id` is the one it is registered under."""

    line: FleetLine
    driver: Driver
    id: int = 1

    async def poll(self, now: Callable[[], datetime], wanted: ArchivePlan) -> PollReport:
        url, (meter,) = LineUrl.parse(self.line.url), self.line.meters
        link = await open_link(url, self.driver.info.line)
        try:
            session = Session(link, settings=LineSettings.of(url, self.driver.info.line), now=now)
            asked = PolledMeter(self.id, "", meter.address, MeterZone(ZONE), archives=wanted)
            poll = Poll(session, self.driver, asked, identifier=uuid4(), collector="test", now=now)
            return await poll.run()
        finally:
            await link.close()


def driver_of(line: FleetLine) -> Driver:
    """As a process that begins would make it."""
    url = LineUrl.parse(line.url)
    return catalogue.driver(line.meters[0].model, framing=url.framing, choices=url.choices)
