"""A signal survey: whether a modem can work at a place, by a rule that the utility sets and the report states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from metering.signals import SignalReport


class Verdict(StrEnum):
    """Whether a modem may be installed here."""

    ADEQUATE = "adequate"
    MARGINAL = "marginal"
    INADEQUATE = "inadequate"
    UNDECIDED = "undecided"
    """Too few samples to say."""


@dataclass(frozen=True, slots=True)
class SurveyRule:
    """What "the signal is stable" means. Levels and spread in dBm and dB, shares from 0 to 1.

    The level that counts is the lower decile: nine samples of ten were at least as strong. Adequate: it is at
    least `adequate`, the spread (upper minus lower decile) at most `steady`, and the share of samples without
    registration or level at most `losses`. Marginal: at least `marginal`, with at most `marginal_losses`.
    """

    adequate: Decimal = Decimal(-83)
    marginal: Decimal = Decimal(-93)
    steady: Decimal = Decimal(12)
    losses: Decimal = Decimal(0)
    marginal_losses: Decimal = Decimal("0.1")
    fewest: int = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the modem; `report` is None when it did not answer."""

    at: datetime
    report: SignalReport | None


@dataclass(frozen=True, slots=True)
class SurveyFindings:
    """What the samples say. Levels in dBm, spread in dB; None where no sample had a level."""

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
