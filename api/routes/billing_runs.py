"""Billing runs: snapshots that never change, and the corrections that tell what changed since."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import Field

from api.billing_lines import BillingLineOut, billed_of, billing_line_out
from api.billing_runs import RunIn, RunOut, run_link, run_out
from api.cursors import CursorText, decode_id, encode
from api.errors import Conflict, InvalidRequest, NotFound, OutOfSight
from api.keys import AreaSeen, BillingCaller, Scope, allowed
from api.languages import Translated
from api.limits import PageSize
from api.schemas import Identifier, Page
from api.services import Services, ServicesNeeded
from metering.areas import Area
from metering.billing_scope import BillingScope
from metering.errors import ConfigurationError
from storage.billing_runs import BillingRun, RunKind, RunRequest, RunState, StoredLine
from storage.keys import ApiKey

router = APIRouter(tags=["billing runs"])
_reading = [Depends(allowed(Scope.BILLING_READ))]
_Runner = Annotated[ApiKey, Depends(allowed(Scope.BILLING_RUN))]
LineNumber = Annotated[int, Field(ge=1, le=2**31 - 1)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="The caller's own; the same request with the same key is the same run.",
    ),
]


@router.post("/billing-runs", status_code=202)
async def create_billing_run(
    services: ServicesNeeded,
    key: _Runner,
    area: AreaSeen,
    asked: RunIn,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> RunOut:
    """Asks for the month's consumption of these usage points to be frozen under a number of its own.

    403 when the key does not see all of them.
    409 when something else was asked with this Idempotency-Key, or too many runs wait.
    """
    scope = _scope(asked)
    await _within(services, area, scope)
    request = RunRequest(
        month=asked.first_day(),
        scope=scope,
        requested_by=key.name,
        requested_at=services.now(),
        api_key_id=key.id,
        idempotency_key=idempotency_key,
    )
    return await _create(services, request, response)


@router.post("/billing-runs/{number}/corrections", status_code=202)
async def create_billing_correction(
    services: ServicesNeeded,
    key: _Runner,
    number: Identifier,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> RunOut:
    """Asks for what is answered now to be compared with what the run and its corrections have frozen.

    It is a run of its own, with signed differences as its lines: none of them when nothing has changed.
    409 when the run is not ready, or is a correction itself.
    """
    base = await ready_run(services, number)
    if base.kind is RunKind.CORRECTION:
        raise Conflict(f"Run {number} is a correction of run {base.corrects}: correct that one again.")
    request = RunRequest(
        month=base.month,
        scope=base.scope,
        requested_by=key.name,
        requested_at=services.now(),
        corrects=number,
        api_key_id=key.id,
        idempotency_key=idempotency_key,
    )
    return await _create(services, request, response)


@router.get("/billing-runs", dependencies=_reading)
async def list_billing_runs(
    services: ServicesNeeded,
    area: AreaSeen,
    corrects: Annotated[Identifier | None, Query(description="Corrections of this run alone.")] = None,
    month: Annotated[str | None, Query(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-01"])] = None,
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[RunOut]:
    """Runs and corrections, newest first."""
    before = decode_id(cursor) if cursor else None
    first_day = date.fromisoformat(f"{month}-01") if month else None
    runs = await services.billing_runs.list(before, limit, corrects=corrects, month=first_day, area=area)
    next_cursor = encode(runs[-1].number) if len(runs) == limit else None
    return Page(items=[run_out(run) for run in runs], next_cursor=next_cursor)


@router.get("/billing-runs/{number}", dependencies=_reading)
async def get_billing_run(services: ServicesNeeded, number: Identifier) -> RunOut:
    """How far a run has come; when it is ready, its totals and the hash of its lines."""
    return run_out(await existing_run(services, number))


@router.get("/billing-runs/{number}/lines")
async def list_billing_lines(
    services: ServicesNeeded,
    caller: BillingCaller,
    number: Identifier,
    translate: Translated,
    cursor: CursorText = None,
    limit: PageSize = 100,
) -> Page[BillingLineOut]:
    """The frozen lines, in their order. 409 while the run is not ready."""
    await ready_run(services, number)
    lines = await services.billing_runs.lines(number, _line_after(cursor), limit)
    caller.told(len(lines), billed_of(lines))
    next_cursor = encode(lines[-1].number) if len(lines) == limit else None
    return Page(items=[billing_line_out(number, line, translate) for line in lines], next_cursor=next_cursor)


@router.get("/billing-runs/{number}/lines/{line}")
async def get_billing_line(
    services: ServicesNeeded,
    caller: BillingCaller,
    number: Identifier,
    line: LineNumber,
    translate: Translated,
) -> BillingLineOut:
    """One frozen line."""
    stored = await existing_line(services, number, line)
    caller.told(1, billed_of([stored]))
    return billing_line_out(number, stored, translate)


async def existing_run(services: Services, number: int) -> BillingRun:
    """NotFound when there is none."""
    run = await services.billing_runs.get(number)
    if run is None:
        raise NotFound(f"There is no billing run {number}.")
    return run


async def ready_run(services: Services, number: int) -> BillingRun:
    """NotFound when there is none; Conflict while it has no lines yet, or will never have any."""
    run = await existing_run(services, number)
    if run.state is RunState.FAILED:
        raise Conflict(f"Billing run {number} failed and has no lines: {run.message}")
    if run.state is not RunState.READY:
        raise Conflict(f"Billing run {number} is {run.state}: its lines are not frozen yet.")
    return run


async def existing_line(services: Services, number: int, line: int) -> StoredLine:
    """NotFound when there is none."""
    await ready_run(services, number)
    stored = await services.billing_runs.line(number, line)
    if stored is None:
        raise NotFound(f"Billing run {number} has no line {line}.")
    return stored


async def _create(services: Services, request: RunRequest, response: Response) -> RunOut:
    run = await services.billing_runs.create(request)
    response.headers["Location"] = run_link(run.number)
    return run_out(run)


def _scope(asked: RunIn) -> BillingScope:
    try:
        return asked.scope.scope()
    except ConfigurationError as error:
        raise InvalidRequest(f"body.scope: {error}") from error


async def _within(services: Services, area: Area, scope: BillingScope) -> None:
    """OutOfSight when anything of the scope lies outside the area."""
    points = scope.usage_points
    if points is None:
        inside = area.covers(scope.area)
    else:
        inside = area.is_everything or await services.keys.all_lie_in(area, points)
    if not inside:
        asked = "these usage points" if points else str(scope.area)
        raise OutOfSight(
            f"The key does not see all of {asked}: it may ask for {area}, for a part of that, or for usage "
            "points there."
        )


def _line_after(cursor: str | None) -> int:
    return min(decode_id(cursor), 2**31 - 1)
