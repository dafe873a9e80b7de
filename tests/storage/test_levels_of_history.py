"""A boundary's level is the same whatever period is asked for, over stored histories full of holes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import combinations, pairwise
from random import Random

import pytest

from metering.billing_rules import BillingRule, Method, Weights
from metering.calendar import ArchiveKind, BillingPeriod
from metering.consumption import consumption
from metering.exact import exact_sum
from metering.levels import BoundaryLevel
from metering.readings import ArchiveReadings, Flag, SnapshotReadings
from metering.reported import Report, ReportSource
from storage.evidence import Evidences
from storage.gathered import Asked
from storage.polls import Polls
from storage.pool import Database
from storage.reported_readings import ReportedReadings
from tests.support.registry import DAY, HOUR, START, Place, place, reading, record, report, snapshot

INSTALLED = START - 20 * DAY
LENGTH = 110 * DAY
MINUTE = timedelta(minutes=1)
RULE = BillingRule(interpolation=Weights.EVEN, methods=(Method.AVERAGE_OF_VALID_HOURS,))
STRICT = BillingRule(
    interpolation=Weights.EVEN, methods=(Method.AVERAGE_OF_VALID_HOURS,), tolerance=timedelta()
)
ODDLY = tuple(START + timedelta(minutes=one) for one in (17, 30 * 24 * 60, 43 * 24 * 60 + 750, 61 * 24 * 60))


def level(at: datetime) -> Decimal:
    """What the meter's register truly showed: half a Gcal an hour."""
    return Decimal("0.5") * ((at - INSTALLED) // MINUTE) / 60


def sometimes(chance: Random, share: float, step: timedelta) -> Iterator[datetime]:
    """Some of the steps of the history; whole stretches of ten days are left out."""
    told = [chance.random() < share * 1.3 for _ in range(12)]
    for number in range(LENGTH // step):
        at = INSTALLED + number * step
        if told[(at - INSTALLED) // (10 * DAY)] and chance.random() < share + 0.5:
            yield at


def archive(chance: Random) -> list[ArchiveReadings]:
    density = chance.choice((0.1, 0.3, 0.6))
    totals = [at for at in sometimes(chance, density, DAY) if chance.random() < density]
    wrong = chance.sample(totals, len(totals) // 8)
    return [
        *(
            record(
                at,
                reading(level(at), flags=[Flag.WENT_BACK] if at in wrong else []),
                kind=ArchiveKind.TOTAL,
            )
            for at in totals
        ),
        *(record(at, reading("12"), kind=ArchiveKind.DAY) for at in sometimes(chance, chance.random(), DAY)),
        *(
            record(at, reading("0.5"), reading(chance.choice(("1", "1", "0.5")), "operating_time"))
            for at in sometimes(chance, chance.random(), HOUR)
        ),
    ]


def shown(chance: Random) -> list[SnapshotReadings]:
    instants = [
        INSTALLED + chance.randrange(LENGTH // HOUR) * HOUR + chance.choice((0, 0, 30)) * MINUTE
        for _ in range(chance.randrange(12))
    ]
    seconds = timedelta(seconds=chance.choice((0, 7)))
    return [snapshot(at + seconds, reading(level(at))) for at in sorted(set(instants))]


async def told(database: Database, spot: Place, chance: Random) -> None:
    late = START + 120 * DAY
    polled = report(spot.meter, at=late, archive=archive(chance), snapshots=shown(chance))
    await Polls(database).save(polled)
    for _ in range(chance.randrange(4)):
        at = INSTALLED + chance.randrange(LENGTH // HOUR) * HOUR
        said = Report(at, level(at), ReportSource.PAPER)
        await ReportedReadings(database).enter(spot.usage_point, said, "A. Serikova", late)


@pytest.mark.parametrize("rule", [RULE, STRICT], ids=["tolerant", "strict"])
@pytest.mark.parametrize("seed", range(4), ids="history-{}".format)
async def test_a_level_does_not_depend_on_the_period(
    database: Database, seed: int, rule: BillingRule
) -> None:
    chance = Random(seed)
    spot = await place(database, installed_at=INSTALLED)
    await told(database, spot, chance)
    drawn = {INSTALLED + chance.randrange(LENGTH // HOUR) * HOUR for _ in range(3)}
    boundaries = sorted({*ODDLY, *drawn})
    levels: dict[datetime, dict[tuple[datetime, datetime], BoundaryLevel | None]] = {}
    values: dict[tuple[datetime, datetime], Decimal | None] = {}
    for start, end in combinations(boundaries, 2):
        period = BillingPeriod(start, end)
        asked = Asked(spot.usage_point, "energy_heating", period, rule)
        found = consumption(period, (await Evidences(database).of([asked]))[spot.usage_point], rule)
        values[start, end] = found.value
        levels.setdefault(start, {})[start, end] = found.segments[0].opening
        levels.setdefault(end, {})[start, end] = found.segments[0].closing
    for at, answers in levels.items():
        assert len(set(answers.values())) == 1, f"the level of {at} depends on the period"
    parts = [values[pair] for pair in pairwise(boundaries)]
    if None not in parts:
        assert exact_sum(part for part in parts if part is not None) == values[boundaries[0], boundaries[-1]]
