"""`teplo plan`: when meters are asked, how far back, and at what cost; for all, a model or a usage point."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Final, TypeVar

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from metering.errors import ConfigurationError
from metering.plan_settings import checked, settings_of
from metering.written_settings import SettingValue
from protocols import catalogue
from storage.plans import EVERYBODY, PlanOwner, Plans
from storage.pool import Database
from storage.usage_points import Registry
from teplo.base_plan import base_plan
from teplo.command_group import command_group
from teplo.composition import clock, texts
from teplo.settings import read_settings, settings_with_database
from teplo.texts import Translate, mark

T = TypeVar("T")

LONGEST_OPERATOR: Final = 80
USUAL: Final = mark("usual")
EVERYBODYS: Final = mark("everybody")

Point = Annotated[str, typer.Option(help="Code of a usage point; neither this nor --model: everybody.")]
Model = Annotated[str, typer.Option(help="Name of a model, see `teplo models`.")]
Operator = Annotated[str, typer.Option(help="Who changes it; it stands in the journal.")]
Layer = tuple[str, Mapping[str, SettingValue]]

plan = command_group("plan", "Poll plans: when meters are asked, how far back, and at what cost.")


@plan.command()
def show(point: Point = "", model: Model = "") -> None:
    """Every setting, and where it comes from: a usage point, its meter's model, everybody, or the usual."""
    _ = texts()
    for heading, layers in _run(lambda database: _layers(database, point, model)):
        _print(heading, layers, _)


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
    named = checked(dict(_named(one) for one in settings))
    by = _operator(operator)

    async def store(database: Database) -> PlanOwner:
        owner = await _owner(database, point, model)
        await Plans(database).lay_over(owner, named, by, clock())
        return owner

    _run(store)
    show(point, model)


@plan.command()
def clear(operator: Operator, point: Point = "", model: Model = "") -> None:
    """Remove all settings of a usage point, a model or everybody: what stands behind them counts again."""
    by = _operator(operator)

    async def remove(database: Database) -> bool:
        return await Plans(database).remove(await _owner(database, point, model), by, clock())

    removed = _run(remove)
    _ = texts()
    print(_("removed") if removed else _("There were no settings."))


def _run(work: Callable[[Database], Awaitable[T]]) -> T:
    async def with_database() -> T:
        async with Database(settings_with_database().database_url) as database:
            return await work(database)

    return asyncio.run(with_database())


def _named(written: str) -> tuple[str, str]:
    name, equals, value = written.partition("=")
    if not equals:
        raise ConfigurationError(f"{written!r} is not a setting; write it like every=6h.")
    return name.strip(), value.strip()


def _operator(name: str) -> str:
    if not 0 < len(name.strip()) <= LONGEST_OPERATOR:
        raise ConfigurationError(f"--operator is a name of 1 to {LONGEST_OPERATOR} characters.")
    return name.strip()


async def _owner(database: Database, point: str, model: str) -> PlanOwner:
    if point and model:
        raise ConfigurationError("Name a usage point or a model, not both.")
    if model:
        return PlanOwner(model=catalogue.driver(model).info.model)
    return PlanOwner(await _point_id(database, point)) if point else EVERYBODY


async def _point_id(database: Database, code: str) -> int:
    found = await Registry(database).usage_point_of_code(code)
    if found is None:
        raise ConfigurationError(f"No usage point has the code {code!r}; compare the registry file.")
    return found.id


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


def _print(heading: str, layers: Sequence[Layer], _: Translate) -> None:
    nearest = {name: (value, whose) for whose, settings in layers for name, value in settings.items()}
    table = Table(
        *(_("plan setting"), _("value"), _("whose")),
        title=heading or _(EVERYBODYS),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    words = {USUAL: _(USUAL), EVERYBODYS: _(EVERYBODYS)}
    for name, (value, whose) in nearest.items():
        table.add_row(name, str(value), words.get(whose, whose))
    Console(highlight=False).print(table)
