"""What an engineer should do today, the most urgent first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api.cursors import CursorText, Key, cut, decode, instant_in, number_in, text_in, text_part
from api.keys import AreaSeen, Scope, allowed
from api.languages import Translated
from api.limits import PageSize
from api.schemas import LineText, Page, Timestamp
from api.services import ServicesNeeded
from metering.outcomes import Translate
from metering.polls import Budget, Outcome
from metering.problems import Problem, ProblemKind
from storage.problems import Problems

router = APIRouter(tags=["polls"], dependencies=[Depends(allowed(Scope.POLLS_READ))])


class ProblemOut(BaseModel):
    """One thing to do. What does not apply is null or empty; `name` is a serial number, URL or name."""

    kind: ProblemKind = Field(examples=[ProblemKind.SLOTS_FALL_OUT])
    name: str = Field(examples=["06855817"])
    point: str = Field(examples=["UP-0017"], description="The usage point's code.")
    usage_point_id: int | None = Field(examples=[17])
    district: str = Field(examples=["North"])
    service_centre: str = Field(examples=[""])
    meter_id: int | None = Field(examples=[42])
    line_id: int | None = Field(examples=[5])
    modem_id: int | None = Field(examples=[None])
    outcome: Outcome | None = Field(examples=[Outcome.METER_SILENT], description="Why, in one word.")
    count: int = Field(examples=[24], description="Slots, polls, meters, lines, entries or devices, by kind.")
    since: Timestamp | None
    due_at: Timestamp | None = Field(description="When it is too late: slots are lost, a bill is due.")
    budget: Budget | None = Field(examples=[None], description="The budget that is spent.")
    spared_until: Timestamp | None = Field(examples=[None], description="Until when that budget is spent.")
    detail: str = Field(examples=[""], description="A device's own words.")
    meaning: str = Field(
        examples=["Archive records that are not stored will soon be overwritten in the meter."]
    )
    cause: str = Field(
        examples=["Wrong meter address or baud rate, a broken wire, or a meter without power."]
    )
    next_step: str = Field(examples=["Compare address and baud rate with the meter's display."])


@router.get("/problems")
async def list_problems(
    services: ServicesNeeded,
    translate: Translated,
    area: AreaSeen,
    kind: Annotated[ProblemKind | None, Query(description="Only these.")] = None,
    district: Annotated[LineText | None, Query(description="Only of this district.")] = None,
    service_centre: Annotated[LineText | None, Query(description="Only of this service centre.")] = None,
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[ProblemOut]:
    """Everything that needs a person, as it is now, the most urgent first.

    Slots that fall out of a meter's memory come first, then bills without a reading before their deadline.
    """
    problems = await Problems(services.database, services.base_plan).list(services.now())
    asked = [
        one
        for one in problems
        if area.holds(one.where.service_centre, one.where.district)
        and kind in (None, one.kind)
        and district in (None, one.where.district)
        and service_centre in (None, one.where.service_centre)
    ]
    page, following = cut(asked, limit, _key, _position(cursor))
    return Page(items=[_out(one, translate) for one in page], next_cursor=following)


def _out(problem: Problem, translate: Translate) -> ProblemOut:
    where = problem.where
    return ProblemOut(
        kind=problem.kind,
        name=where.name,
        point=where.point,
        usage_point_id=where.usage_point_id or None,
        district=where.district,
        service_centre=where.service_centre,
        meter_id=where.meter_id or None,
        line_id=where.line_id or None,
        modem_id=where.modem_id or None,
        outcome=problem.outcome,
        count=problem.count,
        since=problem.since,
        due_at=problem.due_at,
        budget=problem.budget,
        spared_until=problem.spared_until,
        detail=problem.detail,
        **problem.explanation.translated(translate)._asdict(),
    )


def _key(problem: Problem) -> Key:
    """As problems are ranked; a text in hexadecimal digits sorts as it does itself."""
    rank, due_at, since, text = problem.key
    return rank, due_at, since, text_part(text)


def _position(cursor: str | None) -> Key | None:
    if cursor is None:
        return None
    rank, due_at, since, text = decode(cursor, 4)
    return number_in(rank), instant_in(due_at), instant_in(since), text_part(text_in(text))
