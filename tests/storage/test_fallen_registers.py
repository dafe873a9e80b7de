"""Registers that rolled over or were reset near a boundary, billed from stored rows; sums are done by hand.

The meter counts 0.5 Gcal an hour, which its hours tell; the register begins anew at 1000 Gcal.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest

from billing.answers import Answers
from metering.billing_lines import BillingLine, Status
from metering.billing_scope import BillingScope
from metering.calendar import ArchiveKind, BillingPeriod
from metering.evidence import EventKind
from metering.plans import PollPlan
from metering.quantities import quantity
from metering.readings import ArchiveReadings, Flag, MeterValue
from storage.billing_rules import BillingRules
from storage.polls import Polls
from storage.pool import Database
from storage.register_events import NewEvent, RegisterEvents
from storage.replacements import NewMeter, Replacement, Replacements
from tests.support.registry import DAY, HOUR, START, Place, place, reading, record, report

BY = "A. Serikova"
NOW = START + 40 * DAY
SECOND = timedelta(seconds=1)
CAPACITY = Decimal(1000)
LENGTH = 20
"""Days for which the meter is read."""
FIRST, SECOND_PERIOD = (BillingPeriod(START + start * DAY, START + (start + 10) * DAY) for start in (0, 10))


@pytest.fixture
async def spot(database: Database) -> Place:
    await BillingRules(database).put("", {"acts_required": "no"}, BY, NOW)
    return await place(database, installed_at=START - 90 * DAY)


async def read(database: Database, meter: int, levels: Sequence[Decimal], flags: Sequence[Flag] = ()) -> None:
    """Levels of midnights, and the hours between them."""
    totals = [
        record(START + day * DAY, reading(level, flags=flags if day else ()), kind=ArchiveKind.TOTAL)
        for day, level in enumerate(levels)
    ]
    hours: list[ArchiveReadings] = [
        record(START + hour * HOUR, reading("0.5")) for hour in range(24 * (len(levels) - 1))
    ]
    await Polls(database).save(report(meter, at=NOW, archive=[*totals, *hours]))


async def fell(database: Database, spot: Place, *events: tuple[timedelta, EventKind, str, str]) -> None:
    for since, kind, before, after in events:
        capacity = CAPACITY if kind is EventKind.ROLLOVER else None
        register = (spot.meter, 1, "energy_heating", START + since, kind)
        event = NewEvent(*register, Decimal(before), Decimal(after), capacity)
        await RegisterEvents(database).add(event, BY, NOW)


async def billed(database: Database, period: BillingPeriod) -> BillingLine:
    (found,) = await Answers(database, lambda: NOW, PollPlan()).lines(BillingScope(), period)
    return found


def rolling(first: str) -> list[Decimal]:
    """12 Gcal a day, modulo the capacity."""
    return [(Decimal(first) + 12 * day) % CAPACITY for day in range(LENGTH + 1)]


@pytest.mark.parametrize(
    ("at", "first"),
    [
        # Where the register of the tenth midnight shows 0, it has just begun anew; a level of that
        # instant stands after the event.
        (10 * DAY, "880"),
        # It shows 999.99… a second before, and so little more at midnight.
        (10 * DAY - SECOND, "880"),
        (9 * DAY + SECOND, "880.001"),
        (10 * DAY + SECOND, "879.999"),
    ],
    ids=["at-the-boundary", "a-second-before", "within-the-last-day", "a-second-after"],
)
@pytest.mark.parametrize("flags", [(), (Flag.WENT_BACK,)], ids=["plain", "went-back"])
async def test_a_rollover_at_a_boundary_is_in_neither_bill_twice(
    database: Database, spot: Place, at: timedelta, first: str, flags: tuple[Flag, ...]
) -> None:
    levels = rolling(first)
    await read(database, spot.meter, levels)
    if flags:
        fallen = [
            record(START + day * DAY, reading(level, flags=flags), kind=ArchiveKind.TOTAL)
            for day, level in enumerate(levels)
            if level < levels[0]
        ]
        await Polls(database).save(report(spot.meter, at=NOW + HOUR, archive=fallen))
    await fell(database, spot, (at, EventKind.ROLLOVER, "999.99", "0"))
    for period in (FIRST, SECOND_PERIOD, BillingPeriod(FIRST.start, SECOND_PERIOD.end)):
        found = await billed(database, period)
        assert found.value == 12 * ((period.end - period.start) // DAY)
        assert (found.status, found.billable, found.reasons) == (Status.MEASURED, True, ())


async def test_two_falls_within_one_period(database: Database, spot: Place) -> None:
    """Reset on the 3rd day from 136 to 0 and on the 6th from 36 to 5: 12 Gcal a day all the same."""
    levels = [Decimal(100 + 12 * day) for day in range(3)]
    levels += [Decimal(12 * day) for day in range(3)] + [Decimal(5 + 12 * day) for day in range(5)]
    await read(database, spot.meter, levels)
    await fell(database, spot, (3 * DAY, EventKind.RESET, "136", "0"), (6 * DAY, EventKind.RESET, "36", "5"))
    found = await billed(database, FIRST)
    assert (found.value, found.billable, found.reasons) == (Decimal(120), True, ())


async def test_a_rollover_between_the_last_level_and_the_closing_register(
    database: Database, spot: Place
) -> None:
    """Midnight of the 5th day 998; removed 12 hours later at 4 of the next thousand; the new one from 7."""
    await read(database, spot.meter, [(Decimal(938) + 12 * day) % CAPACITY for day in range(6)])
    removed = START + 5 * DAY + 12 * HOUR
    await fell(database, spot, (5 * DAY + 4 * HOUR, EventKind.ROLLOVER, "999.9", "0"))
    shown = [(MeterValue(quantity("energy_heating"), "Gcal", Decimal(one)),) for one in ("4", "7")]
    act = Replacement(spot.meter, NewMeter("90000001"), removed, BY, NOW, shown[0], shown[1])
    new = await Replacements(database).replace(act)
    later = record(FIRST.end, reading("61"), kind=ArchiveKind.TOTAL)
    await Polls(database).save(report(new.meter_id, at=NOW, archive=[later]))
    # 1004 - 938 of the old meter, 61 - 7 of the new one: 10 days of 12 Gcal.
    found = await billed(database, FIRST)
    assert (found.value, found.billable) == (Decimal(66 + 54), True)
