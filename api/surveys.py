"""A signal survey as it is asked for and as it is answered."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from api.errors import InvalidRequest
from api.levels import SignalOut, db_field, dbm_field, signal_fields
from api.links import survey_link
from api.schemas import (
    Amount,
    DecimalText,
    Identifier,
    LineText,
    NoteText,
    Timestamp,
    amount,
    duration,
    known,
)
from metering.errors import ConfigurationError
from metering.exact import decimal_text
from metering.surveys import Sample, SurveyFindings, SurveyRule, Verdict
from storage.surveys import Survey, SurveyState

LONGEST: Final = timedelta(minutes=30)
"""A survey keeps its line from the meters so long at most."""

_NUMBER: Final = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,6})?")


def _number(text: object) -> Decimal:
    if not (isinstance(text, str) and _NUMBER.fullmatch(text)):
        raise ValueError('write a decimal as text, like "-83.5"')
    return Decimal(text)


_Number = Annotated[
    Decimal,
    BeforeValidator(_number),
    WithJsonSchema({"type": "string", "pattern": f"^{_NUMBER.pattern}$"}),
]


class RuleIn(BaseModel):
    """Clauses that differ from the utility's rule: levels in dBm, `steady` in dB, shares from 0 to 1."""

    model_config = ConfigDict(extra="forbid")

    adequate: _Number | None = Field(default=None, examples=["-83"])
    marginal: _Number | None = Field(default=None, examples=["-93"])
    steady: _Number | None = Field(default=None, examples=["12"])
    losses: _Number | None = Field(default=None, examples=["0"])
    marginal_losses: _Number | None = Field(default=None, examples=["0.1"])
    fewest: int | None = Field(default=None, strict=True, ge=1, le=200, examples=[5])

    def over(self, rule: SurveyRule) -> SurveyRule:
        """The rule with these clauses; InvalidRequest when they contradict the others."""
        try:
            return replace(rule, **self.model_dump(exclude_none=True))
        except ConfigurationError as error:
            raise InvalidRequest(f"body.rule: {error}") from error


class SurveyIn(BaseModel):
    """What to survey. Samples times `every` is at most half an hour: the line's meters wait that long."""

    model_config = ConfigDict(extra="forbid")

    line_id: Annotated[Identifier, Field(strict=True, examples=[5])]
    samples: int = Field(default=20, strict=True, ge=1, le=200, examples=[20])
    every: int = Field(
        default=3, strict=True, ge=1, le=60, examples=[3], description="Seconds from sample to sample."
    )
    site: LineText = Field(default="", examples=["Abai 12, cellar"])
    sim: LineText = Field(default="", examples=["8999701560000000001"])
    operator: LineText = Field(default="", examples=["KCELL"])
    engineer: LineText = Field(default="", examples=["A. Serikov"])
    note: NoteText = Field(default="", examples=["Aerial on the north wall."])
    rule: RuleIn = Field(default=RuleIn(), examples=[{"adequate": "-80"}])

    @property
    def interval(self) -> timedelta:
        """From sample to sample; InvalidRequest when all of them together would take too long."""
        interval = timedelta(seconds=self.every)
        if self.samples * interval > LONGEST:
            raise InvalidRequest(
                f"body.samples: {self.samples} samples every {self.every} s take longer than {LONGEST}; "
                "take fewer or take them faster."
            )
        return interval


class RuleOut(BaseModel):
    """What was asked of the signal; `words` says it as a sentence."""

    adequate: Amount = dbm_field("-83")
    marginal: Amount = dbm_field("-93")
    steady: Amount = db_field("12")
    losses: DecimalText = Field(examples=["0"], description="A share from 0 to 1.")
    marginal_losses: DecimalText = Field(examples=["0.1"], description="A share from 0 to 1.")
    fewest: int = Field(examples=[5])
    words: str = Field(examples=[SurveyRule().words])


class FindingsOut(BaseModel):
    """What the samples say; levels are null where no sample had one."""

    samples: int = Field(examples=[20])
    heard: int = Field(examples=[20])
    lost: int = Field(examples=[0], description="No answer, no level, or no network.")
    median: Amount | None = dbm_field("-79")
    lower: Amount | None = dbm_field("-82", "Nine samples of ten were at least as strong.")
    upper: Amount | None = dbm_field("-77", "Nine samples of ten were at most as strong.")
    spread: Amount | None = db_field("5")
    verdict: Verdict = Field(examples=[Verdict.ADEQUATE])
    reason: str = Field(examples=["Adequate: the signal is strong and stable enough."])


class SampleOut(SignalOut):
    """One look at the modem."""

    at: Timestamp
    lost: bool = Field(examples=[False])


class SurveyOut(BaseModel):
    """A survey: who asked for it, where, by which rule, and what was found."""

    id: UUID = Field(examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    state: SurveyState = Field(examples=[SurveyState.DONE])
    line_id: int | None = Field(examples=[5], description="Null: of a modem that was on no line.")
    modem_id: int | None = Field(examples=[7], description="Null until it is known.")
    requested_at: Timestamp
    started_at: Timestamp | None
    finished_at: Timestamp | None
    samples_wanted: int = Field(examples=[20])
    every: Amount = Field(examples=[{"value": "3", "unit": "s"}])
    site: str = Field(examples=["Abai 12, cellar"])
    sim: str = Field(examples=["8999701560000000001"])
    operator: str = Field(examples=["KCELL"])
    engineer: str = Field(examples=["A. Serikov"])
    note: str = Field(examples=["Aerial on the north wall."])
    message: str = Field(examples=[""], description="Why it failed; empty when it did not.")
    rule: RuleOut
    findings: FindingsOut | None = Field(description="Null until it is done.")
    link: str = Field(examples=["/api/v1/signal-surveys/01890a5d-ac96-774b-bcce-b302099a8057"])


class SurveyDetail(SurveyOut):
    """A survey with its samples in the order of time."""

    samples: list[SampleOut]


def survey_fields(survey: Survey) -> dict[str, Any]:
    """The fields of SurveyOut."""
    request = survey.request
    return {
        "id": survey.id,
        "state": survey.state,
        "line_id": request.line_id,
        "modem_id": survey.modem_id,
        "requested_at": request.requested_at,
        "started_at": survey.started_at,
        "finished_at": survey.finished_at,
        "samples_wanted": request.samples_wanted,
        "every": duration(request.every),
        "site": request.site,
        "sim": request.sim,
        "operator": request.operator,
        "engineer": request.engineer,
        "note": request.note,
        "message": survey.message,
        "rule": _rule(request.rule),
        "findings": _findings(survey.findings) if survey.findings else None,
        "link": survey_link(survey.id),
    }


def sample_out(sample: Sample) -> SampleOut:
    """A sample as it is answered."""
    return SampleOut(**signal_fields(sample.report), at=sample.at, lost=sample.level is None)


def _rule(rule: SurveyRule) -> RuleOut:
    return RuleOut(
        adequate=known(rule.adequate, "dBm"),
        marginal=known(rule.marginal, "dBm"),
        steady=known(rule.steady, "dB"),
        losses=decimal_text(rule.losses),
        marginal_losses=decimal_text(rule.marginal_losses),
        fewest=rule.fewest,
        words=rule.words,
    )


def _findings(findings: SurveyFindings) -> FindingsOut:
    return FindingsOut(
        samples=findings.samples,
        heard=findings.heard,
        lost=findings.lost,
        median=amount(findings.median, "dBm"),
        lower=amount(findings.lower, "dBm"),
        upper=amount(findings.upper, "dBm"),
        spread=amount(findings.spread, "dB"),
        verdict=findings.verdict,
        reason=findings.reason,
    )
