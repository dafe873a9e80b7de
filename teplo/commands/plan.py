"""`teplo plan`: when meters are asked, how far back, and at what cost; for all, a model or a usage point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer
from rich.console import Console

from metering.errors import ConfigurationError
from metering.plan_settings import checked, settings_of
from metering.written_settings import SettingValue
from protocols import catalogue
from storage.plans import EVERYBODY, PlanOwner, Plans
from storage.pool import Database
from teplo.base_plan import base_plan
from teplo.command_group import command_group
from teplo.composition import clock, texts
from teplo.layered_settings import EVERYBODYS, USUAL, Layer, assignments, layers_table
from teplo.operators import named
from teplo.registered import registered_point
from teplo.settings import read_settings
from teplo.with_database import with_database

Point = Annotated[str, typer.Option(help="Code of a usage point; neither this nor --model: everybody.")]
Model = Annotated[str, typer.Option(help="Name of a model, see `teplo models`.")]
Operator = Annotated[str, typer.Option(help="Who changes it; it stands in the journal.", callback=named)]

plan = command_group("plan", "Poll plans: when meters are asked, how far back, and at what cost.")


@plan.command()
def show(point: Point = "", model: Model = "") -> None:
    """Every setting, and where it comes from: a usage point, its meter's model, everybody, or the usual."""
    _, console = texts(), Console(highlight=False)
    for heading, layers in with_database(lambda database: _layers(database, point, model)):
        console.print(layers_table(layers, _("plan setting"), _, heading or _(EVERYBODYS)))


@plan.command(name="set")
def set_plan(
    settings: Annotated[
        list[str], typer.Argument(help="NAME=VALUE, e.g. every=6h window=22-5 hour.depth=100")
    ],
    operator: Operator,
    point: Point = "",
    model: Model = "",
) -> None:
    """Change settings; those that are not named stay as they are."""
    changed = checked(assignments(settings, "every=6h"))

    async def store(database: Database) -> None:
        await Plans(database).lay_over(await _owner(database, point, model), changed, operator, clock())

    with_database(store, operator)
    show(point, model)


@plan.command()
def clear(operator: Operator, point: Point = "", model: Model = "") -> None:
    """Remove all settings of a usage point, a model or everybody: what stands behind them counts again."""

    async def remove(database: Database) -> bool:
        return await Plans(database).remove(await _owner(database, point, model), operator, clock())

    removed = with_database(remove, operator)
    _ = texts()
    print(_("removed") if removed else _("There were no settings."))


async def _owner(database: Database, point: str, model: str) -> PlanOwner:
    if point and model:
        raise ConfigurationError("Name a usage point or a model, not both.")
    if model:
        return PlanOwner(model=catalogue.driver(model).info.model)
    return PlanOwner((await registered_point(database, point)).id) if point else EVERYBODY


async def _layers(database: Database, point: str, model: str) -> list[tuple[str, list[Layer]]]:
    """By heading, what lies over what; a usage point has as many plans as meters."""
    owner, plans = await _owner(database, point, model), Plans(database)
    base = base_plan(read_settings())
    below: list[Layer] = [(USUAL, settings_of(base)), (EVERYBODYS, await _settings(plans, EVERYBODY))]
    if owner == EVERYBODY:
        return [("", below)]
    if owner.usage_point_id is None:
        return [(model, [*below, (model, await _settings(plans, owner))])]
    own = (point, await _settings(plans, owner))
    meters = await plans.of_usage_point(owner.usage_point_id, base)
    models = [(one.serial, (one.model, await _settings(plans, PlanOwner(model=one.model)))) for one in meters]
    return [(f"{point}: {serial}", [*below, of_model, own]) for serial, of_model in models] or [
        (point, [*below, own])
    ]


async def _settings(plans: Plans, owner: PlanOwner) -> Mapping[str, SettingValue]:
    stands = await plans.get(owner)
    return (stands.settings or {}) if stands else {}
