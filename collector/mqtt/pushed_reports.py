"""A pushed message as the report of a poll: the meter began the conversation, the rest is as ever."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from collector.endings import HELD, HELD_BECAUSE
from collector.normalise import Normaliser
from metering.calendar import MeterZone
from metering.doubts import clock_flags
from metering.errors import DecodeError
from metering.holding import hold_reason
from metering.meters import MeterIdentity
from metering.plans import PollPlan
from metering.polls import LARGEST_FRAME, Direction, Frame, HoldReason, Outcome, PollReport
from metering.readings import ArchiveReadings, Flag, MeterValue, Record, SnapshotReadings
from protocols.push.pushed import Message, Pushed
from storage.push import PushingMeter

_PUSHED: Final = UUID("6a3f8f0a-54d1-5c43-9d3b-0f2f6f5b8f11")
"""Our own name space: one message has one id, however often it comes."""
ALLOWED_DRIFT: Final = PollPlan().allowed_drift
EARLY: Final = timedelta(minutes=5)
"""How far a gateway's clock may be ahead of ours."""


@dataclass(frozen=True, slots=True)
class PushingState:
    """A meter as it was registered, and its registers' levels before the message."""

    meter: PushingMeter
    levels: tuple[MeterValue, ...]


def check_time(pushed: Pushed, message: Message) -> None:
    """DecodeError for a message from the future: its levels would make every later one look like a reset."""
    if pushed.at > message.received_at + EARLY:
        raise DecodeError(
            f"The message of {pushed.identity} is stamped {pushed.at.isoformat()}, which has not come yet: "
            "set the clock of its gateway."
        )


def report_of(source: str, message: Message, pushed: Pushed, state: PushingState) -> PollReport:
    """The report; its id follows from the source and the message's key. UnitError: see Normaliser."""
    zone = MeterZone(state.meter.zone)
    difference = _clock_difference(pushed, zone)
    doubts = clock_flags(difference, ALLOWED_DRIFT) if difference is not None else frozenset()
    normaliser = Normaliser(zone, state.meter.factor_sets, doubts, state.levels)
    frames = tuple(_frames(message))
    brought: tuple[Record, ...] = (pushed.snapshot, *pushed.records)
    normal = [normaliser.normal(one, pushed.at, len(frames)) for one in brought]
    snapshots = tuple(one for one in normal if isinstance(one, SnapshotReadings))
    identity = pushed.meter or MeterIdentity(pushed.identity)
    held = hold_reason(
        registered_serial=state.meter.serial,
        identity=identity,
        configuration=None,
        accepted_configuration=None,
        clock_difference=difference,
        allowed_drift=ALLOWED_DRIFT,
        went_back=any(_went_back(one) for one in snapshots),
    )
    return PollReport(
        id=uuid5(_PUSHED, f"{source} {pushed.key}"),
        meter_id=state.meter.id,
        collector=f"mqtt:{source}",
        started_at=pushed.at,
        finished_at=pushed.at,
        outcome=HELD[held] if held else Outcome.OK,
        message=_because(held),
        identity=identity,
        clock_difference=difference,
        frames=frames,
        archive=tuple(one for one in normal if isinstance(one, ArchiveReadings)),
        snapshots=snapshots,
        held=held,
    )


def _clock_difference(pushed: Pushed, zone: MeterZone) -> timedelta | None:
    shown: datetime | None = pushed.snapshot.meter_time
    return shown - zone.to_meter_time(pushed.at) if shown else None


def _frames(message: Message) -> Iterator[Frame]:
    """The payload as it came, in frames of the greatest size."""
    starts = range(0, len(message.payload), LARGEST_FRAME)
    for number, start in enumerate(starts, 1):
        data = message.payload[start : start + LARGEST_FRAME]
        yield Frame(number, message.received_at, Direction.RECEIVED, data)


def _went_back(snapshot: SnapshotReadings) -> bool:
    return any(Flag.WENT_BACK in reading.flags for reading in snapshot.readings)


def _because(held: HoldReason | None) -> str:
    return HELD_BECAUSE.get(held, "") if held else ""
