"""How much of what should be stored is stored, and why the rest is not."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from api.cursors import CursorText, decode, encode, number_in, text_in, text_part
from api.errors import InvalidRequest
from api.file_answers import text_answer
from api.keys import AreaSeen, Scope, allowed
from api.limits import LARGEST_PAGE, PageSize
from api.links import usage_point_link
from api.periods import Period
from api.schemas import Amount, Identifier, LineText, Page, percent
from api.services import Services, ServicesNeeded
from metering.calendar import ArchiveKind
from metering.completeness import CountedPeriod
from metering.completeness_rows import Dimension, Group, Row
from metering.polls import Outcome
from metering.readings import GapReason
from storage.completeness import ALL_KINDS, Place

LONGEST_PERIOD: Final = timedelta(days=31)
MEDIA_TYPE: Final = "text/csv"
COLUMNS: Final = (
    "usage_point_id", "district", "service_centre", "day", "kind",
    "points", "wanted", "stored", "gaps", "held", "missing", "causes",
)  # fmt: skip
_EXAMPLE: Final = ",".join(COLUMNS) + "\r\n,North,,2026-01-31,hour,120,2880,2871,2,0,7,meter_silent:1\r\n"

router = APIRouter(tags=["completeness"], dependencies=[Depends(allowed(Scope.READINGS_READ))])


class GapCount(BaseModel):
    """Known gaps for one reason."""

    reason: GapReason = Field(examples=[GapReason.NO_RECORD])
    slots: int = Field(examples=[2])


class Cause(BaseModel):
    """With which word most polls of these meters failed; null: none failed, or nobody asked."""

    outcome: Outcome | None = Field(examples=[Outcome.METER_SILENT])
    meters: int = Field(examples=[1])


class CompletenessOut(BaseModel):
    """Slots of one archive: of what is told apart by `by`, the rest is null.

    `wanted` = `stored` + `gaps` + `held` + `missing`. `held` wait in quarantine; of `missing` nothing is
    known yet.
    """

    usage_point_id: int | None = Field(examples=[None])
    district: str | None = Field(examples=["North"])
    service_centre: str | None = Field(examples=[None])
    day: date | None = Field(examples=["2026-01-31"], description="In the usage point's zone.")
    kind: ArchiveKind = Field(examples=[ArchiveKind.HOUR])
    points: int = Field(examples=[120])
    wanted: int = Field(examples=[2880])
    stored: int = Field(examples=[2871])
    held: int = Field(examples=[0])
    missing: int = Field(examples=[7])
    gaps: list[GapCount]
    share: Amount | None = Field(examples=[{"value": "99.7", "unit": "%"}], description="Stored, of wanted.")
    causes: list[Cause] = Field(description="Of meters that lack anything.")
    link: str | None = Field(examples=[None], description="The usage point.")


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be counted, and how rows are told apart."""

    by: frozenset[Dimension]
    period: CountedPeriod
    place: Place
    kinds: frozenset[ArchiveKind]


def _question(
    services: ServicesNeeded,
    period: Period,
    area: AreaSeen,
    by: Annotated[list[Dimension], Query(max_length=4, description="What is told apart; repeatable.")] = [  # noqa: B006
        Dimension.DISTRICT
    ],
    kind: Annotated[ArchiveKind | None, Query(description="Only this archive.")] = None,
    usage_point_id: Annotated[Identifier | None, Query(description="Only this usage point.")] = None,
    district: Annotated[LineText | None, Query(description="Only this district.")] = None,
    service_centre: Annotated[LineText | None, Query(description="Only this service centre.")] = None,
) -> Question:
    if period.end - period.start > LONGEST_PERIOD:
        raise InvalidRequest(f"Completeness is counted over at most {LONGEST_PERIOD.days} days at once.")
    return Question(
        frozenset(by),
        CountedPeriod(period.start, period.end, services.now()),
        Place(usage_point_id, district, service_centre, area),
        frozenset({kind}) if kind else ALL_KINDS,
    )


Asked = Annotated[Question, Depends(_question)]


@router.get("/completeness")
async def list_completeness(
    services: ServicesNeeded, asked: Asked, cursor: CursorText = None, limit: PageSize = 100
) -> Page[CompletenessOut]:
    """Slots wanted and stored, of those that begin within a period of at most 31 days and have ended.

    Wanted is what the installed meter's model keeps and its plan reads.
    """
    rows = await _rows(services, asked, _position(cursor), limit)
    causes = await _causes(services, asked, rows)
    following = _cursor(rows[-1].group) if len(rows) == limit else None
    return Page(items=[_out(row, causes) for row in rows], next_cursor=following)


@router.get(
    "/completeness.csv",
    response_class=StreamingResponse,
    responses=text_answer(MEDIA_TYPE, _EXAMPLE),
)
async def export_completeness(services: ServicesNeeded, asked: Asked) -> StreamingResponse:
    """The same figures as one CSV file: UTF-8, a header row, every row."""
    first = await _rows(services, asked, None, LARGEST_PAGE)  # an error is still a problem document here
    return StreamingResponse(
        _lines(services, asked, first),
        media_type=f"{MEDIA_TYPE}; charset=utf-8; header=present",
        headers={"Content-Disposition": 'attachment; filename="completeness.csv"'},
    )


async def _rows(services: Services, asked: Question, after: Group | None, limit: int) -> list[Row]:
    return await services.completeness.rows(
        asked.by, asked.period, asked.place, asked.kinds, after=after, limit=limit
    )


async def _causes(services: Services, asked: Question, rows: Iterable[Row]) -> Mapping[int, Outcome]:
    lacking = frozenset[int]().union(*(row.lacking for row in rows))
    days = asked.period.start.date(), asked.period.end.date()
    return await services.completeness.causes(lacking, *days) if lacking else {}


async def _lines(services: Services, asked: Question, rows: Sequence[Row]) -> AsyncIterator[str]:
    yield _text([COLUMNS])
    while rows:
        causes = await _causes(services, asked, rows)
        yield _text(_line(_out(row, causes)) for row in rows)
        more = len(rows) == LARGEST_PAGE
        rows = await _rows(services, asked, rows[-1].group, LARGEST_PAGE) if more else []


def _out(row: Row, causes: Mapping[int, Outcome]) -> CompletenessOut:
    group, tally = row.group, row.tally
    return CompletenessOut(
        usage_point_id=group.usage_point_id or None,
        district=group.district or None,
        service_centre=group.service_centre or None,
        day=date.fromisoformat(group.day) if group.day else None,
        kind=ArchiveKind(group.kind),
        points=row.points,
        wanted=tally.wanted,
        stored=tally.stored,
        held=tally.held,
        missing=tally.missing,
        gaps=[GapCount(reason=reason, slots=slots) for reason, slots in sorted(tally.gaps.items())],
        share=percent(tally.stored, tally.wanted),
        causes=_told(Counter(causes.get(meter) for meter in row.lacking)),
        link=usage_point_link(group.usage_point_id) if group.usage_point_id else None,
    )


def _told(causes: Counter[Outcome | None]) -> list[Cause]:
    """The commonest first."""
    ranked = sorted(causes.items(), key=lambda one: (-one[1], one[0] or ""))
    return [Cause(outcome=outcome, meters=meters) for outcome, meters in ranked]


def _line(row: CompletenessOut) -> tuple[object, ...]:
    return (
        row.usage_point_id or "",
        row.district or "",
        row.service_centre or "",
        row.day or "",
        row.kind.value,
        row.points,
        row.wanted,
        row.stored,
        sum(gap.slots for gap in row.gaps),
        row.held,
        row.missing,
        " ".join(f"{cause.outcome or 'not_asked'}:{cause.meters}" for cause in row.causes),
    )


def _text(rows: Iterable[Sequence[object]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _cursor(group: Group) -> str:
    return encode(group.usage_point_id, *(text_part(part) for part in group[1:]))


def _position(cursor: str | None) -> Group | None:
    if cursor is None:
        return None
    point, *texts = decode(cursor, 5)
    return Group(number_in(point), *map(text_in, texts))
