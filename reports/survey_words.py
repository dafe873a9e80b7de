"""What a signal survey says in sentences, on paper and in the terminal."""

from __future__ import annotations

from metering.exact import decimal_text
from metering.explanations import REGISTRATIONS
from metering.outcomes import Translate
from metering.signals import SignalReport
from metering.surveys import SurveyRule


def rule_words(rule: SurveyRule, _: Translate) -> str:
    """The rule by which a survey is judged."""
    text = _(
        "The rule: adequate is a lower decile of at least {adequate} dBm, a spread of at most {steady} dB "
        "and at most {losses} % of the samples lost; marginal is one of at least {marginal} dBm with at most "
        "{marginal_losses} % lost; fewer than {fewest} samples decide nothing."
    )
    return text.format(
        adequate=decimal_text(rule.adequate),
        marginal=decimal_text(rule.marginal),
        steady=decimal_text(rule.steady),
        losses=decimal_text(rule.losses * 100),
        marginal_losses=decimal_text(rule.marginal_losses * 100),
        fewest=rule.fewest,
    )


def network_words(report: SignalReport, _: Translate) -> str:
    """The technology and whether the network serves the modem; "" when it said neither."""
    technology = report.technology.value.upper().replace("_", "-") if report.technology else ""
    registration = _(REGISTRATIONS[report.registration]) if report.registration else ""
    return f"{technology} {registration}".strip()
