"""Which poll plan counts for each meter: the settings of the three places laid over each other."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
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


class PlansInForce:
    """Plans with the same settings are made once, as long as `base` is the same.

    `told` hears of settings that are not understood.
    """

    def __init__(self, told: Callable[[str], None]) -> None:
        self._told = told
        self._base = PollPlan()
        self._made: dict[tuple[str, ...], PollPlan] = {}

    async def read(self, connection: Any, base: PollPlan, now: datetime) -> PlanOf:
        """The plans as they are now; settings that are not understood are told of and left out."""
        rows = await connection.fetch(_SQL["settings"], now)
        of_all = [row["settings"] for row in rows if row["meter_id"] is None and row["model"] is None]
        of_models = {row["model"]: row["settings"] for row in rows if row["model"] is not None}
        of_meters = {row["meter_id"]: row["settings"] for row in rows if row["meter_id"] is not None}
        self._prepare(base)

        def plan(meter_id: int, model: str) -> PollPlan:
            layers = *of_all, of_models.get(model), of_meters.get(meter_id)
            return self._plan(tuple(layer for layer in layers if layer is not None))

        return plan

    def _prepare(self, base: PollPlan) -> None:
        if base is not self._base or len(self._made) > MOST_KEPT:
            self._base = base
            self._made.clear()

    def _plan(self, layers: tuple[str, ...]) -> PollPlan:
        made = self._made.get(layers)
        if made is None:
            made = self._made[layers] = self._laid_over(layers)
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
