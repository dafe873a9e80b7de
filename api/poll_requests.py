"""A request to read a meter as it is asked and as it is answered."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field

from api.errors import InvalidRequest
from api.links import meter_link, poll_link, request_link
from api.schemas import Amount, Instant, Timestamp, amount, duration
from metering.calendar import ArchiveKind
from metering.polls import Outcome
from metering.requests import PollRequest, RequestKind, RequestState, remaining
from storage.poll_requests import Learned, StoredRequest


class PollRequestIn(BaseModel):
    """What is wanted of the meter; `archive`, `from` and `to` belong to the kind `archive` alone."""

    model_config = ConfigDict(extra="forbid")

    kind: RequestKind = Field(
        examples=[RequestKind.ARCHIVE],
        description="now: everything that is due; archive: a part of one archive, stored or not; link: only "
        "whether the meter can be reached, nothing is read.",
    )
    archive: ArchiveKind | None = Field(default=None, examples=[ArchiveKind.HOUR])
    start: Instant | None = Field(
        default=None,
        alias="from",
        description="Slots that start then or later.",
        examples=["2026-01-01T00:00:00Z"],
    )
    end: Instant | None = Field(
        default=None, alias="to", description="Slots that start before.", examples=["2026-01-02T00:00:00Z"]
    )

    def request(self, meter_id: int, operator: str, at: datetime) -> PollRequest:
        """InvalidRequest when the kind and the particulars do not belong together."""
        particulars = (self.archive, self.start, self.end)
        wanted = self.kind is RequestKind.ARCHIVE
        if any((one is not None) != wanted for one in particulars):
            raise InvalidRequest(
                "body: `archive`, `from` and `to` are all wanted with the kind archive, and none of them "
                "with another kind."
            )
        return PollRequest(uuid4(), meter_id, self.kind, operator, at, *particulars)


class StepsOut(BaseModel):
    """Archive slots that were asked, of those wanted; 0 of 0 before the archives are begun."""

    done: int = Field(examples=[24])
    wanted: int = Field(examples=[72])


class RequestLinks(BaseModel):
    """Where to go on from a request."""

    self: str = Field(examples=["/api/v1/poll-requests/01890a5d-ac96-774b-bcce-b302099a8057"])
    events: str = Field(examples=["/api/v1/poll-requests/01890a5d-ac96-774b-bcce-b302099a8057/events"])
    meter: str = Field(examples=["/api/v1/meters/42"])
    poll: str | None = Field(examples=[None], description="The poll that ended it.")


class PollRequestOut(BaseModel):
    """A request and how far it has come."""

    id: UUID = Field(examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    meter_id: int = Field(examples=[42])
    serial: str = Field(examples=["06855817"])
    line_id: int = Field(examples=[5])
    kind: RequestKind = Field(examples=[RequestKind.NOW])
    archive: ArchiveKind | None = Field(examples=[None])
    start: Timestamp | None = Field(serialization_alias="from")
    end: Timestamp | None = Field(serialization_alias="to")
    operator: str = Field(examples=["dispatcher"], description="The name of the API key, or of who asked.")
    requested_at: Timestamp
    state: RequestState = Field(examples=[RequestState.RUNNING])
    started_at: Timestamp | None
    finished_at: Timestamp | None
    steps: StepsOut
    elapsed: Amount | None = Field(description="Since it was begun; null while it waits.")
    remaining: Amount | None = Field(description="At the pace so far; null while nobody can know.")
    message: str = Field(examples=[""], description="Why it failed or was refused, or who cancelled it.")
    links: RequestLinks


class LearnedOut(BaseModel):
    """What the poll found out."""

    outcome: Outcome = Field(examples=[Outcome.OK])
    serial: str | None = Field(examples=["06855817"], description="Who answered.")
    clock_difference_seconds: float | None = Field(
        examples=[-3.0], description="The meter's clock minus ours."
    )
    round_trip: Amount | None = Field(
        description="The usual time from a question to the first byte after it."
    )
    signal: Amount | None = Field(description="The last level that the line's modem was heard to have.")
    signal_at: Timestamp | None
    records: int = Field(examples=[72], description="Archive slots that were read.")
    gaps: int = Field(examples=[0], description="Archive slots that the meter does not have.")


class PollRequestDetail(PollRequestOut):
    """A request with what was learned; null before a poll ended it."""

    result: LearnedOut | None


class LineRequested(BaseModel):
    """One request for each polled meter of the line."""

    line_id: int = Field(examples=[5])
    items: list[PollRequestOut]


def request_fields(stored: StoredRequest, now: datetime) -> dict[str, Any]:
    """The fields of PollRequestOut."""
    request, elapsed = stored.request, _elapsed(stored, now)
    left = remaining(stored.done, stored.wanted, elapsed) if elapsed and not stored.finished_at else None
    return {
        "id": request.id,
        "meter_id": request.meter_id,
        "serial": stored.serial,
        "line_id": stored.line_id,
        "kind": request.kind,
        "archive": request.archive,
        "start": request.start,
        "end": request.end,
        "operator": request.operator,
        "requested_at": request.requested_at,
        "state": stored.state,
        "started_at": stored.started_at,
        "finished_at": stored.finished_at,
        "steps": StepsOut(done=stored.done, wanted=stored.wanted),
        "elapsed": duration(elapsed) if elapsed is not None else None,
        "remaining": duration(left) if left is not None else None,
        "message": stored.message,
        "links": _links(stored),
    }


def learned_out(stored: StoredRequest, learned: Learned | None) -> LearnedOut | None:
    """What was learned as it is answered."""
    if learned is None:
        return None
    difference = learned.clock_difference
    return LearnedOut(
        outcome=learned.outcome,
        serial=learned.serial,
        clock_difference_seconds=None if difference is None else difference.total_seconds(),
        round_trip=None if stored.round_trip is None else duration(stored.round_trip),
        signal=amount(learned.signal, "dBm"),
        signal_at=learned.signal_at,
        records=stored.records,
        gaps=stored.gaps,
    )


def _elapsed(stored: StoredRequest, now: datetime) -> timedelta | None:
    if stored.started_at is None:
        return None
    return max((stored.finished_at or now) - stored.started_at, timedelta())


def _links(stored: StoredRequest) -> RequestLinks:
    link = request_link(stored.id)
    return RequestLinks(
        self=link,
        events=f"{link}/events",
        meter=meter_link(stored.request.meter_id),
        poll=poll_link(stored.poll_id) if stored.poll_id else None,
    )
