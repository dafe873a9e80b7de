"""The addresses under which one answer points to another."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from pydantic import BaseModel, Field

PREFIX: Final = "/api/v1"


def meter_link(meter_id: int) -> str:
    """Where a meter is found."""
    return f"{PREFIX}/meters/{meter_id}"


def usage_point_link(usage_point_id: int) -> str:
    """Where a usage point is found."""
    return f"{PREFIX}/usage-points/{usage_point_id}"


def poll_link(poll_id: UUID) -> str:
    """Where a poll is found."""
    return f"{PREFIX}/polls/{poll_id}"


def frames_link(poll_id: UUID) -> str:
    """Where the raw frames of a poll are found."""
    return f"{poll_link(poll_id)}/frames"


def held_link(poll_id: UUID) -> str:
    """Where what a held poll brought is found."""
    return f"{PREFIX}/held-polls/{poll_id}"


def request_link(request_id: UUID) -> str:
    """Where a poll request is found."""
    return f"{PREFIX}/poll-requests/{request_id}"


def line_link(line_id: int) -> str:
    """Where a line is found."""
    return f"{PREFIX}/lines/{line_id}"


def modem_link(modem_id: int) -> str:
    """Where a modem is found."""
    return f"{PREFIX}/modems/{modem_id}"


def survey_link(survey_id: UUID) -> str:
    """Where a signal survey is found."""
    return f"{PREFIX}/signal-surveys/{survey_id}"


def act_link(act_id: int) -> str:
    """Where an act is found."""
    return f"{PREFIX}/acts/{act_id}"


class OriginLinks(BaseModel):
    """The way back from a value: the meter, the poll that read it, the bytes it came in; null: a person."""

    meter: str = Field(examples=["/api/v1/meters/42"])
    poll: str | None = Field(examples=["/api/v1/polls/01890a5d-ac96-774b-bcce-b302099a8057"])
    frames: str | None = Field(examples=["/api/v1/polls/01890a5d-ac96-774b-bcce-b302099a8057/frames"])


def origin_links(meter_id: int, poll_id: UUID | None) -> OriginLinks:
    """The way back from a value of this meter that this poll read; None: a person did."""
    poll, frames = (poll_link(poll_id), frames_link(poll_id)) if poll_id else (None, None)
    return OriginLinks(meter=meter_link(meter_id), poll=poll, frames=frames)
