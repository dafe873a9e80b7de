"""What a signal survey finds, beside a second reckoning; and every clause of the rule from both its sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from statistics import median

import pytest

from metering.errors import ConfigurationError
from metering.signals import Registration, SignalReport
from metering.surveys import Sample, SurveyFindings, SurveyRule, Verdict, judge

RULE = SurveyRule()
BEGIN = datetime(2026, 1, 20, 10, tzinfo=UTC)
NO_LEVEL = SignalReport("CSQ 99,99", registration=Registration.HOME)


def samples(*levels: int | str | SignalReport | None) -> list[Sample]:
    """Levels in dBm, reports as they are; None is a modem that did not answer."""
    reports = [_report(level) for level in levels]
    return [Sample(BEGIN + timedelta(seconds=3 * number), report) for number, report in enumerate(reports)]


def _report(level: int | str | SignalReport | None) -> SignalReport | None:
    if level is None or isinstance(level, SignalReport):
        return level
    return SignalReport(f"level {level}", Decimal(level), registration=Registration.HOME)


def verdict(*levels: int | str | SignalReport | None, rule: SurveyRule = RULE) -> Verdict:
    return judge(samples(*levels), rule).verdict


def share_at_least(levels: Sequence[int], level: int) -> float:
    return sum(one >= level for one in levels) / len(levels)


@pytest.mark.parametrize("count", [1, 2, 5, 9, 10, 11, 19, 20, 21, 100, 199])
def test_the_figures_are_those_of_a_second_reckoning(count: int) -> None:
    levels = [-60 - (number * 37) % 50 for number in range(count)]
    found = judge(samples(*levels), RULE)
    assert found.median == Decimal(str(median(levels)))
    assert found.lower == max(one for one in levels if share_at_least(levels, one) >= 0.9)
    mirrored = [-one for one in levels]
    assert found.upper == min(one for one in levels if share_at_least(mirrored, -one) >= 0.9)
    assert found.lower is not None and found.upper is not None
    assert found.spread == found.upper - found.lower
    assert (found.samples, found.heard, found.lost, found.rule) == (count, count, 0, RULE)


def test_a_level_between_two_whole_ones_stays_exact() -> None:
    assert judge(samples(-83, -84), RULE).median == Decimal("-83.5")


def test_one_weak_sample_of_ten_is_not_what_counts() -> None:
    assert judge(samples(*[-70] * 9, -110), RULE).lower == -70
    assert judge(samples(*[-70] * 8, -110), RULE).lower == -110


@pytest.mark.parametrize(
    ("weakest", "expected"),
    [
        ("-82.9", Verdict.ADEQUATE),
        ("-83", Verdict.ADEQUATE),
        ("-83.1", Verdict.MARGINAL),
        ("-93", Verdict.MARGINAL),
        ("-93.1", Verdict.INADEQUATE),
    ],
)
def test_the_level_that_counts(weakest: str, expected: Verdict) -> None:
    assert verdict(*[weakest] * 5) is expected


@pytest.mark.parametrize(("strongest", "expected"), [("-71", Verdict.ADEQUATE), ("-70.9", Verdict.MARGINAL)])
def test_an_unsteady_signal_is_marginal(strongest: str, expected: Verdict) -> None:
    assert verdict(-83, -83, -83, -83, strongest) is expected


@pytest.mark.parametrize(
    ("lost", "expected"),
    [(0, Verdict.ADEQUATE), (1, Verdict.MARGINAL), (2, Verdict.MARGINAL), (3, Verdict.INADEQUATE)],
)
def test_losses_out_of_twenty(lost: int, expected: Verdict) -> None:
    assert verdict(*[NO_LEVEL] * lost, *[-60] * (20 - lost)) is expected


def test_a_share_that_no_decimal_has_is_compared_exactly() -> None:
    a_third = replace(RULE, losses=Decimal("0.333"), marginal_losses=Decimal("0.334"))
    assert verdict(NO_LEVEL, -60, -60, rule=replace(a_third, fewest=3)) is Verdict.MARGINAL


@pytest.mark.parametrize("registration", [one for one in Registration if not one.served])
def test_a_level_without_a_network_is_a_loss(registration: Registration) -> None:
    found = judge(samples(*[SignalReport("CSQ 28,0", Decimal(-57), registration=registration)] * 20), RULE)
    assert (found.heard, found.lost, found.median, found.verdict) == (0, 20, None, Verdict.INADEQUATE)


def test_roaming_and_gateways_that_say_nothing_of_registration_are_heard() -> None:
    roaming = SignalReport("CSQ 28,0", Decimal(-57), registration=Registration.ROAMING)
    unsaid = SignalReport("CSQ=28", Decimal(-57))
    assert judge(samples(roaming, unsaid), RULE).heard == 2


def test_a_modem_that_is_silent_now_and_then_loses_these_samples() -> None:
    found = judge(samples(*[-60] * 8, None, None), RULE)
    assert (found.heard, found.lost, found.verdict) == (8, 2, Verdict.INADEQUATE)


@pytest.mark.parametrize("taken", [(), (-60,) * 4, (-120,) * 4, (NO_LEVEL,) * 4])
def test_too_few_samples_decide_nothing(taken: tuple[int | SignalReport, ...]) -> None:
    found = judge(samples(*taken), RULE)
    assert found.verdict is Verdict.UNDECIDED
    assert f"{len(taken)} samples of at least 5" in found.reason


def test_a_modem_that_never_answered_says_nothing_of_the_signal() -> None:
    found = judge(samples(*[None] * 20), RULE)
    assert (found.verdict, found.lost) == (Verdict.UNDECIDED, 20)
    assert "did not answer" in found.reason


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (judge(samples(*[-60] * 5), RULE), ["Adequate: the signal is strong", "spread 0 dB", "0 of 5"]),
        (judge(samples(*[-85] * 5), RULE), ["Marginal: the lower decile of -85 dBm is below -83 dBm."]),
        (judge(samples(*[-80] * 4, -60), RULE), ["Marginal: the spread of 20 dB is more than 12 dB."]),
        (
            judge(samples(*[-99] * 4, NO_LEVEL), RULE),
            ["Inadequate: the lower decile of -99 dBm is below -93 dBm and 1 of 5 samples lost is more than"],
        ),
        (judge(samples(*[NO_LEVEL] * 5), RULE), ["Inadequate: no sample had a level", "Measured: 5 of 5"]),
    ],
    ids=["adequate", "weak", "unsteady", "weak and lost", "nothing heard"],
)
def test_the_reason_gives_the_figures_and_the_rule(found: SurveyFindings, said: list[str]) -> None:
    assert not [part for part in said if part not in found.reason]
    assert found.reason.endswith(RULE.words)


def test_the_rule_in_words_has_every_one_of_its_numbers() -> None:
    rule = SurveyRule(Decimal("-81.5"), Decimal(-95), Decimal(7), Decimal("0.01"), Decimal("0.25"), fewest=6)
    for number in ("-81.5 dBm", "-95 dBm", "7 dB", "1 %", "25 %", "6 samples"):
        assert number in rule.words


@pytest.mark.parametrize(
    "numbers",
    [
        {"adequate": Decimal(-94)},
        {"adequate": Decimal(1)},
        {"marginal": Decimal(-151)},
        {"marginal": Decimal("NaN")},
        {"steady": Decimal(-1)},
        {"steady": Decimal("Infinity")},
        {"losses": Decimal("-0.1")},
        {"losses": Decimal("0.2")},
        {"marginal_losses": Decimal(10)},
        {"fewest": 0},
        {"fewest": 1001},
    ],
    ids=str,
)
def test_a_rule_that_contradicts_itself_is_refused(numbers: dict[str, Decimal]) -> None:
    with pytest.raises(ConfigurationError, match="A survey's"):
        replace(RULE, **numbers)  # type: ignore[arg-type]
