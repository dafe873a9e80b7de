"""A signal survey of a place: what was heard there, the verdict by the rule, and who was there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from metering.explanations import VERDICTS
from metering.outcomes import Translate
from metering.signals import SignalReport
from metering.surveys import Sample, SurveyFindings, Verdict
from reports.sheet import Cell, Column, Field, Format, Group, Mark, Row, Section, Sheet, Signature, Table
from reports.survey_words import network_words, rule_words

MARKS = {
    Verdict.ADEQUATE: Mark.FULFILLED,
    Verdict.MARGINAL: Mark.DOUBTFUL,
    Verdict.INADEQUATE: Mark.FAILED,
    Verdict.UNDECIDED: Mark.DOUBTFUL,
}
LTE: Final = (
    Column("RSRP", unit="dBm", format=Format.NUMBER, places=1, width=10),
    Column("RSRQ", unit="dB", format=Format.NUMBER, places=1, width=10),
)
"""Which only modems in LTE tell; there the verdict rests on the signal level all the same."""
_SILENT: Final = SignalReport("")


@dataclass(frozen=True, slots=True)
class Surveyed:
    """Where and by whom a survey was taken; "" is what nobody said. `modem`: what names it; times are UTC."""

    site: str
    operator: str
    sim: str
    engineer: str
    note: str
    modem: str
    started_at: datetime
    finished_at: datetime


def signal_survey(
    place: Surveyed,
    samples: Sequence[Sample],
    findings: SurveyFindings,
    language: str,
    made_at: datetime,
    _: Translate,
) -> Sheet:
    """The sheet to be kept with a modem's papers."""
    return Sheet(
        title=_("Signal survey"),
        subtitle=place.site,
        language=language,
        made_at=made_at,
        made=_("Drawn up on {at} UTC"),
        page=_("Page {page} of {pages}"),
        fields=_place(place, _),
        sections=(_verdict(findings, _), _samples(samples, _)),
        notes=(rule_words(findings.rule, _),),
        signatures=(Signature(_("Engineer"), place.engineer),),
    )


def _place(place: Surveyed, _: Translate) -> tuple[Field, ...]:
    return (
        Field(_("Operator"), Cell(place.operator or None)),
        Field(_("SIM"), Cell(place.sim or None)),
        Field(_("Modem"), Cell(place.modem or None)),
        Field(_("Begun (UTC)"), Cell(place.started_at), format=Format.MOMENT),
        Field(_("Ended (UTC)"), Cell(place.finished_at), format=Format.MOMENT),
        Field(_("Note"), Cell(place.note or None)),
    )


def _verdict(findings: SurveyFindings, _: Translate) -> Section:
    explanation = VERDICTS[findings.verdict].translated(_)
    sentences = (explanation.cause, explanation.next_step)
    return Section(
        heading=_("Verdict"),
        paragraphs=tuple(filter(None, sentences)),
        fields=(
            Field(_("Verdict"), Cell(explanation.meaning, MARKS[findings.verdict])),
            *_figures(findings, _),
        ),
    )


def _figures(findings: SurveyFindings, _: Translate) -> tuple[Field, ...]:
    levels = (
        Field(_("Median"), Cell(findings.median), "dBm", Format.NUMBER, 1),
        Field(_("Lower decile"), Cell(findings.lower), "dBm", Format.NUMBER, 1),
        Field(_("Upper decile"), Cell(findings.upper), "dBm", Format.NUMBER, 1),
        Field(_("Spread"), Cell(findings.spread), "dB", Format.NUMBER, 1),
    )
    counts = (
        Field(_("Samples taken"), Cell(findings.samples), format=Format.NUMBER),
        Field(_("Of them lost"), Cell(findings.lost), format=Format.NUMBER),
    )
    return (*(levels if findings.heard else ()), *counts)


def _samples(samples: Sequence[Sample], _: Translate) -> Section:
    lte = any(_is_lte(sample) for sample in samples)
    columns = (
        Column(_("Time (UTC)"), format=Format.CODE, width=12),
        Column(_("Signal level"), unit="dBm", format=Format.NUMBER, places=1, width=10),
        *(LTE if lte else ()),
        Column(_("As said"), format=Format.CODE, width=18),
        Column(_("Network"), width=24),
        Column(_("Cell"), format=Format.CODE, width=16),
    )
    rows = tuple(_row(sample, lte, _) for sample in samples)
    return Section(_("Samples"), table=Table(columns, (Group(rows),)))


def _is_lte(sample: Sample) -> bool:
    report = sample.report
    return report is not None and (report.reference_power, report.reference_quality) != (None, None)


def _row(sample: Sample, lte: bool, _: Translate) -> Row:
    report = sample.report or _SILENT
    level = Cell(sample.level, Mark.GAP if sample.level is None else Mark.PLAIN)
    reference = (Cell(report.reference_power), Cell(report.reference_quality))
    said = report.raw if sample.report else _("no answer")
    network = network_words(report, _) if sample.report else None
    return Row(
        (
            Cell(f"{sample.at:%H:%M:%S}"),
            level,
            *(reference if lte else ()),
            Cell(said),
            Cell(network),
            Cell(report.cell or None),
        )
    )
