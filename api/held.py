"""Held polls as they are answered: why in words, what they brought, and the decision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.links import held_link, meter_link, poll_link
from api.schemas import NoteText, Timestamp
from api.values import ReadingOut, SnapshotOut, reading, snapshot
from metering.calendar import ArchiveKind
from metering.holding import changed_settings
from metering.polls import HoldReason, PollReport
from metering.readings import ArchiveReadings, Reading, SnapshotReadings
from storage.held import MOST_WAITING, HeldPoll, HeldState
from storage.readings import ArchiveValue, Origin, SnapshotValue

_POLL = "01890a5d-ac96-774b-bcce-b302099a8057"


class HeldLinks(BaseModel):
    """Where to go on from a held poll."""

    meter: str = Field(examples=["/api/v1/meters/42"])
    poll: str = Field(examples=[f"/api/v1/polls/{_POLL}"])
    readings: str = Field(examples=[f"/api/v1/held-polls/{_POLL}/readings"])


class HeldOut(BaseModel):
    """A poll whose readings are or were kept apart. `serial` is registered; `answered` is who answered."""

    poll_id: UUID = Field(examples=[_POLL])
    meter_id: int = Field(examples=[42])
    serial: str = Field(examples=["06855817"])
    answered: str | None = Field(examples=["06855901"])
    reason: HoldReason = Field(examples=[HoldReason.NEW_METER])
    why: str = Field(examples=["Meter 06855901 answered where 06855817 is registered."])
    state: HeldState = Field(examples=[HeldState.WAITING])
    held_at: Timestamp
    decided_by: str | None = Field(examples=[None])
    decided_at: Timestamp | None
    note: str = Field(examples=[""])
    links: HeldLinks


class HeldArchive(BaseModel):
    """How much of one archive a held poll brought."""

    kind: ArchiveKind = Field(examples=[ArchiveKind.HOUR])
    records: int = Field(examples=[24])
    first: Timestamp
    last: Timestamp


class HeldDetail(HeldOut):
    """With the current values that it brought, and how many records of each archive."""

    snapshots: list[SnapshotOut]
    archives: list[HeldArchive]


class DecisionIn(BaseModel):
    """One act on all polls of the meter that wait for this reason, or on those named."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["accept", "reject"] = Field(examples=["accept"])
    reason: HoldReason = Field(examples=[HoldReason.NEW_METER])
    note: NoteText = Field("", examples=["Replaced on 3 February, act 118."])
    polls: list[UUID] = Field(
        [], max_length=MOST_WAITING, examples=[[]], description="These alone; empty: all that wait."
    )


class DecisionOut(BaseModel):
    """What was decided. `meter_id`: whose the polls are now; another one's after a replacement."""

    state: HeldState = Field(examples=[HeldState.ACCEPTED])
    meter_id: int = Field(examples=[43])
    polls: list[UUID] = Field(examples=[[_POLL]])
    meter: str = Field(examples=["/api/v1/meters/43"])


def held_out(held: HeldPoll) -> HeldOut:
    """A held poll as it is listed."""
    return HeldOut(
        poll_id=held.poll_id,
        meter_id=held.meter_id,
        serial=held.serial,
        answered=held.identity.serial if held.identity else None,
        reason=held.reason,
        why=why(held),
        state=held.state,
        held_at=held.held_at,
        decided_by=held.decided_by,
        decided_at=held.decided_at,
        note=held.note,
        links=HeldLinks(
            meter=meter_link(held.meter_id),
            poll=poll_link(held.poll_id),
            readings=f"{held_link(held.poll_id)}/readings",
        ),
    )


def detail(held: HeldPoll, report: PollReport) -> HeldDetail:
    """A held poll with what it brought."""
    return HeldDetail(
        **dict(held_out(held)),
        snapshots=[snapshot(value) for one in report.snapshots for value in _current(report, one)],
        archives=_archives(report),
    )


def why(held: HeldPoll) -> str:
    """What the engineer is to judge, in a sentence."""
    match held.reason:
        case HoldReason.NEW_METER:
            answered = held.identity.serial if held.identity else "?"
            return f"Meter {answered} answered where {held.serial} is registered."
        case HoldReason.SCHEME_CHANGED:
            changed = changed_settings(held.accepted_configuration, held.configuration)
            words = [f"{name} is {now or 'gone'}, was {was or 'not there'}" for name, was, now in changed]
            return f"Its settings are not the accepted ones: {'; '.join(words) or 'see the poll'}."
        case HoldReason.REGISTER_RESET:
            return "A register stands lower than before: see the values flagged went_back."
        case HoldReason.CLOCK_WRONG:
            return f"Its clock is {_off(held)}."


def _off(held: HeldPoll) -> str:
    difference = held.clock_difference
    if difference is None:
        return "off"
    return f"{abs(difference)} {'ahead' if difference.days >= 0 else 'behind'}"


def _archives(report: PollReport) -> list[HeldArchive]:
    starts = defaultdict(list)
    for record in report.archive:
        starts[record.kind].append(record.slot.start)
    return [
        HeldArchive(kind=kind, records=len(found), first=min(found), last=max(found))
        for kind, found in starts.items()
    ]


def archive_values(report: PollReport) -> list[ReadingOut]:
    """Every archive value that a held poll brought, in the order in which it came."""
    return [reading(value) for record in report.archive for value in _archived(report, record)]


def _archived(report: PollReport, record: ArchiveReadings) -> Iterator[ArchiveValue]:
    for one in record.readings:
        yield ArchiveValue(
            meter_id=report.meter_id,
            circuit=one.circuit,
            kind=record.kind,
            slot=record.slot,
            quantity=one.quantity.name,
            meter_time=record.meter_time,
            value=one.value,
            absence=one.absence,
            flags=one.flags,
            origin=_origin(report, one, record.frame),
        )


def _current(report: PollReport, read: SnapshotReadings) -> Iterator[SnapshotValue]:
    for one in read.readings:
        yield SnapshotValue(
            meter_id=report.meter_id,
            circuit=one.circuit,
            read_at=read.read_at,
            quantity=one.quantity.name,
            meter_time=read.meter_time,
            value=one.value,
            absence=one.absence,
            flags=one.flags,
            origin=_origin(report, one, read.frame),
        )


def _origin(report: PollReport, one: Reading, frame: int) -> Origin:
    return Origin(report.id, frame, one.raw_value, one.raw_unit, one.factor, one.factor_set)
