"""A survey's verdict follows the signal: stronger is never worse, and no sample is lost from the count."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from metering.signals import Registration, SignalReport
from metering.surveys import Sample, SurveyRule, Verdict, judge

AT = datetime(2026, 1, 20, tzinfo=UTC)
RANKS = {Verdict.INADEQUATE: 0, Verdict.MARGINAL: 1, Verdict.ADEQUATE: 2}

levels = st.none() | st.integers(-1130, -510).map(lambda tenths: Decimal(tenths).scaleb(-1))
surveys = st.lists(levels, max_size=40)
shares = st.integers(0, 100).map(lambda percent: Decimal(percent).scaleb(-2))


@st.composite
def rules(draw: st.DrawFn) -> SurveyRule:
    marginal, adequate = sorted(Decimal(draw(st.integers(-113, -51))) for _ in range(2))
    losses, marginal_losses = sorted(draw(shares) for _ in range(2))
    steady = Decimal(draw(st.integers(0, 60)))
    return SurveyRule(adequate, marginal, steady, losses, marginal_losses, draw(st.integers(1, 10)))


def samples(survey: list[Decimal | None], louder: int = 0) -> list[Sample]:
    return [
        Sample(AT, SignalReport("", None if one is None else one + louder, registration=Registration.HOME))
        for one in survey
    ]


@given(surveys, rules(), st.integers(0, 60))
def test_a_stronger_signal_is_never_judged_worse(
    survey: list[Decimal | None], rule: SurveyRule, louder: int
) -> None:
    before, after = judge(samples(survey), rule), judge(samples(survey, louder), rule)
    assert (before.verdict is Verdict.UNDECIDED) == (after.verdict is Verdict.UNDECIDED)
    if before.verdict is not Verdict.UNDECIDED:
        assert RANKS[before.verdict] <= RANKS[after.verdict]


@given(surveys, rules())
def test_a_verdict_is_undecided_by_the_number_of_samples_alone(
    survey: list[Decimal | None], rule: SurveyRule
) -> None:
    found = judge(samples(survey), rule)
    assert (found.verdict is Verdict.UNDECIDED) == (len(survey) < rule.fewest)


@given(surveys, rules())
def test_the_verdict_is_what_the_figures_say(survey: list[Decimal | None], rule: SurveyRule) -> None:
    found = judge(samples(survey), rule)
    assert (found.heard, found.lost) == (len(survey) - survey.count(None), survey.count(None))
    if found.verdict is Verdict.UNDECIDED:
        return
    lost = Fraction(found.lost, found.samples)
    strong = found.lower is not None and found.lower >= rule.adequate
    fair = found.lower is not None and found.lower >= rule.marginal
    steady = found.spread is not None and found.spread <= rule.steady
    adequate = strong and steady and lost <= Fraction(rule.losses)
    assert (found.verdict is Verdict.ADEQUATE) == adequate
    assert (found.verdict is Verdict.INADEQUATE) == (not fair or lost > Fraction(rule.marginal_losses))


@given(surveys, rules(), st.randoms(use_true_random=False))
def test_the_order_of_the_samples_does_not_matter(
    survey: list[Decimal | None], rule: SurveyRule, shuffle: Random
) -> None:
    shuffled = list(survey)
    shuffle.shuffle(shuffled)
    assert judge(samples(shuffled), rule) == judge(samples(survey), rule)
