"""What checks of consumption look at, of many installed meters in a few questions for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from metering.calendar import ArchiveKind, Slot
from metering.conditions import Condition, ConditionName
from metering.observations import Level, Record
from storage import sql
from storage.evidence import INVALID, INVALID_AFTER_A_FALL
from storage.pool import Database

_SQL = sql.statements("observations")
_BESIDE: Final = ("mass_supply", "mass_return", "temperature_supply", "temperature_return")
"""What checks look at beside the quantity itself."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A register of a meter within a time."""

    meter_id: int
    circuit: int
    quantity: str
    slot: Slot


@dataclass(frozen=True, slots=True)
class Watch:
    """What is stored of it, as metering.observations wants it; `resolution` of its coarsest total."""

    hours: tuple[Record, ...]
    days: tuple[Record, ...]
    levels: tuple[Level, ...]
    raw_units: frozenset[str]
    resolution: Decimal
    clock_differences: tuple[timedelta, ...]


class Watches:
    """Readings with disqualifying flags are left out."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, watched: Sequence[Watched]) -> list[Watch]:
        """Of each, in their order."""
        registers = _columns([(*_place(one), one.quantity, one.slot.start, one.slot.end) for one in watched])
        conditions = _columns([(*_place(one), one.slot.start, one.slot.end) for one in watched])
        clocks = _columns([(one.meter_id, one.slot.start, one.slot.end) for one in watched])
        async with self._database.connection() as connection:
            raised = _raised(await connection.fetch(_SQL["conditions"], *conditions))
            records = _by_number(await connection.fetch(_SQL["records"], *registers, INVALID, list(_BESIDE)))
            levels = _by_number(
                await connection.fetch(_SQL["levels"], *registers, INVALID, INVALID_AFTER_A_FALL)
            )
            clock = _by_number(await connection.fetch(_SQL["clocks"], *clocks))
        return [
            _watch(records[number], levels[number], clock[number], raised[number])
            for number in range(len(watched))
        ]


def _place(one: Watched) -> tuple[int, int]:
    return one.meter_id, one.circuit


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    """Numbered from 0; there is at least one row."""
    numbered = [(number, *row) for number, row in enumerate(rows)]
    return [list(column) for column in zip(*numbered, strict=True)]


def _by_number(rows: Sequence[Any]) -> Mapping[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row["number"]].append(row)
    return found


_Raised = Mapping[datetime, frozenset[Condition]]


def _raised(rows: Sequence[Any]) -> Mapping[int, _Raised]:
    found: dict[int, dict[datetime, frozenset[Condition]]] = defaultdict(dict)
    for row in rows:
        one = Condition(ConditionName(row["name"]), row["circuit"], row["place"], row["code"])
        before = found[row["number"]].get(row["at"], frozenset())
        found[row["number"]][row["at"]] = before | {one}
    return found


def _watch(records: Sequence[Any], levels: Sequence[Any], clock: Sequence[Any], raised: _Raised) -> Watch:
    return Watch(
        hours=tuple(_record(row, raised) for row in records if row["kind"] == ArchiveKind.HOUR),
        days=tuple(_record(row, {}) for row in records if row["kind"] == ArchiveKind.DAY),
        levels=tuple(Level(row["at"], row["value"]) for row in levels),
        raw_units=frozenset(row["raw_unit"] for row in levels),
        resolution=max((row["resolution"] for row in levels), default=Decimal(0)),
        clock_differences=tuple(row[end] for row in clock for end in ("behind", "ahead")),
    )


def _record(row: Any, raised: _Raised) -> Record:
    values = dict(zip(row["quantities"], row["values"], strict=True))
    return Record(
        Slot(row["slot_start"], row["slot_end"]), values, raised.get(row["slot_start"], frozenset())
    )
