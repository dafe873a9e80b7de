"""What the models of meters keep and allow, as their drivers say it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from metering.plans import Keeps
from protocols import catalogue
from protocols.driver import DriverInfo


def keeps_of(info: DriverInfo) -> Keeps:
    """What a model's memory holds and its battery allows."""
    return Keeps(info.depths, info.totals_every, info.polls_per_day)


@cache
def keeps_by_model() -> Mapping[str, Keeps]:
    """Of every model in the catalogue."""
    return {info.model: keeps_of(info) for info in catalogue.models()}
