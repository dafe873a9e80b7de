"""Every way to the level of a boundary is found in stored rows; sums are done here by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from metering.billing_lines import Status
from metering.billing_rules import BillingRule, Method, Weights
from metering.calendar import ArchiveKind, BillingPeriod
from metering.consumption import Consumption, consumption
from metering.evidence import EventKind
from metering.levels import Step
from metering.quantities import quantity
from metering.readings import ArchiveReadings, MeterValue, SnapshotReadings
from metering.reported import Report, ReportSource
from storage.evidence import Evidences
from storage.gathered import Asked
from storage.polls import Polls
from storage.pool import Database
from storage.register_events import NewEvent, RegisterEvents
from storage.replacements import NewMeter, Replacement, Replacements
from storage.reported_readings import ReportedReadings
from storage.usage_points import Registry
from tests.support.registry import DAY, HOUR, START, Place, place, reading, record, report, snapshot

JANUARY = BillingPeriod(START, START + 31 * DAY)
INSTALLED = START - 90 * DAY
NOW = START + 60 * DAY
RULE = BillingRule(interpolation=Weights.EVEN, methods=(Method.AVERAGE_OF_VALID_HOURS,))


async def answered(
    database: Database, spot: Place, period: BillingPeriod = JANUARY, rule: BillingRule = RULE
) -> Consumption:
    asked = Asked(spot.usage_point, "energy_heating", period, rule)
    evidence = await Evidences(database).of([asked])
    return consumption(period, evidence[spot.usage_point], rule)


async def read(
    database: Database,
    spot: Place,
    archive: Iterable[ArchiveReadings] = (),
    snapshots: Iterable[SnapshotReadings] = (),
) -> None:
    await Polls(database).save(report(spot.meter, at=NOW, archive=archive, snapshots=snapshots))


def totals(**levels: str) -> list[ArchiveReadings]:
    """Levels at midnights of days of January: `day_1` is the 1st, `day_32` the 1st of February."""
    return [
        record(START + (int(day.removeprefix("day_")) - 1) * DAY, reading(level), kind=ArchiveKind.TOTAL)
        for day, level in levels.items()
    ]


def hours(start: datetime, end: datetime, each: str = "0.5") -> list[ArchiveReadings]:
    return [record(start + number * HOUR, reading(each)) for number in range((end - start) // HOUR)]


def steps(found: Consumption) -> tuple[Step | None, Step | None]:
    opening, closing = found.opening, found.closing
    return (opening.step if opening else None, closing.step if closing else None)


async def test_registers_at_both_boundaries(database: Database) -> None:
    spot = await place(database, installed_at=INSTALLED)
    await read(database, spot, totals(day_1="100", day_11="150", day_32="412.5"))
    found = await answered(database, spot)
    assert (found.value, found.estimated, found.status) == (Decimal("312.5"), Decimal(0), Status.MEASURED)
    assert steps(found) == (Step.REGISTER, Step.REGISTER)


async def test_hours_lead_from_the_last_total_to_the_boundary(database: Database) -> None:
    spot = await place(database, installed_at=INSTALLED)
    last = START + 30 * DAY
    await read(database, spot, [*totals(day_1="100", day_31="400"), *hours(last, JANUARY.end, "0.25")])
    found = await answered(database, spot)
    # 300 by registers, and 24 hours of a quarter.
    assert (found.value, found.status) == (Decimal(306), Status.CALCULATED)
    assert steps(found) == (Step.REGISTER, Step.RECORDS)


async def test_hours_lead_back_from_the_first_total_after_the_boundary(database: Database) -> None:
    spot = await place(database, installed_at=INSTALLED)
    await read(database, spot, [*totals(day_3="110", day_32="400"), *hours(START, START + 2 * DAY, "0.25")])
    found = await answered(database, spot)
    assert (found.value, found.status) == (Decimal(400 - 110 + 12), Status.CALCULATED)
    assert steps(found) == (Step.RECORDS, Step.REGISTER)


async def test_a_register_within_the_tolerance_is_near_enough(database: Database) -> None:
    spot = await place(database, installed_at=INSTALLED)
    seen = [snapshot(START - 10 * HOUR, reading("99")), snapshot(JANUARY.end - 5 * HOUR, reading("405"))]
    await read(database, spot, snapshots=seen)
    found = await answered(database, spot)
    assert (found.value, found.status, steps(found)) == (
        Decimal(306),
        Status.MEASURED,
        (Step.NEARBY, Step.NEARBY),
    )


async def test_what_people_reported_counts_where_the_meter_is_silent(database: Database) -> None:
    spot = await place(database, installed_at=INSTALLED)
    await read(database, spot, totals(day_1="100"))
    told = Report(JANUARY.end, Decimal(390), ReportSource.PAPER)
    readings = ReportedReadings(database)
    stored = await readings.enter(spot.usage_point, told, "A. Serikova", NOW)
    found = await answered(database, spot)
    assert (found.value, found.status) == (Decimal(290), Status.REPORTED)
    assert steps(found) == (Step.REGISTER, Step.REPORTED)
    await readings.withdraw(stored.id, "another flat", "A. Serikova", NOW)
    assert (await answered(database, spot)).status is Status.ABSENT


async def test_a_boundary_between_two_registers_is_interpolated(database: Database) -> None:
    spot = await place(database, installed_at=INSTALLED)
    await read(database, spot, totals(day_1="100", day_22="310", day_42="510"))
    found = await answered(database, spot)
    # 200 Gcal in the 20 days around the boundary, 10 of them before it.
    assert (found.value, found.status) == (Decimal(310), Status.SUBSTITUTED)
    assert steps(found) == (Step.REGISTER, Step.INTERPOLATED)


async def test_beyond_the_last_register_hours_are_estimated_until_the_late_archive_comes(
    database: Database,
) -> None:
    spot = await place(database, installed_at=INSTALLED)
    silent_since = JANUARY.end - 4 * DAY
    await read(database, spot, [*totals(day_1="100", day_28="400"), *hours(START + 20 * DAY, silent_since)])
    early = await answered(database, spot)
    # Half a Gcal an hour, as in the valid hours before.
    assert (early.value, early.measured, early.estimated) == (Decimal(348), Decimal(300), Decimal(48))
    assert (early.status, steps(early)) == (Status.ESTIMATED, (Step.REGISTER, Step.ESTIMATED))
    await read(database, spot, [*totals(day_32="452"), *hours(silent_since, JANUARY.end)])
    late = await answered(database, spot)
    assert (late.value, late.estimated, late.status) == (Decimal(352), Decimal(0), Status.MEASURED)
    february = BillingPeriod(JANUARY.end, JANUARY.end + 4 * DAY)
    both = replace(JANUARY, end=february.end)
    await read(database, spot, totals(day_36="500"))
    parts = [await answered(database, spot, period) for period in (JANUARY, february, both)]
    assert [one.value for one in parts] == [352, 48, 400]


async def test_a_register_that_ran_over_goes_on(database: Database) -> None:
    spot = await place(database, installed_at=INSTALLED)
    await read(database, spot, totals(day_1="9900", day_10="9990", day_12="20", day_32="150"))
    assert (await answered(database, spot)).value is None
    event = NewEvent(
        *(spot.meter, 1, "energy_heating", START + 11 * DAY, EventKind.ROLLOVER),
        *(Decimal(9990), Decimal(20), Decimal(10000)),
    )
    await RegisterEvents(database).add(event, "A. Serikova", NOW)
    found = await answered(database, spot)
    assert (found.value, found.status) == (Decimal(250), Status.MEASURED)


async def test_a_replacement_runs_on_from_register_to_register(database: Database) -> None:
    spot = await place(database, installed_at=INSTALLED)
    replaced_at = START + 10 * DAY
    registry = Registry(database)
    await registry.remove(spot.usage_point, spot.meter, replaced_at)
    new = await registry.add_meter("7", "kamstrup-multical-403", "2", spot.line, "+05:00")
    await registry.install(spot.usage_point, new, 1, replaced_at)
    for meter, side, value in ((spot.meter, "closing", 180), (new, "opening", 3)):
        await database.value(
            "insert into boundary_register (meter_id, circuit, quantity, at, side, value, raw_value, "
            "raw_unit, factor, factor_set, entered_by, entered_at) "
            "values ($1, 1, 'energy_heating', $2, $3, $4, $4, 'Gcal', 1, 'exact', 'A. Serikova', $2)",
            *(meter, replaced_at, side, Decimal(value)),
        )
    await read(database, spot, totals(day_1="100"))
    await read(database, replace(spot, meter=new), totals(day_32="250"))
    found = await answered(database, spot)
    assert found.value == (180 - 100) + (250 - 3)
    closing, opening = found.segments[0].closing, found.segments[1].opening
    assert closing is not None
    assert opening is not None
    assert (closing.step, opening.step) == (Step.ACT, Step.ACT)


async def test_hours_of_the_meter_before_show_what_is_usual(database: Database) -> None:
    spot = await place(database, installed_at=INSTALLED)
    await read(database, spot, [*totals(day_1="100"), *hours(START + 24 * DAY, START + 28 * DAY, "0.25")])
    at = START + 28 * DAY
    closing, opening = (MeterValue(quantity("energy_heating"), "Gcal", Decimal(one)) for one in (400, 0))
    act = Replacement(spot.meter, NewMeter("90000002"), at, "A. Serikova", NOW, (closing,), (opening,))
    await Replacements(database).replace(act)
    found = await answered(database, spot)
    # 300 by the old meter's registers; of the new one three silent days at a quarter of a Gcal an hour.
    assert (found.measured, found.estimated) == (Decimal(300), Decimal(18))


async def test_many_points_are_asked_at_once(database: Database) -> None:
    spots = [await place(database, number, installed_at=INSTALLED) for number in range(1, 6)]
    for number, spot in enumerate(spots, start=1):
        await read(database, spot, totals(day_1="100", day_32=str(100 + 31 * number)))
    asked = [Asked(spot.usage_point, "energy_heating", JANUARY, RULE) for spot in spots]
    evidence = await Evidences(database).of(asked)
    values = [consumption(JANUARY, evidence[spot.usage_point], RULE).value for spot in spots]
    assert values == [31, 62, 93, 124, 155]


async def test_error_hours_are_told_though_registers_stand_at_both_boundaries(database: Database) -> None:
    """Half an hour on the 5th and a quarter on the 9th; the next hour of full operation is none."""
    spot = await place(database, installed_at=INSTALLED)
    broken = {START + 4 * DAY: "0.5", START + 8 * DAY: "0.75", START + 9 * DAY: "1"}
    ran = [record(at, reading("0.2"), reading(share, "operating_time")) for at, share in broken.items()]
    await read(database, spot, [*totals(day_1="100", day_32="412.5"), *ran])
    found = await answered(database, spot)
    assert (found.value, found.status) == (Decimal("312.5"), Status.MEASURED)
    assert [one.text() for one in found.reasons] == [
        "The meter did not measure for 0.75 hours between 2026-01-05T00:00:00Z and 2026-01-09T01:00:00Z; "
        "nothing is added for them."
    ]


async def test_a_day_of_25_hours_leads_past_a_level_within_it(database: Database) -> None:
    """The clock was put back on the 10th: its record, 12.5 Gcal, reaches over a level 30 minutes before
    its end, and goes on from the level at its start."""
    spot = await place(database, installed_at=INSTALLED)
    start = START + 9 * DAY
    day = record(start, reading("12.5"), kind=ArchiveKind.DAY)
    longer = replace(day, slot=replace(day.slot, end=day.slot.end + HOUR))
    late = snapshot(longer.slot.end - HOUR / 2, reading("112.3"))
    await read(database, spot, [record(start, reading("100"), kind=ArchiveKind.TOTAL), longer], [late])
    after = BillingPeriod(longer.slot.end, longer.slot.end + DAY)
    found = await answered(database, spot, after)
    assert found.opening is not None
    assert (found.opening.step, found.opening.value) == (Step.RECORDS, Decimal("112.5"))
