"""`teplo signal`: surveys of how well a modem hears its network."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from collector.links.opening import link_for
from collector.links.url import LineUrl
from collector.supervisor import wait
from collector.survey import SurveyPlan
from metering.errors import ConfigurationError, StorageError
from metering.surveys import Sample, Verdict
from storage.jobs import OPERATORS_PRIORITY, Jobs
from storage.pool import Database
from storage.surveys import Surveys, SurveyState
from storage.usage_points import Registry
from teplo.bounded_file import text_of
from teplo.command_group import command_group
from teplo.composition import MODEM, clock, texts
from teplo.report import plain
from teplo.settings import read_settings
from teplo.survey import Told, keep, request, rule_of, survey_modem, taken
from teplo.survey_report import Place, TakenSurvey, print_survey
from teplo.texts import Translate
from teplo.with_database import with_database

AT_HAND: Final = ("serial", "tcp", "rfc2217")
SOON: Final = timedelta(seconds=20)
"""A collector that is alive and free takes a survey up before that."""
LARGEST_FILE: Final = 1_000_000
NOT_ADEQUATE: Final = 1
"""The exit code of a survey that ended well with another verdict than adequate."""

signal = command_group("signal", "Signal level: can a modem work here?")


@signal.command()
def survey(
    url: Annotated[
        str,
        typer.Argument(help="A modem at hand, serial:/dev/ttyUSB0, or a registered line, inbound:3569..."),
    ],
    samples: Annotated[int, typer.Option(help="How many samples.")] = 20,
    every: Annotated[float, typer.Option(help="Seconds between two samples.")] = 3.0,
    site: Annotated[str, typer.Option(help="Where: house, cellar, corner.")] = "",
    operator: Annotated[str, typer.Option(help="Operator; what the modem says else.")] = "",
    sim: Annotated[str, typer.Option(help="SIM card; what the modem says else.")] = "",
    engineer: Annotated[str, typer.Option(help="Who takes the survey.")] = "",
    note: Annotated[str, typer.Option(help="Anything else worth keeping.")] = "",
    pin: Annotated[str, typer.Option(help="PIN of the SIM card, if it wants one.")] = "",
    save: Annotated[Path | None, typer.Option(help="Keep the survey in this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Take samples, and say by the utility's rule whether a modem can work here.

    With TEPLO_DATABASE_URL set the survey is stored; without, keep it by --save and store it later.
    """
    line, plan = LineUrl.parse(url), SurveyPlan(samples, every)
    place = Place(site, operator, sim, engineer, note)
    at_hand = line.scheme in AT_HAND
    if at_hand:
        done = asyncio.run(_at_hand(line, pin, plan, place))
    else:
        done = with_database(lambda database: _over_line(database, line, plan, place))
    print(done.as_json()) if as_json else print_survey(done, texts())
    try:
        if save is not None:
            _write(save, done)
    finally:
        if at_hand:
            _store(done, save)
    if done.findings.verdict is not Verdict.ADEQUATE:
        raise typer.Exit(NOT_ADEQUATE)


@signal.command(name="keep")
def keep_file(file: Annotated[Path, typer.Argument(help="What `teplo signal survey --save` wrote.")]) -> None:
    """Store a survey that was taken where the database was out of reach."""
    done = TakenSurvey.from_json(text_of(file, LARGEST_FILE))
    identifier = with_database(lambda database: keep(done, Surveys(database)))
    _ = texts()
    print(_("stored as survey {identifier}").format(identifier=identifier))


async def _at_hand(line: LineUrl, pin: str, plan: SurveyPlan, place: Place) -> TakenSurvey:
    rule = rule_of(read_settings())
    with _progress(plan.samples, texts()) as told:
        return await survey_modem(link_for(line, MODEM), pin, plan, place, rule, told)


def _store(done: TakenSurvey, saved: Path | None) -> None:
    """In the database, if one is named; a survey that it does not take is kept in a file all the same."""
    if not read_settings().database_url:
        return
    try:
        with_database(lambda database: keep(done, Surveys(database)))
    except StorageError as error:
        file = saved or Path(f"survey-{done.started_at:%Y%m%d-%H%M%S}.json")
        if saved is None:
            _write(file, done)
        raise type(error)(
            f"{error} The survey is kept in {file}; store it later: teplo signal keep {file}"
        ) from error


async def _over_line(database: Database, line: LineUrl, plan: SurveyPlan, place: Place) -> TakenSurvey:
    """The collector that has the line takes the survey; here it is only waited for."""
    registry, surveys = Registry(database), Surveys(database)
    identifier, line_id = await request(line, plan, place, rule_of(read_settings()), registry, surveys)
    found = await registry.line(line_id)
    queue = found.queue if found else None
    await Jobs(database).request_line(line_id, queue, OPERATORS_PRIORITY)
    return await _finished(identifier, surveys, plan)


async def _finished(identifier: UUID, surveys: Surveys, plan: SurveyPlan) -> TakenSurvey:
    _, asked_at = texts(), clock()
    with _bar() as progress:
        task = progress.add_task(_("waiting for the line"), total=None, last="")
        while True:
            survey = await surveys.get(identifier)
            if survey is None or survey.state in (SurveyState.DONE, SurveyState.FAILED):
                break
            if survey.started_at is not None:
                passed = (clock() - survey.started_at).total_seconds()
                done = min(plan.samples, passed / max(plan.every, 0.1))
                progress.update(task, description=_("sampling"), total=plan.samples, completed=done)
            elif clock() - asked_at > SOON:
                progress.update(task, description=_("waiting for the line; is its collector running?"))
            await wait(asyncio.Event(), 0.5)
    if survey is None:
        raise ConfigurationError(f"The survey {identifier} is gone from the database.")
    return await taken(survey, surveys)


@contextmanager
def _progress(samples: int, _: Translate) -> Iterator[Told]:
    with _bar() as progress:
        task = progress.add_task(_("sampling"), total=samples, last="")

        def told(sample: Sample) -> None:
            level = sample.level
            progress.update(task, advance=1, last="-" if level is None else f"{plain(level)} dBm")

        yield told


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %  {task.fields[last]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


def _write(path: Path, done: TakenSurvey) -> None:
    try:
        path.write_text(done.as_json() + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"The survey cannot be written to {path}: {error}.") from error
