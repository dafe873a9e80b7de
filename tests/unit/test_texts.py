"""Every text for people is in every catalogue, with the same placeholders and commands as its source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from api import provenance_sheet, provenance_sheet_decisions, provenance_sheet_polls
from metering import billing_changes, errors, reasons
from metering.billing_lines import Status
from metering.calendar import ArchiveKind
from metering.conditions import ConditionName
from metering.errors import ConfigurationError, TeploError
from metering.evidence import RegisterSource
from metering.explanations import (
    ABSENCES,
    CONDITIONS,
    FINDINGS,
    FLAGS,
    GAP_REASONS,
    RECORDS,
    REGISTER_SOURCES,
    REGISTRATIONS,
    REPORT_SOURCES,
    STATUSES,
    STEPS,
    VERDICTS,
)
from metering.levels import Step
from metering.outcomes import OUTCOMES
from metering.polls import Finding, Outcome
from metering.problems import PROBLEMS
from metering.readings import Absence, Flag, GapReason
from metering.reported import ReportSource
from metering.signals import Registration
from metering.surveys import Verdict
from reports import act_words, component_names
from reports.sheets import archive_sheet, route_sheet
from teplo.texts import LANGUAGES, SOURCE, translator

ROOT = Path(__file__).parents[2]
TRANSLATIONS = [language for language in LANGUAGES if language != SOURCE]
WORDS = [
    (Finding, FINDINGS),
    (Flag, FLAGS),
    (Absence, ABSENCES),
    (ConditionName, CONDITIONS),
    (GapReason, GAP_REASONS),
    (Status, STATUSES),
    (Step, STEPS),
    (RegisterSource, REGISTER_SOURCES),
    (ArchiveKind, RECORDS),
    (ReportSource, REPORT_SOURCES),
    (Registration, REGISTRATIONS),
]
SENTENCES = (
    reasons.SENTENCES,
    billing_changes.SENTENCES,
    provenance_sheet.LINE,
    provenance_sheet.SIDES,
    provenance_sheet.READINGS,
    provenance_sheet_polls.DIRECTIONS,
    provenance_sheet_decisions.ARCHIVES,
    provenance_sheet_decisions.EVENTS,
    provenance_sheet_decisions.CAUSES,
    component_names.COMPONENT_NAMES,
    act_words.KINDS,
    act_words.REQUIREMENTS,
    route_sheet.REQUESTS,
    archive_sheet.TITLES,
    archive_sheet.OVER_ALL_LABELS,
)
"""Tables whose values are texts."""
LABELS = (
    provenance_sheet_polls.BYTES,
    provenance_sheet_decisions.ACT,
    provenance_sheet_decisions.EVENT,
    provenance_sheet_decisions.REVISION,
)
"""Tables whose keys are texts."""
SHOWING = ("teplo", "api", "reports")
"""Where texts for people are marked."""
MARKS = {"_", "mark", "translate"}
"""Functions whose first argument is a text."""
SYMBOLS = {"M1, t", "M2, t", "M3, t", "V1, m³", "V2, m³", "V3, m³", "Dy, mm"}
LOANWORDS = {"SIM", "engineer", "modem", "Modem", "operator", "seal", "Median", "Engineer"} | SYMBOLS
LOANWORDS |= {"Frame {number}, {direction}"}
"""Kazakh has them from the same source."""
KEPT = re.compile(r"\{\w*\}|%\(\w+\)s|`[^`]+`|\b[A-Z]+_[A-Z_]+\b")
ALPHABETS = {"ru": "абвгдежзийклмнопрстуфхцчшщъыьэюяё", "kk": "абвгдежзийклмнопрстуфхцчшщъыьэюяёәғқңөұүһі"}


def sources() -> Iterator[str]:
    """Every source text: the tables, the errors' own messages, and what is marked in the code."""
    for table in (OUTCOMES, VERDICTS, PROBLEMS):
        yield from (text for explanation in table.values() for text in explanation if text)
    yield from (text for _, words in WORDS for text in words.values())
    yield from (text for table in SENTENCES for text in table.values())
    yield from (label for table in LABELS for label in table)
    yield from (label for *_, label in act_words.FIELDS)
    classes = (kind for kind in vars(errors).values() if isinstance(kind, type))
    yield from (kind.default_message() for kind in classes if issubclass(kind, TeploError))
    for path in (path for folder in SHOWING for path in (ROOT / folder).rglob("*.py")):
        yield from _marked(ast.parse(path.read_text()))


def _marked(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            yield from (one.value for one in node.args[:1] if isinstance(one, ast.Constant))


def catalogue(language: str) -> Catalog:
    file = resources.files("teplo") / "locale" / language / "LC_MESSAGES" / "teplo.po"
    with file.open("rb") as opened:
        return read_po(opened, locale=language)


def translations(language: str) -> dict[str, str]:
    return {str(message.id): str(message.string) for message in catalogue(language) if message.id}


@pytest.mark.parametrize(("words", "table"), WORDS, ids=lambda value: getattr(value, "__name__", None))
def test_every_word_is_explained(words: type, table: dict[object, str]) -> None:
    assert set(table) == set(words)


def test_every_outcome_has_a_cause_and_a_next_step() -> None:
    assert set(OUTCOMES) == set(Outcome)
    assert all(all(explanation) for outcome, explanation in OUTCOMES.items() if outcome is not Outcome.OK)


def test_every_verdict_but_the_good_one_has_a_cause_and_a_next_step() -> None:
    assert set(VERDICTS) == set(Verdict)
    assert all(all(VERDICTS[verdict]) for verdict in Verdict if verdict is not Verdict.ADEQUATE)


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_catalogue_has_every_text_and_no_other(language: str) -> None:
    assert set(translations(language)) == set(sources())


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_keeps_placeholders_commands_and_settings(language: str) -> None:
    wrong = [
        source
        for source, text in translations(language).items()
        if sorted(KEPT.findall(source)) != sorted(KEPT.findall(text))
    ]
    assert not wrong


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_is_written_in_its_alphabet(language: str) -> None:
    for source, text in translations(language).items():
        cyrillic = {letter for letter in text.lower() if "\u0400" <= letter <= "\u04ff"}
        assert cyrillic, source
        assert cyrillic <= set(ALPHABETS[language]), source


def test_kazakh_is_not_russian() -> None:
    russian, kazakh = translations("ru"), translations("kk")
    alike = {source for source in russian if russian[source] == kazakh[source]}
    assert alike <= LOANWORDS


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translator_translates_what_it_knows_and_leaves_the_rest(language: str) -> None:
    translate = translator(language)
    translated = OUTCOMES[Outcome.METER_SILENT].translated(translate)
    assert (translated == OUTCOMES[Outcome.METER_SILENT]) == (language == SOURCE)
    assert translate("not in any catalogue") == "not in any catalogue"


def test_an_explanation_without_cause_stays_without() -> None:
    assert OUTCOMES[Outcome.OK].translated(translator("ru"))[1:] == ("", "")


@pytest.mark.parametrize("language", ["de", "", "../ru"])
def test_an_unknown_language_is_a_wrong_setting(language: str) -> None:
    with pytest.raises(ConfigurationError, match="en, ru, kk"):
        translator(language)
