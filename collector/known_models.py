"""The catalogue of meters, as a collector tells it to the database."""

from __future__ import annotations

from collector.budgets import keeps_of
from protocols import catalogue
from storage.models import Model


def model_rows() -> list[Model]:
    """Every model that drivers know."""
    return [Model(info.model, info.title, info.protocol, keeps_of(info)) for info in catalogue.models()]
