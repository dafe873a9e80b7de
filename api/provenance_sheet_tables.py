"""Fields and tables of a provenance on paper: everything as it is stored, and no table without an end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from metering.outcomes import Translate
from reports.sheet import Cell, Column, Field, Format, Group, Row, Section, Table

MOST_ROWS: Final = 60
"""Of one table: two and a half days of hour records."""


def stored(label: str, value: object) -> Field:
    """Without rounding, in the signs of programs."""
    return Field(label, Cell(text(value)), format=Format.CODE)


def text(value: object) -> str | None:
    """As it is written in JSON; None is absence."""
    return None if value is None else str(value)


def moment(at: datetime) -> str:
    """To the minute, in the zone that it is told in."""
    return f"{at:%Y-%m-%d %H:%M}"


def bounded(
    heading: str,
    columns: Iterable[Column],
    rows: Sequence[Row],
    translate: Translate,
    fields: Iterable[Field] = (),
    older: int = 0,
) -> Section:
    """A table of the first MOST_ROWS rows; sentences tell how many more there are, and how many `older`."""
    here = translate("Rows left out here: {count}; the answer as JSON has them.")
    everywhere = translate("Older rows that the answer as JSON leaves out as well: {count}.")
    counts = {here: len(rows) - MOST_ROWS, everywhere: older}
    told = tuple(sentence.format(count=count) for sentence, count in counts.items() if count > 0)
    table = Table(tuple(columns), (Group(tuple(rows[:MOST_ROWS])),))
    return Section(heading, told, tuple(fields), table)
