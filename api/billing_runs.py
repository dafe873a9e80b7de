"""Billing runs as they are asked for and answered."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

from pydantic import BaseModel, Field

from api.links import PREFIX
from api.schemas import DecimalText, Identifier, LineText, Timestamp
from metering.areas import Area
from metering.billing_lines import Status
from metering.billing_scope import MOST_POINTS, BillingScope
from storage.billing_runs import BillingRun, RunKind, RunState

_HASH: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
MOST_AREAS: Final = 100
"""Service centres, or districts, that a scope names at most."""


def run_link(number: int) -> str:
    """Where a billing run is found."""
    return f"{PREFIX}/billing-runs/{number}"


class ScopeModel(BaseModel, extra="forbid"):
    """Service centres, districts (of both, what lies in both), or listed usage points; nothing named: all."""

    service_centres: list[LineText] | None = Field(
        default=None, min_length=1, max_length=MOST_AREAS, examples=[["Алматы"]]
    )
    districts: list[LineText] | None = Field(
        default=None, min_length=1, max_length=MOST_AREAS, examples=[None]
    )
    usage_point_ids: list[Identifier] | None = Field(
        default=None, min_length=1, max_length=MOST_POINTS, examples=[None]
    )

    def scope(self) -> BillingScope:
        """ConfigurationError when the parts do not go together."""
        points = self.usage_point_ids
        listed = None if points is None else tuple(sorted(set(points)))
        return BillingScope(Area(_named(self.service_centres), _named(self.districts)), listed)


class RunIn(BaseModel, extra="forbid"):
    """A month that is to be billed: each point has its own calendar of it."""

    month: Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")] = Field(examples=["2026-01"])
    scope: ScopeModel = ScopeModel()

    def first_day(self) -> date:
        """The month as the first day of it."""
        return date.fromisoformat(f"{self.month}-01")


class SumsOut(BaseModel):
    """What a group of lines comes to; of a correction signed. `billed` is the part of `value` that stands on
    bills."""

    service_centre: str | None = Field(default=None, examples=["Алматы"])
    district: str | None = Field(default=None, examples=["Алмалы"])
    status: Status | None = Field(default=None, examples=[Status.MEASURED])
    quantity: str = Field(examples=["energy_heating"])
    unit: str = Field(examples=["Gcal"])
    lines: int = Field(examples=[300])
    billable: int = Field(examples=[291])
    value: DecimalText
    measured: DecimalText
    estimated: DecimalText
    billed: DecimalText


class TotalsOut(BaseModel):
    """The same lines, grouped in five ways: each adds up to `total`."""

    total: list[SumsOut]
    by_status: list[SumsOut]
    by_service_centre: list[SumsOut]
    by_district: list[SumsOut]
    by_district_and_status: list[SumsOut]


class RunLinks(BaseModel):
    """Where to go on from a run."""

    lines: str = Field(examples=["/api/v1/billing-runs/17/lines"])
    corrects: str | None = Field(examples=[None])


class RunOut(BaseModel):
    """A run or correction. `lines`: how many are made; `content_hash`: SHA-256 over all of them, in order."""

    number: int = Field(examples=[17])
    kind: RunKind = Field(examples=[RunKind.RUN])
    corrects: int | None = Field(examples=[None], description="The run of which it is a correction.")
    month: str = Field(examples=["2026-01"])
    scope: ScopeModel
    requested_by: str = Field(examples=["billing"])
    requested_at: Timestamp
    state: RunState = Field(examples=[RunState.READY])
    finished_at: Timestamp | None
    message: str = Field(examples=[""], description="Why it failed, or that nothing has changed.")
    lines: int = Field(examples=[300])
    totals: TotalsOut | None
    content_hash: str | None = Field(examples=[_HASH])
    links: RunLinks


def run_out(run: BillingRun) -> RunOut:
    """The run as it is answered."""
    return RunOut(
        number=run.number,
        kind=run.kind,
        corrects=run.corrects,
        month=f"{run.month:%Y-%m}",
        scope=_scope(run.scope),
        requested_by=run.requested_by,
        requested_at=run.requested_at,
        state=run.state,
        finished_at=run.finished_at,
        message=run.message,
        lines=run.lines,
        totals=None if run.totals is None else TotalsOut.model_validate(dict(run.totals)),
        content_hash=run.content_hash.hex() if run.content_hash else None,
        links=_links(run),
    )


def _links(run: BillingRun) -> RunLinks:
    corrects = run_link(run.corrects) if run.corrects else None
    return RunLinks(lines=f"{run_link(run.number)}/lines", corrects=corrects)


def _scope(scope: BillingScope) -> ScopeModel:
    centres, districts = scope.area.columns()
    points = None if scope.usage_points is None else list(scope.usage_points)
    return ScopeModel(service_centres=centres, districts=districts, usage_point_ids=points)


def _named(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(sorted(set(names)))
