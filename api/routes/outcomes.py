"""The words for how polls end, explained; and how often each came up."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api.cursors import CursorText, decode, encode, number_in, text_in, text_part
from api.errors import InvalidRequest
from api.keys import Scope, allowed
from api.languages import Translated
from api.limits import PageSize
from api.periods import Period
from api.schemas import Amount, Identifier, Page, duration
from api.services import ServicesNeeded
from api.traffic import volume
from metering.outcomes import OUTCOMES
from metering.polls import Outcome
from storage.outcome_counts import By, CountKey, Days, OutcomeCount

LONGEST_COUNT: Final = timedelta(days=400)

router = APIRouter(tags=["polls"], dependencies=[Depends(allowed(Scope.POLLS_READ))])


class OutcomeOut(BaseModel):
    """One word, and what it tells an engineer; cause and next step are empty where nothing is wrong."""

    outcome: Outcome = Field(examples=[Outcome.METER_SILENT])
    meaning: str = Field(examples=["The line is open, but the meter does not answer."])
    cause: str = Field(
        examples=["Wrong meter address or baud rate, a broken wire, or a meter without power."]
    )
    next_step: str = Field(examples=["Compare address and baud rate with the meter's display."])


class Vocabulary(BaseModel):
    """Every word there is."""

    items: list[OutcomeOut]


class OutcomeCountOut(BaseModel):
    """Polls that ended with one word, and what they cost, of one meter, line, modem, day or place.

    `id` is null for what has none: a day, a district, a service centre. An empty name: not registered.
    """

    id: int | None = Field(examples=[42])
    name: str = Field(examples=["06855817"], description="Serial number, URL, identity, day or place.")
    outcome: Outcome = Field(examples=[Outcome.METER_SILENT])
    polls: int = Field(examples=[12])
    air_time: Amount = Field(examples=[{"value": "34.5", "unit": "s"}])
    sent: Amount = Field(examples=[{"value": "240", "unit": "B"}])
    received: Amount = Field(examples=[{"value": "0", "unit": "B"}])


@router.get("/outcomes")
async def list_outcomes(translate: Translated) -> Vocabulary:
    """Every outcome a poll can have, with meaning, likely cause and next step."""
    explained = ((outcome, OUTCOMES[outcome].translated(translate)) for outcome in Outcome)
    return Vocabulary(items=[OutcomeOut(outcome=word, **texts._asdict()) for word, texts in explained])


@router.get("/outcome-counts")
async def count_outcomes(
    services: ServicesNeeded,
    period: Period,
    by: Annotated[By, Query(description="What is counted apart.")],
    line_id: Annotated[Identifier | None, Query(description="Only polls on this line.")] = None,
    meter_id: Annotated[Identifier | None, Query(description="Only polls of this meter.")] = None,
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[OutcomeCountOut]:
    """How many polls of whole UTC days ended how, by what they cost; days that the period touches count.

    By modem: polls on lines that have a modem at the meter's end.
    """
    if period.end - period.start > LONGEST_COUNT:
        raise InvalidRequest(f"Outcomes are counted over at most {LONGEST_COUNT.days} days at once.")
    days = Days(period.start.date(), (period.end + timedelta(days=1, microseconds=-1)).date())
    counts = await services.outcome_counts.counts(
        by, days, line_id=line_id, meter_id=meter_id, after=_position(cursor), limit=limit
    )
    following = _cursor(counts[-1]) if len(counts) == limit else None
    return Page(items=[_count(one) for one in counts], next_cursor=following)


def _count(count: OutcomeCount) -> OutcomeCountOut:
    return OutcomeCountOut(
        id=count.id or None,
        name=count.name,
        outcome=count.outcome,
        polls=count.polls,
        air_time=duration(count.air_time),
        sent=volume(count.sent),
        received=volume(count.received),
    )


def _cursor(count: OutcomeCount) -> str:
    return encode(count.id, text_part(count.name), text_part(count.outcome))


def _position(cursor: str | None) -> CountKey | None:
    if cursor is None:
        return None
    number, name, outcome = decode(cursor, 3)
    return number_in(number), text_in(name), text_in(outcome)
