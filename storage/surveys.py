"""Signal surveys: who asked where, by which rule it was judged, what was found."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid4

from metering.errors import ConfigurationError, ReadingConflict
from metering.signals import RadioTechnology, Registration, SignalLevel, SignalReport, SignalSource
from metering.surveys import Sample, SurveyFindings, SurveyRule, Verdict
from storage import signals, sql
from storage.pool import Database

_SQL = sql.statements("surveys")


class SurveyState(StrEnum):
    """How far a survey has come."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SurveyRequest:
    """What is to be done: so many samples, one `every` so often, over a line or a modem at `url`.

    `sim`, `site`, `operator`, `engineer` and `note` are the asker's own words, for the report.
    """

    requested_at: datetime
    samples_wanted: int
    every: timedelta
    rule: SurveyRule
    line_id: int | None = None
    url: str = ""
    site: str = ""
    sim: str = ""
    operator: str = ""
    engineer: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """A request and what became of it; `message` says why it failed, `modem_id` is the line's modem."""

    id: UUID
    request: SurveyRequest
    state: SurveyState
    modem_id: int | None
    started_at: datetime | None
    finished_at: datetime | None
    message: str
    findings: SurveyFindings | None


class Surveys:
    """A survey ends once: what is done or failed does not change any more."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def request(self, request: SurveyRequest) -> UUID:
        """The id of a new survey; ConfigurationError when there is no such line, or no sample is wanted."""
        words = (request.url, request.site, request.sim, request.operator, request.engineer, request.note)
        try:
            survey = await self._database.value(
                _SQL["request"],
                uuid4(),
                request.line_id,
                request.requested_at,
                request.samples_wanted,
                request.every,
                _json(request.rule),
                *words,
            )
        except ReadingConflict as error:
            raise ConfigurationError(
                f"A survey of {request.samples_wanted} samples cannot be made of line {request.line_id}: "
                f"the line is not registered, or the number of samples is not above 0. ({error})"
            ) from error
        return UUID(str(survey))

    async def get(self, survey_id: UUID) -> Survey | None:
        row = await self._database.row(_SQL["get"], survey_id)
        return _survey(row) if row else None

    async def samples(self, survey_id: UUID) -> tuple[Sample, ...]:
        """What was heard, in order; nothing before the survey is done."""
        stored = await self._database.value(_SQL["samples"], survey_id)
        return tuple(_sample(one) for one in json.loads(stored or "[]"))

    async def list(
        self, after: UUID | None = None, limit: int = 100, line_id: int | None = None
    ) -> list[Survey]:
        """Newest first; `after` is the last survey of the page before."""
        rows = await self._database.rows(_SQL["list"], line_id, after, limit)
        return [_survey(row) for row in rows]

    async def waiting(self, line_id: int) -> Sequence[Survey]:
        """The line's surveys that have not ended, oldest first.

        One that runs is among them: a line is served by one collector at a time, so another one died over it.
        """
        return [_survey(row) for row in await self._database.rows(_SQL["waiting"], line_id)]

    async def lines(self) -> set[int]:
        """The lines that have a survey which has not ended."""
        return {row["line_id"] for row in await self._database.rows(_SQL["lines"])}

    async def start(self, survey_id: UUID, at: datetime) -> bool:
        """Whether it is to be done: it has not ended."""
        return await self._database.value(_SQL["start"], survey_id, at) is not None

    async def finish(
        self, survey_id: UUID, at: datetime, findings: SurveyFindings, samples: Sequence[Sample]
    ) -> None:
        """Stores what was found and, where the modem is known, adds the samples to its series."""
        stored = json.dumps([asdict(sample) for sample in samples], default=str)
        levels = [SignalLevel(one.at, SignalSource.SURVEY, one.report) for one in samples if one.report]
        async with self._database.transaction() as connection:
            modem = await connection.fetchval(_SQL["finish"], survey_id, at, _json(findings), stored)
            if modem is not None:
                await signals.add(connection, modem, levels, survey_id)

    async def fail(self, survey_id: UUID, at: datetime, message: str) -> None:
        """It could not be made; `message` says why and what to do."""
        await self._database.rows(_SQL["fail"], survey_id, at, message)


def _survey(row: Any) -> Survey:
    findings = row["findings"]
    asked = {field.name: row[field.name] for field in fields(SurveyRequest)}
    return Survey(
        id=row["id"],
        request=SurveyRequest(**{**asked, "rule": _rule(json.loads(row["rule"]))}),
        state=SurveyState(row["state"]),
        modem_id=row["modem_id"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        message=row["message"],
        findings=_findings(json.loads(findings)) if findings is not None else None,
    )


_LEVELS: Final = ("median", "lower", "upper", "spread")
_RULE: Final = ("adequate", "marginal", "steady", "losses", "marginal_losses")
_REPORT: Final = ("level", "reference_power", "reference_quality")
"""The fields whose decimal numbers JSON holds as text, of each kind of record."""


def _json(record: SurveyRule | SurveyFindings) -> str:
    return json.dumps(asdict(record), default=str)


def _rule(stored: Mapping[str, Any]) -> SurveyRule:
    return SurveyRule(**{**stored, **_decimals(stored, _RULE)})


def _findings(stored: Mapping[str, Any]) -> SurveyFindings:
    verdict, rule = Verdict(stored["verdict"]), _rule(stored["rule"])
    return SurveyFindings(**{**stored, **_decimals(stored, _LEVELS), "verdict": verdict, "rule": rule})


def _sample(stored: Mapping[str, Any]) -> Sample:
    report = stored["report"]
    return Sample(datetime.fromisoformat(stored["at"]), _report(report) if report is not None else None)


def _report(stored: Mapping[str, Any]) -> SignalReport:
    technology, registration = stored["technology"], stored["registration"]
    words = {
        "technology": RadioTechnology(technology) if technology is not None else None,
        "registration": Registration(registration) if registration is not None else None,
    }
    return SignalReport(**{**stored, **_decimals(stored, _REPORT), **words})


def _decimals(stored: Mapping[str, Any], names: Sequence[str]) -> dict[str, Decimal | None]:
    return {name: Decimal(stored[name]) if stored[name] is not None else None for name in names}
