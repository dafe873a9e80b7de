"""Counted days put together into rows: by point, district, service centre and day, each archive apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from metering.completeness import CountedDay, Tally


class Dimension(StrEnum):
    """What is told apart."""

    POINT = "point"
    DISTRICT = "district"
    SERVICE_CENTRE = "service_centre"
    DAY = "day"


class Group(NamedTuple):
    """By which rows are sorted; 0 and "" where nothing is told apart. `day` is an ISO date."""

    usage_point_id: int
    district: str
    service_centre: str
    day: str
    kind: str


@dataclass(frozen=True, slots=True)
class Row:
    """So many `points` together. `lacking`: meters of which anything is not stored."""

    group: Group
    tally: Tally
    points: int
    lacking: frozenset[int]


def rows_of(counted: Iterable[CountedDay], by: Collection[Dimension]) -> list[Row]:
    """Sorted by group."""
    members: dict[Group, list[CountedDay]] = defaultdict(list)
    for one in counted:
        members[_group(one, by)].append(one)
    return [_row(group, members[group]) for group in sorted(members)]


def _group(counted: CountedDay, by: Collection[Dimension]) -> Group:
    wanted = counted.wanted
    point = wanted.watched
    return Group(
        point.usage_point_id if Dimension.POINT in by else 0,
        point.district if Dimension.DISTRICT in by else "",
        point.service_centre if Dimension.SERVICE_CENTRE in by else "",
        wanted.day.isoformat() if Dimension.DAY in by else "",
        wanted.kind.value,
    )


def _row(group: Group, members: Collection[CountedDay]) -> Row:
    return Row(
        group,
        sum((one.tally for one in members), Tally()),
        len({one.wanted.watched.usage_point_id for one in members}),
        frozenset(one.wanted.watched.meter_id for one in members if one.tally.lacking > 0),
    )
