"""The heat of a billing period, from the registers at its boundaries.

The register of a boundary is the last valid one at or before it, so that the closing register of a period
is the opening one of the next: adjacent periods add up exactly to the whole, whatever was read when.
Nothing is rounded here, and what was not measured is None with the reasons, never 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Final

from metering.calendar import BillingPeriod, Slot
from metering.evidence import DISQUALIFYING, RegisterReading, RegisterSource
from metering.exact import difference, exact_sum
from metering.readings import Flag

__all__ = [
    "Consumption",
    "Quality",
    "Segment",
    "consumption",
    "DISQUALIFYING",
    "RegisterReading",
    "RegisterSource",
    "exact_sum",
]

_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Segment:
    """One installation of a meter at a usage point, with its registers for a billing period.

    `opening` belongs to the later of the period's start and `installed_at`, `closing` to the earlier of the
    period's end and `removed_at`; each is the last valid register at or before its boundary and not before
    `installed_at`. Only a meter installed within the period (at its start included) may have none there yet:
    its opening is then the first valid register after `installed_at`.
    """

    meter_id: int
    circuit: int
    installed_at: datetime
    removed_at: datetime | None
    opening: RegisterReading | None
    closing: RegisterReading | None

    @property
    def difference(self) -> Decimal | None:
        """Closing minus opening, exactly; None when either is missing or the two cannot be subtracted."""
        if self.opening is None or self.closing is None or any(_disagreements(self.opening, self.closing)):
            return None
        return difference(self.closing.value, self.opening.value)


class Quality(StrEnum):
    """How well a consumption is founded, in one word."""

    MEASURED = "measured"
    """Every register stands exactly at its boundary."""
    MEASURED_NEARBY = "measured_nearby"
    """A register stands near its boundary, within the tolerance."""
    MEASURED_IN_PART = "measured_in_part"
    """No meter was installed during a part of the period; the value is of the rest."""
    ABSENT = "absent"
    """There is no value; the reasons say why."""


@dataclass(frozen=True, slots=True)
class Consumption:
    """What a usage point consumed in a period; `value` in the canonical unit, None exactly when absent.

    `completeness` is the share of the period (0..1, six digits, rounded down) that lies between the instants
    of the registers used; where several circuits are added up, the mean of theirs.
    """

    period: BillingPeriod
    value: Decimal | None
    quality: Quality
    completeness: Decimal
    reasons: tuple[str, ...]
    segments: tuple[Segment, ...]

    @property
    def opening(self) -> RegisterReading | None:
        """The first meter's opening register; None also where several circuits are added up."""
        return self.segments[0].opening if _one_after_another(self.segments) else None

    @property
    def closing(self) -> RegisterReading | None:
        """The last meter's closing register; None also where several circuits are added up."""
        return self.segments[-1].closing if _one_after_another(self.segments) else None


def consumption(period: BillingPeriod, segments: Iterable[Segment], tolerance: timedelta) -> Consumption:
    """The sum over all meters of the period; `tolerance` is how far a register may be from its boundary."""
    ordered = tuple(sorted((s for s in segments if _touches(s, period)), key=_order))
    unmetered = tuple(_unmetered(period, ordered))
    completeness = _completeness(period, ordered, unmetered)
    obstacles = tuple(_obstacles(period, ordered, tolerance))
    reasons = tuple(_no_meter(slot) for slot in unmetered) + obstacles + tuple(_doubts(ordered))
    if not ordered or obstacles:
        return Consumption(period, None, Quality.ABSENT, completeness, reasons, ordered)
    quality = Quality.MEASURED_IN_PART if unmetered else _nearness(period, ordered)
    value = exact_sum(segment.difference or Decimal(0) for segment in ordered)
    return Consumption(period, value, quality, completeness, reasons, ordered)


def _touches(segment: Segment, period: BillingPeriod) -> bool:
    removed_at = segment.removed_at or period.end
    return segment.installed_at < period.end and removed_at > period.start


def _order(segment: Segment) -> tuple[datetime, int, int]:
    return segment.installed_at, segment.circuit, segment.meter_id


def _one_after_another(segments: tuple[Segment, ...]) -> bool:
    return bool(segments) and all(
        earlier.removed_at is not None and earlier.removed_at <= later.installed_at
        for earlier, later in pairwise(segments)
    )


def _boundaries(segment: Segment, period: BillingPeriod) -> Slot:
    removed_at = segment.removed_at or period.end
    return Slot(max(period.start, segment.installed_at), min(period.end, removed_at))


def _completeness(
    period: BillingPeriod, segments: tuple[Segment, ...], unmetered: tuple[Slot, ...]
) -> Decimal:
    covered = sum((_covered(segment, period) for segment in segments), timedelta())
    slots = [_boundaries(segment, period) for segment in segments] + list(unmetered)
    whole = sum((slot.end - slot.start for slot in slots), timedelta())
    share = Decimal(covered // _MICROSECOND) / Decimal(whole // _MICROSECOND)
    return share.quantize(Decimal("0.000001"), rounding=ROUND_DOWN)


def _covered(segment: Segment, period: BillingPeriod) -> timedelta:
    if segment.opening is None or segment.closing is None:
        return timedelta()
    slot = _boundaries(segment, period)
    return max(min(slot.end, segment.closing.at) - max(slot.start, segment.opening.at), timedelta())


def _nearness(period: BillingPeriod, segments: tuple[Segment, ...]) -> Quality:
    exact = all(_registers_at(segment) == _boundaries(segment, period) for segment in segments)
    return Quality.MEASURED if exact else Quality.MEASURED_NEARBY


def _registers_at(segment: Segment) -> Slot | None:
    if segment.opening is None or segment.closing is None:
        return None
    return Slot(segment.opening.at, segment.closing.at)


def _unmetered(period: BillingPeriod, segments: tuple[Segment, ...]) -> Iterator[Slot]:
    reached = period.start
    for segment in segments:
        slot = _boundaries(segment, period)
        if slot.start > reached:
            yield Slot(reached, slot.start)
        reached = max(reached, slot.end)
    if reached < period.end:
        yield Slot(reached, period.end)


def _no_meter(slot: Slot) -> str:
    return f"No meter was installed from {_text(slot.start)} to {_text(slot.end)}."


def _obstacles(period: BillingPeriod, segments: tuple[Segment, ...], tolerance: timedelta) -> Iterator[str]:
    for segment in segments:
        yield from _missing(period, segment, tolerance)
        if segment.opening is not None and segment.closing is not None:
            yield from _disagreements(segment.opening, segment.closing)
    if segments and all(_same_register(segment) for segment in segments):
        yield "No register was read after the opening one: nothing of the period was measured."


def _missing(period: BillingPeriod, segment: Segment, tolerance: timedelta) -> Iterator[str]:
    slot = _boundaries(segment, period)
    hours = f"{tolerance / timedelta(hours=1):g} hours"
    side = "after" if segment.installed_at >= period.start else "at or before"
    if segment.opening is None:
        yield _no_register(segment, "opening", f"within {hours} {side} {_text(slot.start)}")
    if segment.closing is None:
        yield _no_register(segment, "closing", f"within {hours} at or before {_text(slot.end)}")


def _no_register(segment: Segment, name: str, where: str) -> str:
    return f"Meter {segment.meter_id} has no valid {name} register {where}; poll it or read it on site."


def _same_register(segment: Segment) -> bool:
    opening, closing = segment.opening, segment.closing
    return opening is not None and closing is not None and opening.at == closing.at


def _disagreements(opening: RegisterReading, closing: RegisterReading) -> Iterator[str]:
    for name, register in (("opening", opening), ("closing", closing)):
        if register.flags & DISQUALIFYING:
            yield f"The {name} register at {_text(register.at)} is not valid: {_words(register.flags)}."
    if closing.at < opening.at:
        yield f"The first register after the installation, at {_text(opening.at)}, is after the closing one."
    elif closing.value < opening.value:
        yield (
            f"The register of meter {opening.meter_id} went back from {opening.value:f} "
            f"at {_text(opening.at)} to {closing.value:f} at {_text(closing.at)}: "
            "it was reset or replaced; record the replacement."
        )
    if opening.factor_set != closing.factor_set:
        sets = f"{opening.factor_set} and {closing.factor_set}"
        yield f"The two registers were converted with different factor sets, {sets}."


def _doubts(segments: tuple[Segment, ...]) -> Iterator[str]:
    for segment in segments:
        for name, register in (("opening", segment.opening), ("closing", segment.closing)):
            if register is not None and register.flags and not register.flags & DISQUALIFYING:
                yield f"The {name} register at {_text(register.at)} is doubtful: {_words(register.flags)}."


def _words(flags: frozenset[Flag]) -> str:
    return ", ".join(sorted(flag.replace("_", " ") for flag in flags))


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
