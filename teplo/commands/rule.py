"""`teplo rule`: by which rules usage points are billed; everybody's, or a service centre's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer
from rich.console import Console

from metering.billing_rules import BillingRule, checked, settings_of
from metering.written_settings import SettingValue
from storage.billing_rules import EVERYBODY, BillingRules
from storage.pool import Database
from teplo.command_group import command_group
from teplo.composition import clock, texts
from teplo.layered_settings import EVERYBODYS, USUAL, Layer, assignments, layers_table
from teplo.operators import named
from teplo.with_database import with_database

Centre = Annotated[str, typer.Option(help="Name of a service centre; left out: everybody's.")]
Operator = Annotated[str, typer.Option(help="Who changes it; it stands in the journal.", callback=named)]

rule = command_group("rule", "Rules of billing: tolerances, estimates, and what keeps a value off bills.")


@rule.command()
def show(centre: Centre = EVERYBODY) -> None:
    """Every setting, and whose it is: a service centre's, everybody's, or the usual."""
    settings, _ = with_database(_settings), texts()
    layers: list[Layer] = [(USUAL, settings_of(BillingRule())), (EVERYBODYS, settings.get(EVERYBODY, {}))]
    if centre:
        layers.append((centre, settings.get(centre, {})))
    Console(highlight=False).print(layers_table(layers, _("billing rule"), _))


@rule.command(name="set")
def set_rule(
    settings: Annotated[list[str], typer.Argument(help="NAME=VALUE, e.g. tolerance=12h acts_required=no")],
    operator: Operator,
    centre: Centre = EVERYBODY,
) -> None:
    """Change settings; those that are not named stay as they are."""
    changed = checked(assignments(settings, "tolerance=12h"))
    with_database(lambda one: BillingRules(one).lay_over(centre, changed, operator, clock()), operator)
    show(centre)


async def _settings(database: Database) -> Mapping[str, Mapping[str, SettingValue]]:
    return {one.service_centre: one.settings for one in await BillingRules(database).all()}
