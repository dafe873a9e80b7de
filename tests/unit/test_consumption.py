"""Consumption of a period: expected figures are done by hand in each case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from metering.calendar import BillingPeriod
from metering.consumption import (
    DISQUALIFYING,
    Quality,
    RegisterReading,
    RegisterSource,
    Segment,
    consumption,
)
from metering.readings import Flag

TOLERANCE = timedelta(hours=36)
JANUARY = BillingPeriod(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
POLL = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


def register(
    at: datetime, value: str, meter_id: int = 1, flags: frozenset[Flag] = frozenset()
) -> RegisterReading:
    number = Decimal(value)
    return RegisterReading(
        at=at,
        value=number,
        quantity="energy_heating",
        circuit=1,
        meter_id=meter_id,
        source=RegisterSource.TOTAL,
        poll_id=POLL,
        frame=2,
        raw_value=number,
        raw_unit="Gcal",
        factor=Decimal(1),
        factor_set="exact",
        flags=flags,
    )


def installed(
    opening: RegisterReading | None,
    closing: RegisterReading | None,
    since: datetime = LONG_AGO,
    until: datetime | None = None,
    meter_id: int = 1,
) -> Segment:
    return Segment(meter_id, 1, since, until, opening, closing)


def test_registers_exactly_at_both_boundaries_are_measured() -> None:
    segment = installed(register(JANUARY.start, "100.000000001"), register(JANUARY.end, "112.5"))
    result = consumption(JANUARY, [segment], TOLERANCE)
    assert (result.value, result.quality, result.completeness) == (
        Decimal("12.499999999"),
        Quality.MEASURED,
        Decimal(1),
    )
    assert result.reasons == ()
    assert (result.opening, result.closing) == (segment.opening, segment.closing)


def test_registers_before_the_boundaries_are_measured_nearby() -> None:
    opening = register(JANUARY.start - timedelta(hours=6), "10")
    closing = register(JANUARY.end - timedelta(days=1), "40")
    result = consumption(JANUARY, [installed(opening, closing)], TOLERANCE)
    assert (result.value, result.quality) == (Decimal(30), Quality.MEASURED_NEARBY)
    assert result.completeness == Decimal("0.967741")  # 30 of 31 days, rounded down


def test_zero_is_a_value() -> None:
    result = consumption(
        JANUARY, [installed(register(JANUARY.start, "7.10"), register(JANUARY.end, "7.1"))], TOLERANCE
    )
    assert (result.value, result.quality) == (Decimal(0), Quality.MEASURED)


@pytest.mark.parametrize("missing", ["opening", "closing"])
def test_a_missing_register_is_absence_with_its_reason_and_never_zero(missing: str) -> None:
    segment = replace(installed(register(JANUARY.start, "1"), register(JANUARY.end, "2")), **{missing: None})
    result = consumption(JANUARY, [segment], TOLERANCE)
    assert (result.value, result.quality, result.completeness) == (None, Quality.ABSENT, Decimal(0))
    assert f"no valid {missing} register within 36 hours" in result.reasons[0]


def test_a_register_that_went_back_is_no_negative_bill() -> None:
    segment = installed(register(JANUARY.start, "500"), register(JANUARY.end, "3"))
    result = consumption(JANUARY, [segment], TOLERANCE)
    assert (result.value, result.quality) == (None, Quality.ABSENT)
    assert "went back from 500" in result.reasons[0]


def test_one_and_the_same_register_at_both_boundaries_measures_nothing() -> None:
    only = register(JANUARY.start - timedelta(hours=1), "5")
    result = consumption(JANUARY, [installed(only, only)], TOLERANCE)
    assert (result.value, result.completeness) == (None, Decimal(0))
    assert "No register was read after the opening one" in result.reasons[0]


def test_an_opening_after_the_closing_measures_nothing() -> None:
    opening, closing = register(JANUARY.end, "5"), register(JANUARY.start, "7")
    result = consumption(JANUARY, [installed(opening, closing)], TOLERANCE)
    assert result.value is None
    assert "is after the closing one" in result.reasons[0]


def test_two_factor_sets_are_not_subtracted() -> None:
    closing = replace(register(JANUARY.end, "2"), factor_set="kyivenergo")
    result = consumption(JANUARY, [installed(register(JANUARY.start, "1"), closing)], TOLERANCE)
    assert result.value is None
    assert "exact and kyivenergo" in result.reasons[0]


@pytest.mark.parametrize("flag", sorted(DISQUALIFYING))
def test_no_bill_rests_on_an_invalid_register(flag: Flag) -> None:
    closing = register(JANUARY.end, "2", flags=frozenset({flag}))
    result = consumption(JANUARY, [installed(register(JANUARY.start, "1"), closing)], TOLERANCE)
    assert result.value is None
    assert "is not valid" in result.reasons[0]


def test_a_doubtful_register_is_billed_with_its_doubt_in_words() -> None:
    closing = register(JANUARY.end, "2", flags=frozenset({Flag.CLOCK_DRIFT}))
    result = consumption(JANUARY, [installed(register(JANUARY.start, "1"), closing)], TOLERANCE)
    assert (result.value, result.quality) == (Decimal(1), Quality.MEASURED)
    assert result.reasons == ("The closing register at 2026-02-01T00:00:00Z is doubtful: clock drift.",)


def test_a_replacement_adds_up_over_both_meters() -> None:
    replaced_at = datetime(2026, 1, 16, 12, tzinfo=UTC)
    old = installed(register(JANUARY.start, "990"), register(replaced_at, "1000.5"), until=replaced_at)
    new = installed(
        register(replaced_at, "0.25", 2), register(JANUARY.end, "9", 2), since=replaced_at, meter_id=2
    )
    result = consumption(JANUARY, [new, old], TOLERANCE)
    assert (result.value, result.quality, result.completeness) == (
        Decimal("19.25"),  # 10.5 of the old meter and 8.75 of the new one
        Quality.MEASURED,
        Decimal(1),
    )
    assert (result.opening, result.closing) == (old.opening, new.closing)


def test_days_without_a_meter_are_named_and_not_counted() -> None:
    removed_at, installed_at = datetime(2026, 1, 11, tzinfo=UTC), datetime(2026, 1, 21, tzinfo=UTC)
    old = installed(register(JANUARY.start, "1"), register(removed_at, "3"), until=removed_at)
    new = installed(
        register(installed_at, "0", 2), register(JANUARY.end, "4", 2), since=installed_at, meter_id=2
    )
    result = consumption(JANUARY, [old, new], TOLERANCE)
    assert (result.value, result.quality) == (Decimal(6), Quality.MEASURED_IN_PART)
    assert result.completeness == Decimal("0.677419")  # 21 of 31 days, rounded down
    assert result.reasons == ("No meter was installed from 2026-01-11T00:00:00Z to 2026-01-21T00:00:00Z.",)


def test_a_meter_installed_within_the_period_opens_with_its_first_register() -> None:
    installed_at = datetime(2026, 1, 21, tzinfo=UTC)
    opening = register(installed_at + timedelta(hours=2), "12")
    new = installed(opening, register(JANUARY.end, "14"), since=installed_at)
    result = consumption(JANUARY, [new], TOLERANCE)
    assert (result.value, result.quality) == (Decimal(2), Quality.MEASURED_IN_PART)
    assert "from 2026-01-01T00:00:00Z to 2026-01-21T00:00:00Z" in result.reasons[0]


def test_a_usage_point_without_a_meter_is_absent() -> None:
    result = consumption(JANUARY, [], TOLERANCE)
    assert (result.value, result.quality, result.completeness) == (None, Quality.ABSENT, Decimal(0))
    assert "No meter was installed" in result.reasons[0]
    assert (result.opening, result.closing) == (None, None)


def test_an_installation_outside_the_period_does_not_count() -> None:
    earlier = installed(None, None, until=JANUARY.start)
    later = installed(None, None, since=JANUARY.end, meter_id=2)
    assert consumption(JANUARY, [earlier, later], TOLERANCE).segments == ()


def test_two_circuits_add_up_and_the_registers_stay_with_their_segments() -> None:
    first = installed(register(JANUARY.start, "1"), register(JANUARY.end, "3"))
    second = replace(installed(register(JANUARY.start, "5"), register(JANUARY.end, "5.5")), circuit=2)
    result = consumption(JANUARY, [first, second], TOLERANCE)
    assert (result.value, result.completeness) == (Decimal("2.5"), Decimal(1))
    assert (result.opening, result.closing) == (None, None)
