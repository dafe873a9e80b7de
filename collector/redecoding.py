"""Decoding a poll again: the driver as it is now, over the frames as they were then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from collector.gaps import ArchiveRequest
from collector.poll import Poll
from collector.polled_meter import PolledMeter
from collector.replay import Renumbered, Replay
from metering.calendar import MeterZone
from metering.errors import TeploError
from metering.plans import NEVER_LONGER
from metering.polls import READ, AskedSlots, Finding, Frame, Outcome, PollReport
from metering.requests import PollRequest, RequestKind
from protocols.driver import Driver, DriverInfo


@dataclass(frozen=True, slots=True)
class PastPoll:
    """What must be known of a poll to carry it out once more.

    `read_at`: by the number of the last frame heard before, when current values were read. `factor_sets` by
    circuit. `request`: what a person asked for, where one did.
    """

    id: UUID
    meter_id: int
    address: str
    zone: str
    collector: str
    started_at: datetime
    finished_at: datetime
    outcome: Outcome
    findings: frozenset[Finding]
    frames: tuple[Frame, ...]
    asked: tuple[AskedSlots, ...]
    factor_sets: Mapping[int, str]
    read_at: Mapping[int, datetime]
    request: RequestKind | None = None


@dataclass(frozen=True, slots=True)
class Redecoded:
    """`report`: what the poll brings now; `error` ended it. Without one, what it does not bring is not there.

    `unasked`: the question on which it ended since nobody had asked it then; None also where the poll was cut
    then, and its frames end where it did.
    """

    report: PollReport
    error: TeploError | None
    unasked: bytes | None


@dataclass(frozen=True, slots=True)
class AskedThen:
    """The archive slots that were asked for, conversation by conversation."""

    asked: Sequence[AskedSlots]

    def requests(self, info: DriverInfo, meter_time: datetime) -> Sequence[ArchiveRequest]:
        return [ArchiveRequest(one.kind, one.slots) for one in self.asked]


async def redecode(past: PastPoll, driver: Driver, renumbered: Renumbered) -> Redecoded:
    """Runs the poll over its own frames; its identity, times, and end stay as they were.

    Doubts that hang on other polls (a register that went back) are not raised again.
    """
    replay = Replay(past.frames, past.findings, renumbered, past.read_at)
    poll = Poll(
        replay,
        driver,
        PolledMeter(
            past.meter_id,
            "",
            past.address,
            MeterZone(past.zone),
            past.factor_sets,
            AskedThen(past.asked),
            visit=NEVER_LONGER,
        ),
        identifier=past.id,
        collector=past.collector,
        now=replay.now,
        asked=_request(past),
    )
    report = await poll.run()
    cut = replay.at_end and past.outcome not in READ
    return Redecoded(_as_it_was(report, past), poll.error, None if cut else replay.unasked)


def _request(past: PastPoll) -> PollRequest | None:
    if past.request is None:
        return None
    return PollRequest(past.id, past.meter_id, past.request, past.collector, past.started_at)


def _as_it_was(report: PollReport, past: PastPoll) -> PollReport:
    return replace(
        report,
        started_at=past.started_at,
        finished_at=past.finished_at,
        outcome=past.outcome,
        message="",
        frames=past.frames,
        asked=past.asked,
        held=None,
        request_id=None,
    )
