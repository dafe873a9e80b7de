"""Slots, zones and billing periods; instants by hand from the zones' offsets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.calendar import (
    ArchiveKind,
    BillingPeriod,
    MeterSlot,
    MeterZone,
    next_start,
    slot_at,
    slot_start,
    slots,
    slots_between,
)
from metering.errors import ConfigurationError

moments = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1))
kinds = st.sampled_from(ArchiveKind)


@pytest.mark.parametrize(
    ("kind", "start", "following"),
    [
        (ArchiveKind.HOUR, datetime(2026, 2, 28, 23), datetime(2026, 3, 1)),
        (ArchiveKind.DAY, datetime(2026, 2, 28), datetime(2026, 3, 1)),
        (ArchiveKind.TOTAL, datetime(2024, 2, 28), datetime(2024, 2, 29)),
        (ArchiveKind.MONTH, datetime(2026, 2, 1), datetime(2026, 3, 1)),
        (ArchiveKind.MONTH, datetime(2026, 12, 1), datetime(2027, 1, 1)),
    ],
)
def test_slots_of_a_moment(kind: ArchiveKind, start: datetime, following: datetime) -> None:
    assert slot_start(kind, start + timedelta(minutes=59)) == start
    assert next_start(kind, start) == following
    assert slot_at(kind, start) == MeterSlot(start, following)


@given(kind=kinds, moment=moments)
def test_every_moment_lies_in_its_slot(kind: ArchiveKind, moment: datetime) -> None:
    slot = slot_at(kind, slot_start(kind, moment))
    assert slot.start <= moment < slot.end


@given(kind=kinds, moment=moments, hours=st.integers(0, 2000))
def test_slots_follow_each_other_without_gap(kind: ArchiveKind, moment: datetime, hours: int) -> None:
    end = moment + timedelta(hours=hours)
    found = list(slots(kind, moment, end))
    assert all(moment <= slot.start < end for slot in found)
    assert all(one.end == two.start for one, two in pairwise(found))


@pytest.mark.parametrize(
    ("zone", "meter_time", "instant"),
    [
        ("+05:00", datetime(2026, 1, 1), datetime(2025, 12, 31, 19, tzinfo=UTC)),
        ("-03:30", datetime(2026, 1, 1), datetime(2026, 1, 1, 3, 30, tzinfo=UTC)),
        (
            "Asia/Almaty",
            datetime(2024, 2, 1),
            datetime(2024, 1, 31, 18, tzinfo=UTC),
        ),  # +06:00 before 2024-03-01
        ("Asia/Almaty", datetime(2026, 1, 1), datetime(2025, 12, 31, 19, tzinfo=UTC)),  # +05:00 since
        ("Europe/Kyiv", datetime(2026, 7, 1, 12), datetime(2026, 7, 1, 9, tzinfo=UTC)),
    ],
)
def test_a_zone_leads_there_and_back(zone: str, meter_time: datetime, instant: datetime) -> None:
    assert MeterZone(zone).to_utc(meter_time) == instant
    assert MeterZone(zone).to_meter_time(instant) == meter_time


def test_a_repeated_hour_is_the_first_of_the_two() -> None:
    kyiv = MeterZone("Europe/Kyiv")  # clocks went back from 04:00 to 03:00 on 2025-10-26
    assert kyiv.to_utc(datetime(2025, 10, 26, 3, 30)) == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)


def test_a_day_of_25_hours_is_one_slot() -> None:
    day = MeterZone("Europe/Kyiv").slot(slot_at(ArchiveKind.DAY, datetime(2025, 10, 26)))
    assert day.end - day.start == timedelta(hours=25)


@pytest.mark.parametrize("name", ["", "Mars/Base", "+5", "+ab:cd", "../etc/passwd", "+99:00"])
def test_an_unknown_zone_is_named(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"Asia/Almaty|offset"):
        MeterZone(name)


def test_a_billing_period_has_zones_and_a_length() -> None:
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 19, tzinfo=UTC)
    assert BillingPeriod(start, end).end == end
    with pytest.raises(ConfigurationError, match="zone"):
        BillingPeriod(start.replace(tzinfo=None), end)
    with pytest.raises(ConfigurationError, match="after it starts"):
        BillingPeriod(end, end)


@pytest.mark.parametrize(
    ("kind", "earlier", "later", "count"),
    [
        (ArchiveKind.HOUR, datetime(2024, 2, 29, 23, 59), datetime(2024, 3, 1, 0, 1), 1),
        (ArchiveKind.HOUR, datetime(2026, 2, 10, 9), datetime(2026, 2, 10, 9, 59), 0),
        (ArchiveKind.DAY, datetime(2024, 2, 28, 23), datetime(2024, 3, 1, 1), 2),
        (ArchiveKind.TOTAL, datetime(2025, 12, 31), datetime(2026, 1, 1), 1),
        (ArchiveKind.MONTH, datetime(2025, 11, 30), datetime(2026, 2, 1), 3),
        (ArchiveKind.MONTH, datetime(2026, 1, 1), datetime(2025, 12, 31), -1),
    ],
)
def test_slots_between_two_moments_are_counted_by_their_boundaries(
    kind: ArchiveKind, earlier: datetime, later: datetime, count: int
) -> None:
    assert slots_between(kind, earlier, later) == count
