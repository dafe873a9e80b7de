"""The level of a register at a boundary, by the first way that leads to it.

A level depends on the boundary and what is known alone, never on the period that is asked for: so periods
that tile add up exactly, estimates included.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from operator import attrgetter
from typing import Final

from metering.billing_rules import BillingRule, Weights
from metering.calendar import ArchiveKind, Slot
from metering.estimation import estimate, together
from metering.evidence import DISQUALIFYING, LONGEST_WALK, RecordReading, RegisterReading, RegisterSource
from metering.exact import difference, exact_sum, on_grid
from metering.known_register import KnownLevel, KnownRegister
from metering.levels import BoundaryLevel, Estimate, Step
from metering.reasons import Because, Reason, reason
from metering.reported import ReportedReading
from metering.thermal import hours_of, kelvin_hours

_at: Final = attrgetter("at")
_Records = Mapping[datetime, list[RecordReading]]
_Edge = Callable[[RecordReading], datetime]


def level_at(known: KnownRegister, boundary: datetime, rule: BillingRule) -> BoundaryLevel | None:
    """The level at this boundary, which is within the installation; None when no way leads to it."""
    found = (step(known, boundary, rule) for step in _CHAIN)
    return next((level for level in found if level is not None), None)


def instant(at: datetime) -> str:
    """As reasons tell it."""
    return at.isoformat().replace("+00:00", "Z")


def hours_text(length: timedelta) -> str:
    """Hours as reasons tell them."""
    return f"{length / timedelta(hours=1):g}"


def _register(known: KnownRegister, boundary: datetime, rule: BillingRule) -> BoundaryLevel | None:
    level = known.at.get(boundary)
    if level is None:
        return None
    act = isinstance(level.source, RegisterReading) and level.source.source is RegisterSource.BOUNDARY
    return _level(Step.ACT if act else Step.REGISTER, boundary, level)


def _records(known: KnownRegister, boundary: datetime, rule: BillingRule) -> BoundaryLevel | None:
    """From the nearest level before that complete records lead from, else back from the nearest after."""
    for touching, near, far, sign in (
        (known.ending, _end, _start, 1),
        (known.starting, _start, _end, -1),
    ):
        level, records = _walk(known, boundary, touching, near, far)
        if level is not None:
            return _by_records(boundary, level, records, sign)
    return None


def _walk(
    known: KnownRegister, boundary: datetime, touching: _Records, near: _Edge, far: _Edge
) -> tuple[KnownLevel | None, list[RecordReading]]:
    """Over adjoining records to a level, by hours where possible; with the records from there to here."""
    came: dict[datetime, RecordReading | None] = {}
    waiting: list[tuple[datetime, RecordReading | None]] = [(boundary, None)]
    while waiting:
        reached, over = waiting.pop()
        if reached in came or abs(reached - boundary) > LONGEST_WALK:
            continue
        came[reached] = over
        level = known.at.get(reached)
        records = sorted(_way(came, reached, near), key=_start) if level is not None else []
        if level is not None and _one_factor_set(level, records):
            return level, records
        waiting += [(far(record), record) for record in touching.get(reached, ())]
    return None, []


def _way(
    came: Mapping[datetime, RecordReading | None], reached: datetime, near: _Edge
) -> Iterator[RecordReading]:
    while (over := came[reached]) is not None:
        yield over
        reached = near(over)


def _by_records(
    boundary: datetime, level: KnownLevel, records: Sequence[RecordReading], sign: int
) -> BoundaryLevel:
    amount = exact_sum(record.value for record in records)
    value = exact_sum([level.value, amount]) if sign > 0 else difference(level.value, amount)
    why = reason(
        Because.LEVEL_FROM_RECORDS,
        boundary=instant(boundary),
        at=instant(level.at),
        count=str(len(records)),
    )
    sources = (level.source, *records) if sign > 0 else (*records, level.source)
    return BoundaryLevel(
        boundary, value, value, Decimal(0), Step.RECORDS, sources, boundary, reasons=(why, *_told(level))
    )


def _nearby(known: KnownRegister, boundary: datetime, rule: BillingRule) -> BoundaryLevel | None:
    """The last within the tolerance before; if none was read since the installation, the first after that."""
    place = bisect_right(known.levels, boundary, key=_at)
    if place:
        level, reference = known.levels[place - 1], boundary
    elif known.levels:
        level, reference = known.levels[0], known.evidence.installed_at
    else:
        return None
    if abs(level.at - reference) > rule.tolerance:
        return None
    distance = f"{hours_text(abs(level.at - boundary))} h"
    why = reason(Because.LEVEL_NEARBY, boundary=instant(boundary), at=instant(level.at), distance=distance)
    return _level(Step.NEARBY, boundary, level, why)


def _reported(known: KnownRegister, boundary: datetime, rule: BillingRule) -> BoundaryLevel | None:
    """The nearest within the tolerance; of two as near the earlier one."""
    near = [level for level in known.reported if abs(level.at - boundary) <= rule.tolerance]
    if not near:
        return None
    return _level(Step.REPORTED, boundary, min(near, key=lambda level: abs(level.at - boundary)))


def _interpolated(known: KnownRegister, boundary: datetime, rule: BillingRule) -> BoundaryLevel | None:
    """Between registers; where they are not on both sides, reported readings count as well."""
    for levels in (known.levels, known.told):
        place = bisect_left(levels, boundary, key=_at)
        if 0 < place < len(levels) and _grew(levels[place - 1], levels[place]):
            return _between(known, levels[place - 1], levels[place], boundary, rule)
    return None


def _between(
    known: KnownRegister, before: KnownLevel, after: KnownLevel, boundary: datetime, rule: BillingRule
) -> BoundaryLevel:
    """It may be off by no more than reaches to the further register: registers only grow."""
    share, weights = _share(known, Slot(before.at, after.at), boundary, rule)
    level = Fraction(before.value) + (Fraction(after.value) - Fraction(before.value)) * share
    value = on_grid(level, before.value, after.value)
    why = reason(
        Because.LEVEL_INTERPOLATED,
        boundary=instant(boundary),
        start=instant(before.at),
        end=instant(after.at),
        weights=_words(weights),
    )
    return BoundaryLevel(
        at=boundary,
        value=value,
        measured=value,
        estimated=Decimal(0),
        step=Step.INTERPOLATED,
        sources=(before.source, after.source),
        known_until=boundary,
        uncertainty=max(difference(value, before.value), difference(after.value, value)),
        reasons=(why, *_told(before), *_told(after)),
    )


def _share(
    known: KnownRegister, span: Slot, boundary: datetime, rule: BillingRule
) -> tuple[Fraction, Weights]:
    """The part of what was counted in the span that lies before the boundary.

    By the weather of LONGEST_WALK around the boundary alone: whether more is known depends on what is asked.
    """
    near = span.start >= boundary - LONGEST_WALK and span.end <= boundary + LONGEST_WALK
    if near and rule.interpolation is Weights.OUTDOOR_TEMPERATURE:
        part = kelvin_hours(known.evidence.load, Slot(span.start, boundary))
        whole = kelvin_hours(known.evidence.load, span)
        if part is not None and whole:
            return part / whole, Weights.OUTDOOR_TEMPERATURE
    return hours_of(boundary - span.start) / hours_of(span.end - span.start), Weights.EVEN


def _estimated(known: KnownRegister, boundary: datetime, rule: BillingRule) -> BoundaryLevel | None:
    """From the last level of any kind over what records there are; what they leave open is estimated."""
    place = bisect_left(known.told, boundary, key=_at)
    if not place or boundary - known.told[place - 1].at > LONGEST_WALK:
        return None
    level = known.told[place - 1]
    parts = list(_parts(known.records, Slot(level.at, boundary)))
    records = [record for record, _ in parts if record is not None]
    gaps = [estimate(slot, known.experience, rule) for record, slot in parts if record is None]
    found = [gap for gap in gaps if gap is not None]
    guess = together(found)
    if len(found) < len(gaps) or guess.length > rule.longest_estimate or not _one_factor_set(level, records):
        return None
    counted = [level.value, *(_portion(record, slot) for record, slot in parts if record is not None)]
    return _guessed(boundary, level, records, exact_sum(counted), guess)


def _guessed(
    boundary: datetime, level: KnownLevel, records: list[RecordReading], measured: Decimal, guess: Estimate
) -> BoundaryLevel:
    why = reason(
        Because.LEVEL_ESTIMATED,
        boundary=instant(boundary),
        hours=hours_text(guess.length),
        at=instant(level.at),
        methods=methods_text(guess),
    )
    return BoundaryLevel(
        at=boundary,
        value=exact_sum([measured, guess.value]),
        measured=measured,
        estimated=guess.value,
        step=Step.ESTIMATED,
        sources=(level.source, *records),
        known_until=boundary - guess.length,
        uncertainty=guess.uncertainty,
        reasons=(why, *_told(level)),
    )


def _parts(records: Sequence[RecordReading], span: Slot) -> Iterator[tuple[RecordReading | None, Slot]]:
    """The span cut into what records tell and, with None, what they leave open; days count whole only."""
    reached = span.start
    for record in records:
        start, end = max(record.slot.start, reached), min(record.slot.end, span.end)
        whole = Slot(start, end) == record.slot
        if start >= end or (record.kind is not ArchiveKind.HOUR and not whole):
            continue
        if start > reached:
            yield None, Slot(reached, start)
        yield record, Slot(start, end)
        reached = end
    if reached < span.end:
        yield None, Slot(reached, span.end)


def _portion(record: RecordReading, slot: Slot) -> Decimal:
    """What a record tells of a part of its slot, evenly."""
    if slot == record.slot:
        return record.value
    share = hours_of(slot.end - slot.start) / hours_of(record.slot.end - record.slot.start)
    return on_grid(Fraction(record.value) * share, record.value)


def _level(step: Step, boundary: datetime, level: KnownLevel, *why: Reason) -> BoundaryLevel:
    return BoundaryLevel(
        at=boundary,
        value=level.value,
        measured=level.value,
        estimated=Decimal(0),
        step=step,
        sources=(level.source,),
        known_until=level.at,
        reasons=(*why, *_told(level)),
    )


def _told(level: KnownLevel) -> Iterator[Reason]:
    """What a person has to know of a level itself."""
    source = level.source
    if isinstance(source, ReportedReading):
        yield reason(Because.LEVEL_REPORTED, at=instant(level.at), source=_words(source.source))
    elif source.poll_id is None:
        yield reason(Because.READ_BY_A_PERSON, at=instant(level.at))
    if isinstance(source, RegisterReading) and source.flags - DISQUALIFYING:
        flags = ", ".join(sorted(map(_words, source.flags)))
        yield reason(Because.REGISTER_DOUBTFUL, at=instant(level.at), flags=flags)


def _grew(before: KnownLevel, after: KnownLevel) -> bool:
    return before.value <= after.value and before.source.factor_set == after.source.factor_set


def _one_factor_set(level: KnownLevel, records: Sequence[RecordReading]) -> bool:
    return all(record.factor_set == level.source.factor_set for record in records)


def methods_text(guess: Estimate) -> str:
    """The names of the methods, as reasons tell them."""
    return ", ".join(map(_words, guess.methods))


def _words(name: str) -> str:
    return name.replace("_", " ")


def _start(record: RecordReading) -> datetime:
    return record.slot.start


def _end(record: RecordReading) -> datetime:
    return record.slot.end


_CHAIN: Final = (_register, _records, _nearby, _reported, _interpolated, _estimated)
