"""How often the batteries of the models allow a meter to be asked."""

from __future__ import annotations

from collections.abc import Mapping

from protocols import catalogue


def battery_budgets() -> Mapping[str, int]:
    """Polls in any 24 hours, by model; models without a bound are left out."""
    return {info.model: info.polls_per_day for info in catalogue.models() if info.polls_per_day}
