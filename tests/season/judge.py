"""Billed lines against the plant: what was measured exactly, what was not within the uncertainty told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from metering.billing_content import FrozenLine
from metering.billing_lines import Status
from tests.season.registry import Registered
from tests.season.town import INSTALLED_AT, REPLACED_AT, UNVERIFIED_FROM, WITHDRAWN_AT, Fate, Point

EXACT: Final = frozenset({Status.MEASURED, Status.CALCULATED, Status.REPORTED})


def truth(point: Point, start: datetime, end: datetime) -> Decimal:
    """What the meters there gained, in the steps that they show."""
    if point.fate is not Fate.REPLACED or end <= REPLACED_AT:
        return point.level(end) - point.level(start)
    if start >= REPLACED_AT:
        return point.level(end, REPLACED_AT) - point.level(start, REPLACED_AT)
    return point.level(REPLACED_AT) - point.level(start) + point.level(end, REPLACED_AT)


def findings(lines: Iterable[FrozenLine], town: Mapping[int, Registered]) -> Iterator[str]:
    """Whatever is not as it must be."""
    for line in lines:
        point = town[line.usage_point_id].point
        true = truth(point, line.period.start, line.period.end)
        if line.value is None:
            yield f"{point.code} {line.period}: no value, {line.contents['reasons']}"
        elif (line.measured or 0) + (line.estimated or 0) != line.value:
            yield f"{point.code}: {line.measured} + {line.estimated} is not {line.value}"
        elif line.status in EXACT and line.value != true:
            yield f"{point.code} {line.period} {line.status}: {line.value}, the plant gave {true}"
        elif abs(line.value - true) > Decimal(line.contents["uncertainty"]):
            yield f"{point.code} {line.period}: {line.value} ± {line.contents['uncertainty']}, not {true}"


def billable(line: FrozenLine, point: Point) -> bool:
    """Whether by the acts and passports of the town this line may stand on a bill."""
    ends = {
        Fate.NEVER_ADMITTED: INSTALLED_AT,
        Fate.WITHDRAWN: WITHDRAWN_AT,
        Fate.UNVERIFIED: UNVERIFIED_FROM,
    }
    return point.fate not in ends or line.period.end <= ends[point.fate]
