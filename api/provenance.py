"""The provenance of a line as it is answered in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from api.explanations import Explain
from api.links import OriginLinks, origin_links
from api.schemas import DecimalText, Timestamp
from billing.provenance import Boundary, PollOrigin, Provenance
from metering.acts import ActKind
from metering.calendar import ArchiveKind
from metering.evidence import EventKind
from metering.exact import decimal_text
from metering.polls import Direction, Frame, HoldReason
from storage.acts import StoredAct
from storage.held import HeldPoll, HeldState
from storage.readings import Revision
from storage.register_events import StoredEvent
from storage.values import Cause


class BoundaryOut(BaseModel):
    """The level of a meter's register at a boundary of the line's period, and the readings it rests on."""

    meter_id: int = Field(examples=[42])
    side: str = Field(examples=["opening"])
    level: dict[str, Any] = Field(examples=[{"step": "register", "value": "85.98"}])
    sources: list[dict[str, Any]] = Field(examples=[[{"value": "85.98", "raw_value": "100000", "frame": 2}]])


class PartOut(BaseModel):
    """Some bytes of a frame and what they mean."""

    offset: int = Field(examples=[0])
    hex: str = Field(examples=["10"])
    meaning: str = Field(examples=["start of a short frame"])


class ExplainedFrame(BaseModel):
    """Bytes as they went over the line; `parts` is empty where nobody explains them."""

    number: int = Field(examples=[2])
    at: Timestamp
    direction: Direction = Field(examples=[Direction.RECEIVED])
    hex: str = Field(examples=["10 40 4A 8A 16"])
    parts: list[PartOut]


class DecisionOut(BaseModel):
    """That what a poll brought was held, and what an engineer decided."""

    reason: HoldReason = Field(examples=[HoldReason.REGISTER_RESET])
    state: HeldState = Field(examples=[HeldState.ACCEPTED])
    decided_by: str | None = Field(examples=["A. Akhmetov"])
    decided_at: datetime | None = Field(examples=["2026-01-17T05:00:00Z"])
    note: str = Field(examples=["Board replaced, act 14"])


class PollOriginOut(BaseModel):
    """A conversation that brought readings. `version` and `settings` (units, scheme) as the meter told."""

    poll_id: UUID = Field(examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    meter_id: int = Field(examples=[42])
    serial: str | None = Field(examples=["06855817"])
    model: str | None = Field(examples=["kamstrup-multical-403"], description="Name of the profile.")
    version: str | None = Field(examples=["8"])
    settings: dict[str, str] = Field(examples=[{"energy_unit": "kWh"}])
    started_at: Timestamp
    collector: str = Field(examples=["almaty-1"])
    held: DecisionOut | None
    frames: list[ExplainedFrame]
    links: OriginLinks


class ActOrigin(BaseModel):
    """An act of the point."""

    number: str = Field(examples=["АД-12"])
    kind: ActKind = Field(examples=[ActKind.ADMISSION])
    at: Timestamp
    entered_by: str = Field(examples=["A. Akhmetov"])
    annulled_because: str | None = Field(examples=[None])


class RegisterEventOrigin(BaseModel):
    """That a register ran over or was reset, by which its later levels are raised; in its canonical unit."""

    meter_id: int = Field(examples=[42])
    circuit: int = Field(examples=[1])
    kind: EventKind = Field(examples=[EventKind.ROLLOVER])
    at: Timestamp
    level_before: DecimalText = Field(examples=["9999.9"])
    level_after: DecimalText = Field(examples=["0.2"])
    capacity: DecimalText | None = Field(examples=["10000"])
    decided_by: str = Field(examples=["A. Serikova"])
    decided_at: Timestamp
    note: str = Field(examples=["act 118"])


class RevisionOrigin(BaseModel):
    """A value of the period that stands no more, and the poll that brought another. Null: it was absent."""

    meter_id: int = Field(examples=[42])
    kind: ArchiveKind = Field(examples=[ArchiveKind.HOUR])
    slot_start: Timestamp
    value: DecimalText | None = Field(examples=["85.98"])
    poll_id: UUID = Field(examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    replaced_by: UUID = Field(examples=["01890a5d-ac96-774b-bcce-b302099a8058"])
    recorded_at: Timestamp
    cause: Cause = Field(examples=[Cause.ACCEPTED])


class DecisionsOut(BaseModel):
    """What changed the meters' own words before they were billed: the newest, and how many more there are."""

    register_events: list[RegisterEventOrigin]
    register_events_left_out: int = Field(examples=[0])
    revisions: list[RevisionOrigin]
    revisions_left_out: int = Field(examples=[0])


class ProvenanceOut(BaseModel):
    """All that a line rests on, down to the bytes. `polls_left_out`: polls beyond those shown."""

    line: dict[str, Any] = Field(examples=[{"usage_point_code": "UP-0017", "value": "12.345"}])
    boundaries: list[BoundaryOut]
    polls: list[PollOriginOut]
    polls_left_out: int = Field(examples=[0])
    acts: list[ActOrigin]
    decisions: DecisionsOut


def provenance_out(found: Provenance, explain: Explain) -> ProvenanceOut:
    """The provenance as it is answered."""
    line = {name: value for name, value in found.contents.items() if name != "segments"}
    return ProvenanceOut(
        line=line,
        boundaries=[_boundary(one) for one in found.boundaries],
        polls=[_poll(one, explain) for one in found.polls],
        polls_left_out=found.polls_left_out,
        acts=[_act(one) for one in found.acts],
        decisions=DecisionsOut(
            register_events=[_event(one) for one in found.register_events.items],
            register_events_left_out=found.register_events.left_out,
            revisions=[_revision(one) for one in found.revisions.items],
            revisions_left_out=found.revisions.left_out,
        ),
    )


def explained(origin: PollOrigin, frame: Frame, explain: Explain) -> ExplainedFrame:
    """A frame with its parts."""
    parts = explain(origin.meter.model, frame.data) if origin.meter else ()
    return ExplainedFrame(
        number=frame.number,
        at=frame.at,
        direction=frame.direction,
        hex=_hex(frame.data),
        parts=[PartOut(offset=one.offset, hex=_hex(one.data), meaning=one.meaning) for one in parts],
    )


def _boundary(boundary: Boundary) -> BoundaryOut:
    sources: list[Mapping[str, Any]] = list(boundary.sources)
    return BoundaryOut(
        meter_id=boundary.meter_id,
        side=boundary.side,
        level=dict(boundary.level),
        sources=[dict(one) for one in sources],
    )


def _poll(origin: PollOrigin, explain: Explain) -> PollOriginOut:
    poll, meter = origin.poll, origin.meter
    return PollOriginOut(
        poll_id=poll.id,
        meter_id=poll.meter_id,
        serial=meter.serial if meter else None,
        model=meter.model if meter else None,
        version=poll.identity.version if poll.identity else None,
        settings=dict(poll.configuration.settings) if poll.configuration else {},
        started_at=poll.started_at,
        collector=poll.collector,
        held=_decision(origin.held) if origin.held else None,
        frames=[explained(origin, frame, explain) for frame in origin.frames],
        links=origin_links(poll.meter_id, poll.id),
    )


def _decision(held: HeldPoll) -> DecisionOut:
    known = {name: value for name, value in asdict(held).items() if name in DecisionOut.model_fields}
    return DecisionOut(**known)


def _act(act: StoredAct) -> ActOrigin:
    because = act.annulled.because if act.annulled else None
    return ActOrigin(
        number=act.number, kind=act.kind, at=act.at, entered_by=act.entered_by, annulled_because=because
    )


def _event(stored: StoredEvent) -> RegisterEventOrigin:
    event = stored.event
    return RegisterEventOrigin(
        meter_id=event.meter_id,
        circuit=event.circuit,
        kind=event.kind,
        at=event.at,
        level_before=decimal_text(event.level_before),
        level_after=decimal_text(event.level_after),
        capacity=None if event.capacity is None else decimal_text(event.capacity),
        decided_by=stored.decided_by,
        decided_at=stored.decided_at,
        note=event.note,
    )


def _revision(revision: Revision) -> RevisionOrigin:
    old = revision.old
    return RevisionOrigin(
        meter_id=old.meter_id,
        kind=old.kind,
        slot_start=old.slot.start,
        value=None if old.value is None else decimal_text(old.value),
        poll_id=old.origin.poll_id,
        replaced_by=revision.replaced_by,
        recorded_at=revision.recorded_at,
        cause=revision.cause,
    )


def _hex(data: bytes) -> str:
    return data.hex(" ").upper()
