"""Readings that people report: in their own unit, beside telemetry, and taken back with a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from metering.calendar import ArchiveKind
from metering.errors import ConfigurationError, ReadingConflict, TeploError
from metering.reported import Report, ReportSource, Withdrawal
from storage.polls import Polls
from storage.pool import Database
from storage.reported_readings import Beside, ReportedReadings
from storage.usage_points import Registry
from tests.support.registry import DAY, HOUR, START, place, reading, record, report, snapshot

NOON = START + DAY / 2
NOW = START + 40 * DAY
TOLD = Report(NOON, Decimal("123.4"), ReportSource.WHATSAPP, reported_by="flat 12", note="photo")


async def test_a_report_is_taken_to_the_canonical_unit_by_the_points_factor_set(database: Database) -> None:
    spot = await place(database)
    site = await Registry(database).add_site("site-1", "Школа № 5")
    await Registry(database).add_usage_point("point-1", "Отопление", site, "+05:00", factor_set="kyivenergo")
    told = replace(TOLD, value=Decimal(100000), unit="kWh")
    stored = await ReportedReadings(database).enter(spot.usage_point, told, "A. Serikova", NOW)
    # Kyivenergo's published factor: 0.0008598 Gcal in a kilowatt hour.
    assert stored.value == Decimal("85.98")
    assert (stored.raw_value, stored.raw_unit, stored.factor) == (
        Decimal(100000),
        "kWh",
        Decimal("0.0008598"),
    )
    assert (stored.meter_id, stored.circuit, stored.quantity) == (spot.meter, 1, "energy_heating")
    assert (stored.source, stored.reported_by, stored.entered_by) == ("whatsapp", "flat 12", "A. Serikova")
    assert (stored.at, stored.entered_at, stored.withdrawn) == (NOON, NOW, None)


async def test_the_same_report_twice_is_one_and_another_value_is_refused(database: Database) -> None:
    spot = await place(database)
    readings = ReportedReadings(database)
    first = await readings.enter(spot.usage_point, TOLD, "A. Serikova", NOW)
    assert await readings.enter(spot.usage_point, TOLD, "B. Omarov", NOW + HOUR) == first
    with pytest.raises(ReadingConflict, match=r"A\. Serikova has entered 123\.4 Gcal"):
        await readings.enter(spot.usage_point, replace(TOLD, value=Decimal(124)), "B. Omarov", NOW)
    other_way = replace(TOLD, value=Decimal(124), source=ReportSource.PAPER)
    assert (await readings.enter(spot.usage_point, other_way, "B. Omarov", NOW)).id != first.id


async def test_a_withdrawn_reading_stays_on_record_and_makes_room(database: Database) -> None:
    spot = await place(database)
    readings = ReportedReadings(database)
    first = await readings.enter(spot.usage_point, TOLD, "A. Serikova", NOW)
    gone = await readings.withdraw(first.id, "digits mixed up", "B. Omarov", NOW + HOUR)
    assert gone is not None
    assert gone.withdrawn == Withdrawal(NOW + HOUR, "B. Omarov", "digits mixed up")
    with pytest.raises(ReadingConflict, match="digits mixed up"):
        await readings.withdraw(first.id, "once more", "B. Omarov", NOW)
    second = await readings.enter(spot.usage_point, replace(TOLD, value=Decimal(132)), "B. Omarov", NOW)
    listed = await readings.page(spot.usage_point, START, NOW)
    assert [one.id for one in listed] == [first.id, second.id]
    assert await readings.withdraw(999, "there is none", "B. Omarov", NOW) is None


async def test_at_a_replacement_the_new_meter_counts_unless_the_old_one_is_named(database: Database) -> None:
    spot = await place(database)
    registry, readings = Registry(database), ReportedReadings(database)
    await registry.remove(spot.usage_point, spot.meter, NOON)
    new = await registry.add_meter("7", "kamstrup-multical-403", "2", spot.line, "+05:00")
    await registry.install(spot.usage_point, new, 1, NOON)
    assert (await readings.enter(spot.usage_point, TOLD, "A. Serikova", NOW)).meter_id == new
    closing = replace(TOLD, meter_id=spot.meter)
    assert (await readings.enter(spot.usage_point, closing, "A. Serikova", NOW)).meter_id == spot.meter
    with pytest.raises(ConfigurationError, match="No meter"):
        await readings.enter(spot.usage_point, replace(closing, at=NOON + HOUR), "A. Serikova", NOW)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"at": NOW + HOUR}, "in the future"),
        ({"at": START - HOUR}, "No meter was installed"),
        ({"value": Decimal(-1)}, "misread or mistyped"),
        ({"unit": "m3"}, "not measured in"),
        ({"quantity": "power"}, "is no register"),
        ({"circuit": 2}, "No meter was installed"),
    ],
)
async def test_what_cannot_have_been_read_is_refused(
    database: Database, changed: dict[str, object], said: str
) -> None:
    spot = await place(database)
    told = replace(TOLD, **changed)  # type: ignore[arg-type]
    with pytest.raises(TeploError, match=said):
        await ReportedReadings(database).enter(spot.usage_point, told, "A. Serikova", NOW)


async def test_two_circuits_must_be_told_apart(database: Database) -> None:
    spot = await place(database)
    await Registry(database).install(spot.usage_point, spot.meter, 2, START)
    readings = ReportedReadings(database)
    with pytest.raises(ConfigurationError, match=r"circuit 1, .* circuit 2: name one"):
        await readings.enter(spot.usage_point, TOLD, "A. Serikova", NOW)
    assert (await readings.enter(spot.usage_point, replace(TOLD, circuit=2), "A. Serikova", NOW)).circuit == 2


async def test_telemetry_stands_beside_what_was_reported(database: Database) -> None:
    spot = await place(database)
    totals = [record(START, reading("120"), kind=ArchiveKind.TOTAL)]
    await Polls(database).save(
        report(spot.meter, archive=totals, snapshots=[snapshot(NOON + HOUR, reading("124"))])
    )
    readings = ReportedReadings(database)
    first = await readings.enter(spot.usage_point, TOLD, "A. Serikova", NOW)
    late = await readings.enter(spot.usage_point, replace(TOLD, at=START + 9 * DAY), "A. Serikova", NOW)
    near, alone = await readings.compare(spot.usage_point, START, NOW, within=timedelta(days=2))
    assert near == Beside(first, (START, Decimal(120)), (NOON + HOUR, Decimal(124)))
    assert alone == Beside(late, None, None)
