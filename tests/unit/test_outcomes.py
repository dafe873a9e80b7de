"""The vocabulary of outcomes is whole: every word has its three parts, in every language and on its page."""

from __future__ import annotations

from pathlib import Path

import pytest

from metering.outcomes import OUTCOMES
from metering.polls import ASKED_NOBODY, LINE_FAULTS, NO_POLL, READ, Outcome
from metering.problems import PROBLEMS, ProblemKind
from teplo.texts import LANGUAGES, translator

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "outcomes.md"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("outcome", Outcome)
def test_a_word_has_meaning_cause_and_next_step(outcome: Outcome, language: str) -> None:
    translated = OUTCOMES[outcome].translated(translator(language))
    assert translated.meaning
    assert outcome is Outcome.OK or all(translated)
    if language != "en":
        assert not set(filter(None, translated)) & set(OUTCOMES[outcome])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ProblemKind)
def test_a_problem_has_meaning_cause_and_next_step(kind: ProblemKind, language: str) -> None:
    translated = PROBLEMS[kind].translated(translator(language))
    assert all(translated)
    if language != "en":
        assert not set(translated) & set(PROBLEMS[kind])


@pytest.mark.parametrize("outcome", Outcome)
def test_the_page_of_outcomes_has_each_word_with_its_text(outcome: Outcome) -> None:
    cells = " | ".join((f"`{outcome.value}`", *OUTCOMES[outcome]))
    assert f"| {cells} |" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ProblemKind)
def test_the_page_of_outcomes_has_each_problem(kind: ProblemKind) -> None:
    assert f"| `{kind.value}` | {PROBLEMS[kind].meaning} |" in PAGE.read_text(encoding="utf-8")


def test_the_sets_of_words_go_together() -> None:
    assert not READ & LINE_FAULTS
    assert not NO_POLL & (READ | LINE_FAULTS)
    assert not READ & ASKED_NOBODY
