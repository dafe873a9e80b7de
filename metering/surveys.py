"""A signal survey: whether a modem can work at a place, by the rule that its findings state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from metering.errors import ConfigurationError
from metering.exact import decimal_text
from metering.signals import SignalReport

_WEAKEST: Final = Decimal(-150)
_STRONGEST: Final = Decimal(0)
_WIDEST: Final = Decimal(150)
_MOST_SAMPLES: Final = 1000


class Verdict(StrEnum):
    """Whether a modem may be installed here."""

    ADEQUATE = "adequate"
    MARGINAL = "marginal"
    INADEQUATE = "inadequate"
    UNDECIDED = "undecided"
    """Too few samples to say, or a modem that answered none of them."""


@dataclass(frozen=True, slots=True)
class SurveyRule:
    """What "the signal is stable" means. Levels and spread in dBm and dB, shares from 0 to 1.

    The level that counts is the lower decile: nine samples of ten were at least as strong. Adequate: it is at
    least `adequate`, the spread (upper minus lower decile) at most `steady`, and the share of samples without
    registration or level at most `losses`. Marginal: at least `marginal`, with at most `marginal_losses`.
    ConfigurationError when the numbers contradict each other.
    """

    adequate: Decimal = Decimal(-83)
    marginal: Decimal = Decimal(-93)
    steady: Decimal = Decimal(12)
    losses: Decimal = Decimal(0)
    marginal_losses: Decimal = Decimal("0.1")
    fewest: int = 5

    def __post_init__(self) -> None:
        if not _ascending(_WEAKEST, self.marginal, self.adequate, _STRONGEST):
            raise ConfigurationError(
                f"A survey's levels must be {_WEAKEST} <= marginal <= adequate <= {_STRONGEST} dBm, "
                f"not {self.marginal} and {self.adequate}."
            )
        if not _ascending(Decimal(0), self.steady, _WIDEST):
            raise ConfigurationError(
                f"A survey's steady spread must be from 0 to {_WIDEST} dB, not {self.steady}."
            )
        if not _ascending(Decimal(0), self.losses, self.marginal_losses, Decimal(1)):
            raise ConfigurationError(
                "A survey's losses must be 0 <= losses <= marginal_losses <= 1, shares and not percent, "
                f"not {self.losses} and {self.marginal_losses}."
            )
        if not 1 <= self.fewest <= _MOST_SAMPLES:
            raise ConfigurationError(
                f"A survey's fewest samples must be from 1 to {_MOST_SAMPLES}, not {self.fewest}."
            )

    @property
    def words(self) -> str:
        """The rule as a sentence for people."""
        return (
            f"Adequate is a lower decile of at least {decimal_text(self.adequate)} dBm with a spread of "
            f"at most {decimal_text(self.steady)} dB and at most {_percent(self.losses)} of the samples "
            f"lost; marginal is one of at least {decimal_text(self.marginal)} dBm with at most "
            f"{_percent(self.marginal_losses)} lost; fewer than {self.fewest} samples decide nothing."
        )


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the modem; `report` is None when it did not answer."""

    at: datetime
    report: SignalReport | None

    @property
    def level(self) -> Decimal | None:
        """The level in dBm; None when the sample is lost: no answer, no level, or no network that serves."""
        if self.report is None or (self.report.registration and not self.report.registration.served):
            return None
        return self.report.level


@dataclass(frozen=True, slots=True)
class SurveyFindings:
    """What the samples say. Levels in dBm, spread in dB; None where no sample had a level.

    `lower` and `upper` are deciles by nearest rank: the strongest level that nine of ten heard samples reach,
    and the weakest one that nine of ten do not exceed; with fewer than ten, the weakest and the strongest.
    """

    samples: int
    heard: int
    lost: int
    median: Decimal | None
    lower: Decimal | None
    upper: Decimal | None
    spread: Decimal | None
    verdict: Verdict
    reason: str
    rule: SurveyRule


def judge(samples: Sequence[Sample], rule: SurveyRule) -> SurveyFindings:
    """The figures of the samples and the verdict by the rule, with a reason that states both."""
    findings = _figures(samples, rule)
    verdict, because = _verdict(findings, answered=sum(sample.report is not None for sample in samples))
    reason = f"{verdict.capitalize()}: {because}. {_measured(findings)} {rule.words}"
    return replace(findings, verdict=verdict, reason=reason)


def _figures(samples: Sequence[Sample], rule: SurveyRule) -> SurveyFindings:
    levels = sorted(level for sample in samples if (level := sample.level) is not None)
    total, heard = len(samples), len(levels)
    counts = total, heard, total - heard
    if not heard:
        return SurveyFindings(*counts, None, None, None, None, Verdict.UNDECIDED, "", rule)
    outside = heard // 10
    lower, upper = levels[outside], levels[heard - 1 - outside]
    median = (levels[(heard - 1) // 2] + levels[heard // 2]) / 2
    return SurveyFindings(*counts, median, lower, upper, upper - lower, Verdict.UNDECIDED, "", rule)


def _verdict(findings: SurveyFindings, answered: int) -> tuple[Verdict, str]:
    rule = findings.rule
    if findings.samples < rule.fewest:
        return Verdict.UNDECIDED, f"{findings.samples} samples of at least {rule.fewest} were taken"
    if not answered:
        return Verdict.UNDECIDED, "the modem did not answer, so that nothing is known of the signal"
    if not (short := [*_short_of(findings, rule.adequate, rule.losses), *_unsteady(findings)]):
        return Verdict.ADEQUATE, "the signal is strong and stable enough"
    if short_of_marginal := list(_short_of(findings, rule.marginal, rule.marginal_losses)):
        return Verdict.INADEQUATE, " and ".join(short_of_marginal)
    return Verdict.MARGINAL, " and ".join(short)


def _short_of(findings: SurveyFindings, level: Decimal, losses: Decimal) -> Iterator[str]:
    if findings.lower is None:
        yield "no sample had a level and a network"
    elif findings.lower < level:
        yield f"the lower decile of {decimal_text(findings.lower)} dBm is below {decimal_text(level)} dBm"
    if findings.lost > losses * findings.samples:
        yield f"{findings.lost} of {findings.samples} samples lost is more than {_percent(losses)}"


def _unsteady(findings: SurveyFindings) -> Iterator[str]:
    steady = findings.rule.steady
    if findings.spread is not None and findings.spread > steady:
        yield f"the spread of {decimal_text(findings.spread)} dB is more than {decimal_text(steady)} dB"


def _measured(findings: SurveyFindings) -> str:
    lost = f"{findings.lost} of {findings.samples} samples lost"
    if findings.median is None or findings.lower is None or findings.upper is None or findings.spread is None:
        return f"Measured: {lost}."
    return (
        f"Measured: median {decimal_text(findings.median)} dBm, lower decile "
        f"{decimal_text(findings.lower)} dBm, upper decile {decimal_text(findings.upper)} dBm, spread "
        f"{decimal_text(findings.spread)} dB, {lost}."
    )


def _ascending(*values: Decimal) -> bool:
    """Whether none is smaller than the one before; not a number is no value."""
    return all(value.is_finite() for value in values) and list(values) == sorted(values)


def _percent(share: Decimal) -> str:
    return f"{decimal_text(share * 100)} %"
