"""`teplo rule`: by which rules usage points are billed; everybody's, or a service centre's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Final, TypeVar

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from metering.billing_rules import BillingRule, checked, settings_of
from metering.errors import ConfigurationError
from metering.written_settings import SettingValue
from storage.billing_rules import EVERYBODY, BillingRules
from storage.pool import Database, acting
from teplo.command_group import command_group
from teplo.composition import clock, texts
from teplo.settings import settings_with_database
from teplo.texts import Translate, mark

T = TypeVar("T")

LONGEST_OPERATOR: Final = 80
USUAL: Final = mark("usual")
EVERYBODYS: Final = mark("everybody")

Centre = Annotated[str, typer.Option(help="Name of a service centre; left out: everybody's.")]
Operator = Annotated[str, typer.Option(help="Who changes it; it stands in the journal.")]

rule = command_group("rule", "Rules of billing: tolerances, estimates, and what keeps a value off bills.")


@rule.command()
def show(centre: Centre = EVERYBODY) -> None:
    """Every setting, and whose it is: a service centre's, everybody's, or the usual."""
    settings = _run(_settings)
    layers = {USUAL: settings_of(BillingRule()), EVERYBODYS: settings.get(EVERYBODY, {})}
    _print(layers | ({centre: settings.get(centre, {})} if centre else {}), texts())


@rule.command(name="set")
def set_rule(
    settings: Annotated[list[str], typer.Argument(help="NAME=VALUE, e.g. tolerance=12h acts_required=no")],
    operator: Operator,
    centre: Centre = EVERYBODY,
) -> None:
    """Change settings; those that are not named stay as they are."""
    named, by = checked(dict(map(_named, settings))), operator.strip()
    if not 0 < len(by) <= LONGEST_OPERATOR:
        raise ConfigurationError(f"--operator is a name of 1 to {LONGEST_OPERATOR} characters.")

    async def change(database: Database) -> None:
        acting(by)
        await BillingRules(database).lay_over(centre, named, by, clock())

    _run(change)
    show(centre)


async def _settings(database: Database) -> Mapping[str, Mapping[str, SettingValue]]:
    return {one.service_centre: one.settings for one in await BillingRules(database).all()}


def _run(work: Callable[[Database], Awaitable[T]]) -> T:
    async def with_database() -> T:
        async with Database(settings_with_database().database_url) as database:
            return await work(database)

    return asyncio.run(with_database())


def _named(written: str) -> tuple[str, str]:
    name, equals, value = written.partition("=")
    if not equals:
        raise ConfigurationError(f"{written!r} is not a setting; write it like tolerance=12h.")
    return name.strip(), value.strip()


def _print(layers: Mapping[str, Mapping[str, SettingValue]], _: Translate) -> None:
    nearest = {name: (value, whose) for whose, settings in layers.items() for name, value in settings.items()}
    table = Table(_("billing rule"), _("value"), _("whose"), box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    words = {USUAL: _(USUAL), EVERYBODYS: _(EVERYBODYS)}
    for name, (value, whose) in nearest.items():
        table.add_row(name, str(value), words.get(whose, whose))
    Console(highlight=False).print(table)
