"""A signal survey for a person and for a program: who and where, samples, figures, verdict and rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from pydantic import TypeAdapter, ValidationError
from rich import box
from rich.console import Console
from rich.table import Table

from metering.errors import ConfigurationError
from metering.explanations import VERDICTS
from metering.surveys import Sample, SurveyFindings
from reports.survey_words import network_words, rule_words
from teplo.report import plain
from teplo.texts import Translate

LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where a survey was taken and by whom; "" is what nobody said."""

    site: str = ""
    operator: str = ""
    sim: str = ""
    engineer: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        for name, text in asdict(self).items():
            if len(text) > LONGEST_TEXT or not text.isprintable():
                raise ConfigurationError(
                    f"The survey's {name} is no text of at most {LONGEST_TEXT} characters."
                )


@dataclass(frozen=True, slots=True)
class TakenSurvey:
    """A finished survey as it is shown and kept."""

    url: str
    place: Place
    started_at: datetime
    finished_at: datetime
    samples: tuple[Sample, ...]
    findings: SurveyFindings

    def as_json(self) -> str:
        """One JSON object; levels and shares are decimals in text, absent ones null."""
        return _JSON.dump_json(self, indent=2).decode()

    @classmethod
    def from_json(cls, text: str) -> TakenSurvey:
        """What `as_json` wrote; ConfigurationError when it is something else."""
        try:
            return _JSON.validate_json(text)
        except ValidationError as error:
            raise ConfigurationError(
                f"This is no survey that `teplo signal survey` wrote: {error}"
            ) from error


_JSON = TypeAdapter(TakenSurvey)


def print_survey(survey: TakenSurvey, _: Translate) -> None:
    """The survey on standard output, in the reader's language."""
    console = Console(highlight=False)
    findings = survey.findings
    console.print(_samples(survey.samples, _))
    for name, text in _particulars(survey, _):
        console.print(f"{name}: {text}", soft_wrap=True)
    explanation = VERDICTS[findings.verdict].translated(_)
    console.print(f"\n[bold]{explanation.meaning}[/bold]")
    console.print(_figures(findings, _), soft_wrap=True)
    if explanation.next_step:
        console.print(_("likely cause: {cause}").format(cause=explanation.cause), soft_wrap=True)
        console.print(_("next step: {step}").format(step=explanation.next_step), soft_wrap=True)
    console.print(rule_words(findings.rule, _), soft_wrap=True)


def _samples(samples: Sequence[Sample], _: Translate) -> Table:
    headings = (_("at"), _("level"), _("as said"), _("network"), _("cell"))
    table = Table(*headings, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for sample in samples:
        report = sample.report
        if report is None:
            table.add_row(f"{sample.at:%H:%M:%S}", "-", _("no answer"), "-", "-")
            continue
        level = "-" if report.level is None else f"{plain(report.level)} dBm"
        table.add_row(
            f"{sample.at:%H:%M:%S}", level, report.raw, network_words(report, _) or "-", report.cell or "-"
        )
    return table


def _particulars(survey: TakenSurvey, _: Translate) -> list[tuple[str, str]]:
    place = survey.place
    rows = [
        (_("site"), place.site),
        (_("operator"), place.operator),
        (_("SIM"), place.sim),
        (_("engineer"), place.engineer),
        (_("note"), place.note),
        (_("date"), f"{survey.started_at:%Y-%m-%d %H:%M} UTC"),
        (_("modem"), survey.url),
    ]
    return [(name, text) for name, text in rows if text]


def _figures(findings: SurveyFindings, _: Translate) -> str:
    lost = _("{lost} of {samples} samples lost").format(lost=findings.lost, samples=findings.samples)
    if findings.median is None:
        return lost
    levels = _("median {median} dBm, lower decile {lower} dBm, upper decile {upper} dBm, spread {spread} dB")
    figures = {name: plain(getattr(findings, name)) for name in ("median", "lower", "upper", "spread")}
    return f"{levels.format(**figures)}; {lost}"
