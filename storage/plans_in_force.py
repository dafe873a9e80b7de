"""Which poll plan counts for each meter: the settings of the three places laid over each other."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from metering.errors import ConfigurationError
from metering.plan_settings import plan_of
from metering.plans import PollPlan
from storage import sql

_SQL = sql.statements("plans_in_force")

MOST_KEPT: Final = 20_000
"""Different plans, one per usage point of a large network."""

PlanOf = Callable[[int, str], PollPlan]
"""Of a meter, by its id and its model's name."""

Calendar = tuple[int, int]
"""Day and hour at which the bill of a usage point closes."""


def at_calendar(plan: PollPlan, calendar: Calendar | None) -> PollPlan:
    """The plan with the register wanted when the usage point's own bill closes; None: it has no own time."""
    if calendar is None:
        return plan
    day, hour = calendar
    return replace(plan, closing=replace(plan.closing, day=day, hour=hour))


def calendar_of(row: Mapping[str, Any]) -> Calendar | None:
    """The own calendar in a row with closing_day and closing_hour."""
    return None if row["closing_day"] is None else (row["closing_day"], row["closing_hour"])


class PlansInForce:
    """Plans with the same settings are made once, as long as `base` is the same.

    `told` hears of settings that are not understood.
    """

    def __init__(self, told: Callable[[str], None]) -> None:
        self._told = told
        self._base = PollPlan()
        self._made: dict[tuple[Calendar | None, tuple[str, ...]], PollPlan] = {}

    async def read(self, connection: Any, base: PollPlan, now: datetime) -> PlanOf:
        """The plans as they are now; settings that are not understood are told of and left out."""
        rows = await connection.fetch(_SQL["settings"], now)
        of_all = [row["settings"] for row in rows if row["meter_id"] is None and row["model"] is None]
        of_models = {row["model"]: row["settings"] for row in rows if row["model"] is not None}
        of_points = [row for row in rows if row["meter_id"] is not None]
        of_meters = {row["meter_id"]: row["settings"] for row in of_points}
        calendars = {row["meter_id"]: calendar_of(row) for row in of_points}
        self._prepare(base)

        def plan(meter_id: int, model: str) -> PollPlan:
            layers = *of_all, of_models.get(model), of_meters.get(meter_id)
            laid = tuple(layer for layer in layers if layer is not None)
            return self._plan(calendars.get(meter_id), laid)

        return plan

    def _prepare(self, base: PollPlan) -> None:
        if base is not self._base or len(self._made) > MOST_KEPT:
            self._base = base
            self._made.clear()

    def _plan(self, calendar: Calendar | None, layers: tuple[str, ...]) -> PollPlan:
        made = self._made.get((calendar, layers))
        if made is None:
            made = at_calendar(self._laid_over(layers), calendar)
            self._made[calendar, layers] = made
        return made

    def _laid_over(self, layers: tuple[str, ...]) -> PollPlan:
        """One place with wrong settings must not keep all meters from being polled."""
        understood: list[Mapping[str, object]] = []
        for layer in layers:
            settings = json.loads(layer)
            try:
                plan_of(self._base, *understood, settings)
            except ConfigurationError as error:
                self._told(f"{layer}: {error}")
            else:
                understood.append(settings)
        return plan_of(self._base, *understood)
