"""The continuous-operation sheet: what a meter recorded in the last days before its admission.

72 hours, and 168 where hot water is heated. Before an admission each requirement has to be met; what the
records cannot show is not met, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from metering.admission import unverified
from metering.calendar import MeterZone, Slot
from metering.components import Component
from metering.conditions import Condition, ConditionName
from metering.exact import exact_sum
from metering.reasons import Because, Reason, reason

HOUR: Final = timedelta(hours=1)
HEATING: Final = 72 * HOUR
WITH_HOT_WATER: Final = 168 * HOUR

FULL: Final = Decimal("0.99")
"""Hours of operation in a full hour: meters count in hundredths."""

COLUMNS: Final = (
    "energy_heating",
    "energy_hot_water",
    "energy_total",
    "mass_supply",
    "mass_return",
    "mass_make_up",
    "volume_supply",
    "volume_return",
    "temperature_supply",
    "temperature_return",
    "pressure_supply",
    "pressure_return",
    "operating_time",
)
"""The quantities of a row, in their order; each in its canonical unit."""

_ENERGIES: Final = COLUMNS[:3]
_FLOWS: Final = (("volume_supply", "mass_supply"), ("volume_return", "mass_return"))
_TEMPERATURES: Final = ("temperature_supply", "temperature_return")
_HARMLESS: Final = frozenset({ConditionName.SERVICE_DUE, ConditionName.CLOCK_SET})


class Requirement(StrEnum):
    """What is asked of the sheet."""

    COMPLETE = "complete"
    """Every hour has a record with its energy."""
    OPERATED = "operated"
    """The meter measured all through every hour."""
    NO_FAULT = "no_fault"
    """It reported no fault of its own or its sensors."""
    WITHIN_LIMITS = "within_limits"
    """Flows and temperatures lie within the limits of the passport."""
    MASS_BALANCE = "mass_balance"
    """What went out came back, but for the meters' errors; where water is drawn, no more came back."""
    VERIFIED = "verified"
    """Every component's verification is valid when the meter is admitted."""


@dataclass(frozen=True, slots=True)
class OperationHour:
    """One row: the record's values by quantity, without those that are absent or disqualified."""

    slot: Slot
    values: Mapping[str, Decimal] = field(default_factory=dict)
    conditions: frozenset[Condition] = frozenset()


@dataclass(frozen=True, slots=True)
class OperationLimits:
    """Of the passport: m³/h and °C. None: nobody told. `imbalance`: share of the mass that went out."""

    smallest_flow: Decimal | None = None
    largest_flow: Decimal | None = None
    coldest: Decimal = Decimal(0)
    hottest: Decimal = Decimal(150)
    imbalance: Decimal = Decimal("0.04")


@dataclass(frozen=True, slots=True)
class RequirementVerdict:
    """A requirement is met when nothing stands against it."""

    requirement: Requirement
    reasons: tuple[Reason, ...]

    @property
    def met(self) -> bool:
        return not self.reasons


@dataclass(frozen=True, slots=True)
class OperationSheet:
    """The rows of [start, end), one for each hour, recorded or not, and the verdicts on them."""

    span: Slot
    rows: tuple[OperationHour, ...]
    verdicts: tuple[RequirementVerdict, ...]

    @property
    def met(self) -> bool:
        """Whether the meter may be admitted."""
        return all(one.met for one in self.verdicts)


@dataclass(frozen=True, slots=True)
class Metered:
    """What is measured: whether hot water is drawn, by which components, in whose zone, how far."""

    hot_water: bool
    components: tuple[Component, ...]
    zone: MeterZone
    limits: OperationLimits = field(default=OperationLimits())


def sheet_span(admitted_at: datetime, hot_water: bool) -> Slot:
    """The whole hours right before the admission."""
    end = admitted_at.replace(minute=0, second=0, microsecond=0)
    return Slot(end - (WITH_HOT_WATER if hot_water else HEATING), end)


def operation_sheet(
    admitted_at: datetime, hours: Iterable[OperationHour], metered: Metered
) -> OperationSheet:
    """The sheet from hour records in any order; those outside its span are left out."""
    span = sheet_span(admitted_at, metered.hot_water)
    known = {hour.slot.start: hour for hour in hours}
    starts = [span.start + number * HOUR for number in range((span.end - span.start) // HOUR)]
    rows = tuple(known.get(start, OperationHour(Slot(start, start + HOUR))) for start in starts)
    judged = tuple(
        RequirementVerdict(requirement, tuple(judge(rows, metered, admitted_at)))
        for requirement, judge in _JUDGES.items()
    )
    return OperationSheet(span, rows, judged)


Rows = Sequence[OperationHour]


def _complete(rows: Rows, metered: Metered, at: datetime) -> Iterator[Reason]:
    lacking = [row for row in rows if not any(name in row.values for name in _ENERGIES)]
    if lacking:
        yield reason(
            Because.RECORDS_MISSING, count=str(len(lacking)), hours=str(len(rows)), at=_first(lacking)
        )


def _operated(rows: Rows, metered: Metered, at: datetime) -> Iterator[Reason]:
    told = [row for row in rows if "operating_time" in row.values]
    if not told:
        yield reason(Because.NOT_RECORDED, quantity="operating_time")
    short = [row for row in told if row.values["operating_time"] < FULL]
    if short:
        yield reason(Because.NOT_FULLY_OPERATED, count=str(len(short)), at=_first(short))


def _no_fault(rows: Rows, metered: Metered, at: datetime) -> Iterator[Reason]:
    faults: dict[str, list[OperationHour]] = {}
    for row in rows:
        for one in sorted(row.conditions):
            if one.name not in _HARMLESS:
                faults.setdefault(str(one), []).append(row)
    for fault, hours in faults.items():
        yield reason(Because.FAULT_REPORTED, fault=fault, count=str(len(hours)), at=_first(hours))


def _within_limits(rows: Rows, metered: Metered, at: datetime) -> Iterator[Reason]:
    limits = metered.limits
    if limits.smallest_flow is None or limits.largest_flow is None:
        yield reason(Because.LIMITS_UNKNOWN)
    for names in _FLOWS:
        yield from _ranged(rows, names, limits.smallest_flow, limits.largest_flow)
    for name in _TEMPERATURES:
        yield from _ranged(rows, (name,), limits.coldest, limits.hottest)


def _ranged(
    rows: Rows, names: Sequence[str], least: Decimal | None, most: Decimal | None
) -> Iterator[Reason]:
    """Of the first quantity that the records have: a sensor's limits are of volumes, but some keep masses."""
    name = next((name for name in names if any(name in row.values for row in rows)), None)
    if name is None:
        yield reason(Because.NOT_RECORDED, quantity=names[0])
        return
    told = [(row, row.values[name]) for row in rows if name in row.values]
    beyond = [
        row
        for row, value in told
        if (least is not None and value < least) or (most is not None and value > most)
    ]
    if beyond:
        span = f"{_text(least)}..{_text(most)}"
        yield reason(
            Because.BEYOND_LIMITS, quantity=name, limits=span, count=str(len(beyond)), at=_first(beyond)
        )


def _mass_balance(rows: Rows, metered: Metered, at: datetime) -> Iterator[Reason]:
    pairs = [row.values for row in rows if {"mass_supply", "mass_return"} <= row.values.keys()]
    if not pairs:
        yield reason(Because.NOT_RECORDED, quantity="mass_supply, mass_return")
        return
    supply = exact_sum(values["mass_supply"] for values in pairs)
    back = exact_sum(values["mass_return"] for values in pairs)
    allowed = supply * metered.limits.imbalance
    if back - supply > allowed or (not metered.hot_water and supply - back > allowed):
        yield reason(Because.MASSES_DIFFER, supply=_text(supply), back=_text(back), allowed=_text(allowed))


def _verified(rows: Rows, metered: Metered, at: datetime) -> Iterator[Reason]:
    if not metered.components:
        yield reason(Because.NO_COMPONENT)
    yield from unverified(metered.components, at, metered.zone)


_JUDGES: Final[Mapping[Requirement, Callable[[Rows, Metered, datetime], Iterator[Reason]]]] = {
    Requirement.COMPLETE: _complete,
    Requirement.OPERATED: _operated,
    Requirement.NO_FAULT: _no_fault,
    Requirement.WITHIN_LIMITS: _within_limits,
    Requirement.MASS_BALANCE: _mass_balance,
    Requirement.VERIFIED: _verified,
}


def _first(rows: Rows) -> str:
    return rows[0].slot.start.isoformat().replace("+00:00", "Z")


def _text(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"
