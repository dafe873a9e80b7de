"""The verdict of a survey, as it is printed, against the truth about the simulated cell, over many seeds.

The truth needs no samples: levels are normally distributed, so deciles and outages are arithmetic. Cells
within SURE of a boundary of the rule are left out: there, so few samples may rightly say either.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from statistics import NormalDist

import pytest

from collector.survey import SurveyPlan
from metering.surveys import SurveyRule, Verdict
from simulators.gsm.cell import Cell, CellTruth
from simulators.gsm.makes import MAKES
from simulators.gsm.modem import SimulatedModem
from simulators.gsm.network import Network
from teplo.survey import survey_modem
from teplo.survey_report import Place, TakenSurvey, print_survey
from tests.instant_loop import run_instantly
from tests.support.far_end_link import FarEndLink

RULE = SurveyRule()
SEEDS = range(40)
PLAN = SurveyPlan(samples=50, every=4.0)
SURE = 3.5
"""dB: beyond four standard errors of a decile of 50 samples at the largest fading used here."""
DECILE = NormalDist().inv_cdf(0.9)
WORDS = {
    Verdict.ADEQUATE: "Adequate: a modem may be installed here.",
    Verdict.MARGINAL: "Marginal: a modem would work with failures.",
    Verdict.INADEQUATE: "Inadequate: no modem is to be installed here.",
}


def true_verdict(truth: CellTruth) -> Verdict | None:
    """By the rule, from mean, spread and outages alone; None when it is too close to call."""
    lower, spread = truth.mean - DECILE * truth.sigma, 2 * DECILE * truth.sigma
    distances = (lower - float(RULE.adequate), lower - float(RULE.marginal), spread - float(RULE.steady))
    if min(map(abs, distances)) < SURE or 0 < truth.outage < 0.3:
        return None
    if lower < RULE.marginal or truth.outage:
        return Verdict.INADEQUATE
    return Verdict.ADEQUATE if lower >= RULE.adequate and spread <= RULE.steady else Verdict.MARGINAL


def cell(seed: int) -> Cell:
    """Some cell whose truth is clear."""
    random = Random(seed)
    while True:
        chosen = Cell(
            seed,
            mean=random.uniform(-108, -62),
            fading=random.uniform(0.5, 3.0),
            outage=random.choice((0.0, 0.0, 0.0, 0.4)),
        )
        if true_verdict(chosen.truth) is not None:
            return chosen


def survey(around: Cell) -> TakenSurvey:
    async def take() -> TakenSurvey:
        make = list(MAKES.values())[around.seed % len(MAKES)]
        modem = SimulatedModem(around.seed, Network(Random(around.seed)), make=make, cell=around)
        try:
            place = Place(site="cellar", engineer="A. Engineer")
            return await survey_modem(FarEndLink(modem), "", PLAN, place, RULE, lambda sample: None)
        finally:
            await modem.close()

    return run_instantly(take())


@pytest.mark.parametrize("seed", SEEDS)
def test_the_printed_verdict_is_the_cells_truth(seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    around = cell(seed)
    done = survey(around)
    print_survey(done, lambda text: text)
    printed = capsys.readouterr().out
    truth = true_verdict(around.truth)
    assert truth is not None
    assert WORDS[truth] in printed, f"{around.truth}: {done.findings.reason}"
    assert sum(word in printed for word in WORDS.values()) == 1
    assert around.operator in printed, "the operator is what the modem says"


def test_every_verdict_is_among_the_truths() -> None:
    truths = Counter(true_verdict(cell(seed).truth) for seed in SEEDS)
    assert min(truths[verdict] for verdict in WORDS) >= 4, truths


def test_the_figures_are_the_cells() -> None:
    """Median and losses of a long survey against the closed form; CSQ rounds to 2 dB."""
    around = Cell(1, mean=-79.0, fading=2.0, outage=0.2)
    findings = survey(around).findings
    assert findings.median is not None
    assert abs(float(findings.median) - around.mean) <= 2.0
    assert abs(findings.lost / findings.samples - around.outage) <= 0.2
