"""Faults beside the rows of a sheet: a short number in the row, and what it stands for below."""

from __future__ import annotations

from collections.abc import Iterable

from metering.conditions import Condition
from metering.explanations import CONDITIONS
from metering.outcomes import Translate


class FaultLegend:
    """Numbers the conditions of a sheet in a fixed order, from 1."""

    def __init__(self, rows: Iterable[frozenset[Condition]]) -> None:
        found = sorted(frozenset[Condition]().union(*rows))
        self._numbers = {condition: number for number, condition in enumerate(found, start=1)}

    def of(self, conditions: frozenset[Condition]) -> str | None:
        """The numbers of a row's conditions; None where it has none."""
        numbers = sorted(self._numbers[one] for one in conditions)
        return ", ".join(map(str, numbers)) or None

    def notes(self, heading: str, translate: Translate) -> tuple[str, ...]:
        """One line of text for each number."""
        return tuple(
            f"{heading} {number}: {translate(CONDITIONS[one.name])}{_place(one)}"
            for one, number in self._numbers.items()
        )


def _place(condition: Condition) -> str:
    particulars = [one for one in (condition.place.replace("_", " "), condition.code) if one]
    return f" ({', '.join(particulars)})" if particulars else ""
