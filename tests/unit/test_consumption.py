"""Consumption of a period: expected figures are done by hand in each case."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from metering.billing_lines import Status
from metering.billing_rules import BillingRule, Method, Weights
from metering.consumption import Consumption, consumption
from metering.evidence import (
    DISQUALIFYING,
    EventKind,
    Evidence,
    RegisterEvent,
    RegisterReading,
    RegisterSource,
    ThermalLoad,
)
from metering.levels import Step
from metering.readings import Flag
from metering.reasons import Because
from metering.reported import Withdrawal
from tests.support.register_evidence import (
    HOUR,
    after,
    day,
    hours,
    known,
    level,
    outdoor,
    period,
    record,
    reported,
)

RULE = BillingRule(
    interpolation=Weights.EVEN, methods=(Method.AVERAGE_OF_VALID_HOURS,), tolerance=timedelta(hours=36)
)
SNAPSHOT, BOUNDARY = RegisterSource.SNAPSHOT, RegisterSource.BOUNDARY


def of(*evidence: Evidence, rule: BillingRule = RULE, start: float = 0, end: float = 744) -> Consumption:
    return consumption(period(start, end), evidence, rule)


def words(result: Consumption) -> list[Because]:
    return [one.word for one in result.reasons]


def steps(result: Consumption) -> list[tuple[Step | None, Step | None]]:
    return [
        (one.opening.step if one.opening else None, one.closing.step if one.closing else None)
        for one in result.segments
    ]


def closing(result: Consumption) -> tuple[Step, Decimal]:
    assert result.closing is not None
    return result.closing.step, result.closing.value


# Registers at the boundary


def test_registers_exactly_at_both_boundaries_are_measured() -> None:
    first, last = level(0, "100.000000001"), level(744, "112.5")
    result = of(known(first, last))
    assert (result.value, result.measured, result.estimated) == (Decimal("12.499999999"),) * 2 + (Decimal(0),)
    assert (result.status, result.completeness, result.uncertainty) == (
        Status.MEASURED,
        Decimal(1),
        Decimal(0),
    )
    assert result.reasons == ()
    assert steps(result) == [(Step.REGISTER, Step.REGISTER)]
    assert result.opening is not None and result.opening.sources == (first,)
    assert result.closing is not None and result.closing.sources == (last,)


def test_zero_is_a_value() -> None:
    result = of(known(level(0, "7.10"), level(744, "7.1")))
    assert (result.value, result.status) == (Decimal(0), Status.MEASURED)


def test_a_total_wins_over_a_snapshot_of_the_same_instant() -> None:
    opening = level(0, "1")
    total, snapshot = level(744, "5"), level(744, "6", SNAPSHOT)
    assert of(known(opening, total, snapshot)).value == of(known(opening, snapshot, total)).value == 4


def test_of_two_snapshots_of_one_instant_the_same_one_counts_in_any_order() -> None:
    early, late = (
        level(744, "5", SNAPSHOT, poll_id=UUID(int=1)),
        level(744, "6", SNAPSHOT, poll_id=UUID(int=2)),
    )
    assert of(known(level(0, "1"), early, late)) == of(known(level(0, "1"), late, early))


@pytest.mark.parametrize("flag", sorted(DISQUALIFYING))
def test_no_bill_rests_on_an_invalid_register(flag: Flag) -> None:
    result = of(known(level(0, "1"), level(744, "2", flags=frozenset({flag}))))
    assert (result.value, result.measured, result.estimated, result.status) == (
        None,
        None,
        None,
        Status.ABSENT,
    )


def test_a_doubtful_register_is_billed_with_its_doubt_in_words() -> None:
    result = of(known(level(0, "1"), level(744, "2", flags=frozenset({Flag.CLOCK_DRIFT}))))
    assert (result.value, result.status) == (Decimal(1), Status.MEASURED)
    assert [one.text() for one in result.reasons] == [
        "The register at 2026-02-01T00:00:00Z is doubtful: clock drift."
    ]
    assert not any(one.hinders for one in result.reasons)


# Records from a register to the boundary


def test_hours_lead_from_the_last_register_to_the_boundary() -> None:
    result = of(known(level(0, "1"), level(742, "5"), *hours(742, 744, "0.25")))
    assert closing(result) == (Step.RECORDS, Decimal("5.5"))
    assert (result.value, result.status, result.completeness) == (
        Decimal("4.5"),
        Status.CALCULATED,
        Decimal(1),
    )
    assert [one.text() for one in result.reasons] == [
        "The level at 2026-02-01T00:00:00Z is worked out from the register at 2026-01-31T22:00:00Z and 2 "
        "records of the meter."
    ]
    assert result.closing is not None
    assert [one.at if isinstance(one, RegisterReading) else None for one in result.closing.sources] == [
        after(742),
        None,
        None,
    ]


def test_hours_lead_back_from_the_first_register_after_the_boundary() -> None:
    result = of(known(level(0, "1"), level(746, "5"), record(744, "0.25"), record(745, "0.5")))
    assert closing(result) == (Step.RECORDS, Decimal("4.25"))
    assert result.closing is not None
    assert [one.value for one in result.closing.sources] == [
        Decimal("0.25"),
        Decimal("0.5"),
        Decimal(5),
    ]


def test_forwards_goes_before_backwards_and_the_nearest_register_counts() -> None:
    result = of(
        known(
            level(0, "1"),
            level(740, "3"),
            level(742, "5"),
            level(746, "9"),
            *hours(740, 746, "0.25"),
        )
    )
    assert closing(result) == (Step.RECORDS, Decimal("5.5"))


def test_a_day_record_leads_over_hours_that_are_missing() -> None:
    result = of(known(level(0, "1"), level(720, "5"), *hours(730, 744, "0.25"), day(720, "6.5")))
    assert closing(result) == (Step.RECORDS, Decimal("11.5"))


def test_hours_go_before_days() -> None:
    result = of(known(level(0, "1"), level(720, "5"), *hours(720, 744, "0.25"), day(720, "6.5")))
    assert closing(result) == (Step.RECORDS, Decimal(11))


@pytest.mark.parametrize("hour", [742, 743])
def test_records_must_be_complete(hour: int) -> None:
    told = [one for one in hours(742, 744, "0.25") if one.slot.start != after(hour)]
    assert closing(of(known(level(0, "1"), level(742, "5"), *told))) == (Step.NEARBY, Decimal(5))


@pytest.mark.parametrize("flag", sorted(DISQUALIFYING))
def test_no_bill_rests_on_an_invalid_record(flag: Flag) -> None:
    bad = record(743, "0.25", flags=frozenset({flag}))
    assert closing(of(known(level(0, "1"), level(743, "5"), bad))) == (Step.NEARBY, Decimal(5))


def test_records_of_another_factor_set_do_not_lead_anywhere() -> None:
    other = record(743, "0.25", factor_set="kyivenergo")
    assert closing(of(known(level(0, "1"), level(743, "5"), other))) == (Step.NEARBY, Decimal(5))


@pytest.mark.parametrize(("days", "step"), [(45, Step.RECORDS), (46, Step.ESTIMATED)])
def test_records_lead_so_far(days: int, step: Step) -> None:
    """A walk of 45 days is a walk, one of 46 is not: only an estimate is left, and that neither."""
    start = 1200 - days * 24
    told = [day(start + 24 * number, "0.5") for number in range(days)]
    result = of(known(level(0, "1"), level(start, "5"), *told), start=0, end=1200)
    expected = [(Step.REGISTER, step)] if days == 45 else [(Step.REGISTER, None)]
    assert steps(result) == expected


@pytest.mark.parametrize(("days", "step"), [(45, Step.RECORDS), (46, Step.INTERPOLATED)])
def test_records_lead_back_so_far(days: int, step: Step) -> None:
    told = [day(744 + 24 * number, "0.5") for number in range(days)]
    result = of(known(level(0, "1"), level(744 + days * 24, "50"), *told))
    assert steps(result) == [(Step.REGISTER, step)]


# A register nearby


@pytest.mark.parametrize(("ago", "step"), [(36, Step.NEARBY), (36.001, None)])
def test_a_register_within_the_tolerance_before_the_boundary(ago: float, step: Step | None) -> None:
    result = of(known(level(0, "10"), level(744 - ago, "40")))
    assert steps(result) == [(Step.REGISTER, step)]


def test_a_register_nearby_is_measured_and_says_so() -> None:
    result = of(known(level(-6, "10"), level(720, "40")))
    assert (result.value, result.status, result.uncertainty) == (Decimal(30), Status.MEASURED, Decimal(0))
    assert result.completeness == Decimal("0.967741")  # 30 of 31 days, rounded down
    assert [one.text() for one in result.reasons] == [
        "For 2026-01-01T00:00:00Z stands the register of 2025-12-31T18:00:00Z, 6 h away.",
        "For 2026-02-01T00:00:00Z stands the register of 2026-01-31T00:00:00Z, 24 h away.",
    ]


def test_one_and_the_same_register_at_both_boundaries_measures_nothing() -> None:
    result = of(known(level(-1, "5")), end=30)
    assert (result.value, result.status, result.completeness) == (None, Status.ABSENT, Decimal(0))
    assert Because.NOTHING_READ in words(result)


def test_a_register_that_stands_still_is_zero() -> None:
    assert of(known(level(-1, "5"), level(700, "5")), rule=replace(RULE, tolerance=44 * HOUR)).value == 0


def test_one_of_two_circuits_may_have_stood_without_a_reading() -> None:
    silent = replace(known(level(-1, "5")), circuit=2)
    result = of(known(level(0, "1"), level(24, "2")), silent, end=24)
    assert result.value == 1


# Readings that people report


def test_a_reported_reading_at_the_boundary_counts_where_no_register_does() -> None:
    result = of(known(level(0, "10"), reported(744, "40")))
    assert (result.value, result.measured, result.status) == (Decimal(30), Decimal(30), Status.REPORTED)
    assert steps(result) == [(Step.REGISTER, Step.REPORTED)]
    assert [one.text() for one in result.reasons] == [
        "The register at 2026-02-01T00:00:00Z was reported by people: whatsapp."
    ]


def test_a_register_goes_before_a_report() -> None:
    result = of(known(level(0, "10"), level(720, "38"), reported(744, "40")))
    assert closing(result) == (Step.NEARBY, Decimal(38))
    assert result.status is Status.MEASURED


@pytest.mark.parametrize(
    ("readings", "value"),
    [
        ([(740, "39"), (747, "41")], "41"),
        ([(740, "39"), (747, "41"), (745, "40")], "40"),
        ([(740, "39"), (748, "41")], "39"),
        ([(748, "41"), (740, "39")], "39"),
        ([(708, "38")], "38"),
        ([(780, "42")], "42"),
    ],
)
def test_the_nearest_report_counts_and_of_two_the_earlier(
    readings: list[tuple[int, str]], value: str
) -> None:
    told = [reported(at, level, number) for number, (at, level) in enumerate(readings)]
    assert closing(of(known(level(0, "10"), *told))) == (Step.REPORTED, Decimal(value))


@pytest.mark.parametrize("at", [707.9, 780.1])
def test_a_report_too_far_away_does_not_stand_for_the_boundary(at: float) -> None:
    result = of(known(level(0, "10"), reported(at, "40")))
    assert all(one.closing is None or one.closing.step is not Step.REPORTED for one in result.segments)


def test_a_report_that_was_withdrawn_does_not_count() -> None:
    gone = reported(744, "40", withdrawn=Withdrawal(after(750), "an engineer", "misread"))
    assert of(known(level(0, "10"), gone)).value is None


def test_of_two_reports_of_one_instant_the_one_entered_last_counts() -> None:
    late = replace(reported(744, "41", 1), entered_at=after(800))
    early = reported(744, "40", 2)
    assert of(known(level(0, "10"), late, early)).value == 31
    assert of(known(level(0, "10"), early, late)).value == 31


# Between two registers


def test_a_boundary_between_two_registers_is_interpolated_evenly() -> None:
    """100 h before and 300 h after: a quarter of 8."""
    result = of(known(level(0, "10"), level(644, "20"), level(1044, "28")))
    assert closing(result) == (Step.INTERPOLATED, Decimal(22))
    assert (result.value, result.status, result.uncertainty) == (Decimal(12), Status.SUBSTITUTED, Decimal(6))
    assert (result.measured, result.estimated, result.completeness) == (Decimal(12), Decimal(0), Decimal(1))
    assert [one.text() for one in result.reasons] == [
        "The level at 2026-02-01T00:00:00Z is interpolated between the registers at 2026-01-27T20:00:00Z and "
        "2026-02-13T12:00:00Z: even."
    ]


def test_it_may_be_off_by_what_lies_to_the_further_register() -> None:
    """300 h before and 100 h after: three quarters of 8, and 6 back to the first."""
    result = of(known(level(0, "10"), level(444, "20"), level(844, "28")))
    assert (closing(result)[1], result.uncertainty) == (Decimal(26), Decimal(6))


def test_both_sides_share_the_rounded_level() -> None:
    """A third of 1: seven digits, for the registers have one."""
    evidence = known(level(0, "0.0"), level(300, "1.0"), level(600, "2.0"))
    rule = replace(RULE, tolerance=timedelta())
    first, second = of(evidence, rule=rule, end=100), of(evidence, rule=rule, start=100, end=300)
    assert (first.value, second.value) == (Decimal("0.3333333"), Decimal("0.6666667"))


def test_heat_lies_between_registers_as_the_weather_was() -> None:
    """100 h at 30 K and 200 h at 5 K: 3000 of 4000 kelvin-hours come before the boundary."""
    temperatures = {**outdoor(644, 744, "-10"), **outdoor(744, 944, "15")}
    evidence = known(
        level(0, "10"),
        level(644, "20"),
        level(944, "28"),
        load=ThermalLoad(Decimal(20), outdoor=temperatures),
    )
    rule = replace(RULE, interpolation=Weights.OUTDOOR_TEMPERATURE)
    result = of(evidence, rule=rule)
    assert closing(result) == (Step.INTERPOLATED, Decimal(26))
    assert result.reasons[0].text().endswith(": outdoor temperature.")
    assert closing(of(evidence, rule=RULE))[1] == Decimal("22.666667")


@pytest.mark.parametrize("missing", [644, 943])
def test_where_a_temperature_is_not_known_heat_lies_evenly(missing: int) -> None:
    temperatures = dict(outdoor(644, 944, "0"))
    del temperatures[after(missing)]
    evidence = known(
        level(0, "10"),
        level(644, "20"),
        level(944, "29"),
        load=ThermalLoad(Decimal(20), outdoor=temperatures),
    )
    result = of(evidence, rule=replace(RULE, interpolation=Weights.OUTDOOR_TEMPERATURE))
    assert closing(result) == (Step.INTERPOLATED, Decimal(23))
    assert result.reasons[0].text().endswith(": even.")


def test_where_it_was_warm_all_the_time_heat_lies_evenly() -> None:
    load = ThermalLoad(Decimal(20), outdoor=outdoor(644, 944, "25"))
    result = of(
        known(level(0, "10"), level(644, "20"), level(944, "29"), load=load),
        rule=replace(RULE, interpolation=Weights.OUTDOOR_TEMPERATURE),
    )
    assert closing(result) == (Step.INTERPOLATED, Decimal(23))


def test_a_report_beyond_the_boundary_is_better_than_nothing() -> None:
    result = of(known(level(0, "10"), level(644, "20"), reported(844, "28")))
    assert closing(result) == (Step.INTERPOLATED, Decimal(24))
    assert result.status is Status.REPORTED
    assert Because.LEVEL_REPORTED in words(result)


def test_registers_around_the_boundary_go_before_reports() -> None:
    result = of(known(level(0, "10"), level(644, "20"), reported(700, "99"), level(844, "28")))
    assert (closing(result), result.status) == ((Step.INTERPOLATED, Decimal(24)), Status.SUBSTITUTED)


def test_nothing_lies_between_registers_of_two_factor_sets() -> None:
    result = of(known(level(0, "10"), level(644, "20"), level(844, "28", factor_set="kyivenergo")))
    assert steps(result) == [(Step.REGISTER, None)]


def test_nothing_lies_between_registers_that_went_back() -> None:
    assert steps(of(known(level(0, "10"), level(644, "20"), level(844, "19.9")))) == [(Step.REGISTER, None)]


def test_between_registers_that_stand_still_nothing_was_consumed() -> None:
    result = of(known(level(0, "10"), level(644, "20"), level(844, "20")))
    assert (closing(result), result.uncertainty) == ((Step.INTERPOLATED, Decimal(20)), Decimal(0))


# Estimates beyond the last register


def seen(*more: RegisterReading, **particulars: object) -> Evidence:
    """48 hours of 0.25, alternately 0.05 more and less, from 600 to 648; the register told at 648."""
    told = [record(hour, "0.2" if hour % 2 else "0.3") for hour in range(600, 648)]
    return known(level(0, "10"), level(648, "50"), *told, *more, **particulars)


def test_what_follows_the_last_register_is_estimated_and_told_apart() -> None:
    """96 hours of 0.25; each may be off by 0.05."""
    result = of(seen())
    assert closing(result) == (Step.ESTIMATED, Decimal(74))
    assert (result.value, result.measured, result.estimated) == (Decimal(64), Decimal(40), Decimal(24))
    assert (result.uncertainty, result.status) == (Decimal("4.8"), Status.ESTIMATED)
    assert result.completeness == Decimal("0.870967")  # 27 of 31 days
    assert [one.text() for one in result.reasons] == [
        "Before 2026-02-01T00:00:00Z, 96 hours after the register at 2026-01-28T00:00:00Z are estimated: "
        "average of valid hours."
    ]


def test_hours_that_are_there_are_measured_and_only_the_others_estimated() -> None:
    """Of 96 hours ten are there with 1 each: 86 are estimated before and after them."""
    told = hours(660, 670, "1")
    evidence = seen()
    result = of(replace(evidence, records=(*told, *evidence.records)))
    # 12 h of 0.25 before the ten; the average after them: (12 + 10) / 58 an hour for 74 h
    assert result.measured == Decimal(50)
    assert result.estimated == Decimal("3.0000000") + Decimal("28.0689655")
    assert result.closing is not None
    assert len(result.closing.sources) == 11
    assert result.closing.known_until == after(744 - 86)


def test_a_part_of_an_hour_is_taken_evenly_from_its_record() -> None:
    """The boundary falls 15 minutes into an hour of 0.4, and the register told 30 minutes into one of 0.3."""
    rule = replace(RULE, tolerance=timedelta())
    evidence = known(level(0, "10"), level(9.5, "12"), record(9, "0.3"), record(10, "0.4"))
    result = of(evidence, rule=rule, end=10.25)
    assert closing(result) == (Step.ESTIMATED, Decimal("12.25"))
    assert (result.measured, result.estimated, result.uncertainty) == (
        Decimal("2.25"),
        Decimal(0),
        Decimal(0),
    )


def test_a_day_counts_whole_or_not_at_all() -> None:
    rule = replace(RULE, longest_estimate=timedelta(hours=30))
    whole = replace(seen(), records=(*seen().records, day(672, "6")))
    result = of(whole, rule=rule, end=702)  # 24 h before it and 6 h after it
    assert (result.measured, result.estimated) == (Decimal(46), Decimal("7.5"))
    assert of(whole, rule=rule, end=703).value is None
    result = of(whole, rule=replace(rule, longest_estimate=42 * HOUR, tolerance=HOUR), end=690)
    assert (result.measured, result.estimated) == (Decimal(40), Decimal("10.5"))


@pytest.mark.parametrize(("longest", "value"), [(96, Decimal(64)), (95.99, None)])
def test_an_estimate_is_limited_in_length(longest: float, value: Decimal | None) -> None:
    assert of(seen(), rule=replace(RULE, longest_estimate=longest * HOUR)).value == value


def test_without_a_method_there_is_no_value() -> None:
    result = of(seen(), rule=replace(RULE, methods=()))
    assert (result.value, result.status) == (None, Status.ABSENT)
    assert [(one.word, one.hinders) for one in result.reasons] == [(Because.NO_LEVEL, True)]


def test_a_gap_that_cannot_be_estimated_hinders_the_others() -> None:
    """Before the ten hours nothing is known of the point; after them there are too few."""
    result = of(known(level(0, "10"), *hours(60, 70, "1")), end=100)
    assert result.value is None


def test_a_register_more_than_45_days_ago_is_no_ground_for_an_estimate() -> None:
    rule = replace(RULE, longest_estimate=timedelta(days=45), average_window=timedelta(days=90))
    told = hours(-48, 0, "0.25")
    assert of(known(level(-100, "1"), level(0, "10"), *told), rule=rule, start=-100, end=1080).value == 279
    assert of(known(level(-100, "1"), level(0, "10"), *told), rule=rule, start=-100, end=1080.5).value is None


def test_records_of_another_factor_set_are_not_mixed_with_estimates() -> None:
    other = record(700, "1", factor_set="kyivenergo")
    assert of(replace(seen(), records=(*seen().records, other))).value is None


def test_an_estimate_goes_on_from_a_reported_reading() -> None:
    result = of(replace(seen(), reported=(reported(696, "60"),)), rule=replace(RULE, tolerance=HOUR))
    assert (result.measured, result.estimated, result.status) == (Decimal(50), Decimal(12), Status.ESTIMATED)
    assert Because.LEVEL_REPORTED in words(result)


def test_a_period_after_the_last_register_is_estimated_on_both_sides() -> None:
    """Both levels are off by the same up to the opening: only the 48 h between them are uncertain."""
    result = of(seen(), start=696, end=744)
    assert (result.value, result.measured, result.estimated) == (Decimal(12), Decimal(0), Decimal(12))
    assert (result.uncertainty, result.completeness) == (Decimal("2.4"), Decimal(0))
    assert result.status is Status.ESTIMATED


def test_a_period_that_opens_nearby_goes_on_from_the_same_register() -> None:
    result = of(seen(), start=650, end=744)
    assert steps(result) == [(Step.NEARBY, Step.ESTIMATED)]
    assert (result.measured, result.estimated, result.uncertainty) == (
        Decimal(0),
        Decimal(24),
        Decimal("4.8"),
    )


def test_two_estimates_from_different_registers_are_uncertain_together() -> None:
    """The closing one stands on a later register that was converted with the same factors."""
    evidence = known(
        level(0, "10"),
        level(648, "50", factor_set="exact"),
        *[record(hour, "0.2" if hour % 2 else "0.3") for hour in range(600, 648)],
        level(720, "49"),
    )
    result = of(evidence, rule=replace(RULE, tolerance=timedelta()), start=700, end=744)
    # opening: 50 + 52 h of 0.25, for the register went back after it; closing: 49 + 24 h of 0.25
    assert [one.opening and one.opening.value for one in result.segments] == [Decimal(63)]
    assert [one.closing and one.closing.value for one in result.segments] == [Decimal(55)]
    assert result.value is None
    assert result.segments[0].uncertainty == Decimal("3.8")  # 76 h of 0.05


# Hours in which the meter did not measure


def with_errors(*broken: tuple[int, float], start: int = 600) -> Evidence:
    """Valid hours of 0.25 from 600 to 648, and error hours of 0.1 with so much operating time."""
    bad = [record(hour, "0.1", operating=operating) for hour, operating in broken]
    return known(level(0, "10"), level(744, "50"), *hours(start, 648, "0.25"), *bad)


ERRORS = replace(RULE, estimate_error_hours=True)


def test_error_hours_are_estimated_where_the_rule_wants_it() -> None:
    """What was not measured of them: 0.5 h and 0.75 h, at 0.25 an hour."""
    result = of(with_errors((650, 0.5), (651, 0.25)), rule=ERRORS)
    assert (result.value, result.measured, result.estimated) == (
        Decimal("40.3125"),
        Decimal(40),
        Decimal("0.3125"),
    )
    assert result.status is Status.ESTIMATED
    assert [one.text() for one in result.reasons] == [
        "1.25 hours in which the meter did not measure are estimated: average of valid hours."
    ]
    assert result.uncertainty == 0


def test_error_hours_are_told_where_the_rule_wants_nothing_added() -> None:
    result = of(with_errors((650, 0.5), (651, 0)))
    assert (result.value, result.estimated, result.status) == (Decimal(40), Decimal(0), Status.MEASURED)
    assert [one.text() for one in result.reasons] == [
        "The meter did not measure for 1.5 hours between 2026-01-28T02:00:00Z and 2026-01-28T04:00:00Z; "
        "nothing is added for them."
    ]


def test_an_hour_of_full_operation_is_no_error_hour() -> None:
    result = of(with_errors((650, 1), (651, 1.1)), rule=ERRORS)
    assert (result.estimated, result.reasons) == (Decimal(0), ())


@pytest.mark.parametrize(
    ("start", "end", "counted"), [(650, 660, 1), (640, 650, 0), (651, 660, 0), (640, 651, 1)]
)
def test_an_error_hour_counts_in_the_period_in_which_it_starts(start: int, end: int, counted: int) -> None:
    result = of(with_errors((650, 0)), rule=ERRORS, start=start, end=end)
    assert result.segments[0].error_hours.value == Decimal("0.25") * counted


@pytest.mark.parametrize(("hour", "estimated"), [(657, True), (658, False)])
def test_a_row_of_error_hours_is_limited_in_length(hour: int, estimated: bool) -> None:
    """The last valid hour ended at 648: an hour that ends 10 h later is estimated, one 11 h later is not."""
    result = of(with_errors((hour, 0)), rule=replace(ERRORS, longest_estimate=10 * HOUR))
    assert (result.estimated == Decimal("0.25")) is estimated
    assert words(result)[-1] is (Because.ERROR_HOURS_ESTIMATED if estimated else Because.ERROR_HOURS)


def test_error_hours_tell_nothing_of_other_hours() -> None:
    """23 valid hours are too few, and error hours do not help."""
    broken = [(hour, 0.5) for hour in range(648, 660)]
    result = of(with_errors(*broken, start=625), rule=ERRORS)
    assert (result.estimated, words(result)) == (Decimal(0), [Because.ERROR_HOURS])
    unmeasured = result.segments[0].unmeasured
    assert unmeasured is not None and unmeasured.length == 6 * HOUR


def test_a_day_record_is_no_error_hour() -> None:
    broken = replace(day(648, "3"), operating=12 * HOUR)
    evidence = with_errors()
    result = of(replace(evidence, records=(*evidence.records, broken)), rule=ERRORS)
    assert (result.estimated, result.reasons) == (Decimal(0), ())


# Registers that rolled over or were reset


def test_a_register_that_rolled_over_runs_on() -> None:
    """From 9990 over 10000 to 25: 35."""
    event = RegisterEvent(after(300), EventKind.ROLLOVER, Decimal(9995), Decimal(2), Decimal(10000))
    result = of(known(level(0, "9990"), level(744, "25"), events=(event,)))
    assert (result.value, result.status) == (Decimal(35), Status.MEASURED)


def test_a_register_that_was_reset_runs_on_from_where_it_stood() -> None:
    """From 100 to 110, then from 1 to 6."""
    event = RegisterEvent(after(300), EventKind.RESET, Decimal(110), Decimal(1))
    went_back = frozenset({Flag.WENT_BACK})
    result = of(known(level(0, "100"), level(744, "6", flags=went_back), events=(event,)))
    assert result.value == Decimal(15)


def test_two_events_add_up_and_their_order_does_not_matter() -> None:
    first = RegisterEvent(after(300), EventKind.RESET, Decimal(110), Decimal(0))
    second = RegisterEvent(after(400), EventKind.RESET, Decimal(5), Decimal(1))
    evidence = known(level(0, "100"), level(744, "6"), events=(first, second))
    assert of(evidence).value == of(replace(evidence, events=(second, first))).value == Decimal(20)


def test_a_level_at_the_instant_of_an_event_stands_after_it() -> None:
    event = RegisterEvent(after(744), EventKind.RESET, Decimal(110), Decimal(1))
    assert of(known(level(0, "100"), level(744, "1"), events=(event,))).value == Decimal(10)
    event = replace(event, at=after(0))
    assert of(known(level(0, "1"), level(744, "3"), events=(event,))).value == Decimal(2)


def test_a_reported_reading_runs_on_as_well() -> None:
    event = RegisterEvent(after(300), EventKind.RESET, Decimal(110), Decimal(0))
    assert of(known(level(0, "100"), reported(744, "5"), events=(event,))).value == Decimal(15)


def test_a_register_that_went_back_before_any_event_is_not_valid() -> None:
    event = RegisterEvent(after(745), EventKind.RESET, Decimal(110), Decimal(1))
    bad = level(744, "150", flags=frozenset({Flag.WENT_BACK}))
    assert of(known(level(0, "100"), bad, events=(event,))).value is None


def test_an_event_does_not_excuse_other_flags() -> None:
    event = RegisterEvent(after(300), EventKind.RESET, Decimal(110), Decimal(1))
    bad = level(744, "6", flags=frozenset({Flag.WENT_BACK, Flag.IMPLAUSIBLE}))
    assert of(known(level(0, "100"), bad, events=(event,))).value is None


def test_a_register_that_went_back_is_no_negative_bill() -> None:
    result = of(known(level(0, "500"), level(744, "3")))
    assert (result.value, result.status) == (None, Status.ABSENT)
    assert result.reasons[0].hinders
    assert result.reasons[0].text() == (
        "The register of meter 1 went back from 500 at 2026-01-01T00:00:00Z to 3 at 2026-02-01T00:00:00Z: "
        "water ran backwards, or it was reset or replaced; record which."
    )


def test_two_factor_sets_are_not_subtracted() -> None:
    result = of(known(level(0, "1"), level(744, "2", factor_set="kyivenergo")))
    assert (result.value, result.status) == (None, Status.ABSENT)
    assert [(one.text(), one.hinders) for one in result.reasons] == [
        (
            "The registers at 2026-01-01T00:00:00Z and 2026-02-01T00:00:00Z were converted with different "
            "factor sets, exact and kyivenergo.",
            True,
        )
    ]


# Installations


def meters(
    removed: float, installed: float, *old_and_new: tuple[Evidence, Evidence]
) -> tuple[Evidence, Evidence]:
    [(old, new)] = old_and_new
    return replace(old, removed_at=after(removed)), replace(new, meter_id=2, installed_at=after(installed))


def test_a_replacement_adds_up_over_both_meters() -> None:
    pair = (known(level(0, "990"), level(300, "1000.5")), known(level(300, "0.25"), level(744, "9")))
    old, new = meters(300, 300, pair)
    result = of(new, old)
    assert (result.value, result.status, result.completeness) == (
        Decimal("19.25"),
        Status.MEASURED,
        Decimal(1),
    )
    assert result.opening is not None and result.opening.value == 990
    assert result.closing is not None and result.closing.value == 9
    assert result == of(old, new)


def test_the_registers_of_a_replacement_win_over_what_was_polled_then() -> None:
    """10.5 of the old meter and 8.75 of the new one, whatever the polls of that moment say."""
    old, new = meters(
        300,
        300,
        (
            known(level(0, "990"), level(300, "1000.5", BOUNDARY), level(300, "1000.7")),
            known(level(300, "0.25", BOUNDARY), level(300, "0.3", SNAPSHOT), level(744, "9")),
        ),
    )
    result = of(old, new)
    assert result.value == Decimal("19.25")
    assert steps(result) == [(Step.REGISTER, Step.ACT), (Step.ACT, Step.REGISTER)]
    assert (result.status, result.reasons) == (Status.MEASURED, ())


def test_a_register_that_a_person_read_off_is_reported() -> None:
    by_hand = level(744, "5", BOUNDARY, poll_id=None)
    result = of(replace(known(level(0, "1"), by_hand), removed_at=after(744)))
    assert (result.value, result.status) == (Decimal(4), Status.REPORTED)
    assert words(result) == [Because.READ_BY_A_PERSON]


def test_days_without_a_meter_are_named_and_not_counted() -> None:
    pair = (known(level(0, "1"), level(240, "3")), known(level(480, "0"), level(744, "4")))
    result = of(*meters(240, 480, pair))
    assert (result.value, result.status) == (Decimal(6), Status.MEASURED)
    assert result.completeness == Decimal("0.677419")  # 21 of 31 days, rounded down
    assert [(one.text(), one.hinders) for one in result.reasons] == [
        ("No meter was installed from 2026-01-11T00:00:00Z to 2026-01-21T00:00:00Z.", False)
    ]


def test_days_before_the_first_and_after_the_last_meter_are_named() -> None:
    short = replace(known(level(24, "1"), level(48, "3")), installed_at=after(24), removed_at=after(48))
    assert [one.text() for one in of(short).reasons] == [
        "No meter was installed from 2026-01-01T00:00:00Z to 2026-01-02T00:00:00Z.",
        "No meter was installed from 2026-01-03T00:00:00Z to 2026-02-01T00:00:00Z.",
    ]


@pytest.mark.parametrize(("late", "value"), [(36, Decimal(2)), (36.001, None)])
def test_a_meter_installed_within_the_period_opens_with_its_first_register(
    late: float, value: Decimal | None
) -> None:
    new = replace(known(level(480 + late, "12"), level(744, "14")), installed_at=after(480))
    result = of(new)
    assert result.value == value


def test_a_boundary_before_the_first_register_shares_it() -> None:
    """The tolerance counts from the installation; so the bill that closes before it is zero, not absent."""
    new = replace(known(level(30, "12"), level(744, "14")), installed_at=after(0))
    assert of(new, end=20).value is None  # one and the same register: nothing was read
    assert of(new, start=20).value == of(new).value == 2
    assert of(new).completeness == Decimal("0.959677")  # 714 of 744 h


def test_registers_outside_the_installation_do_not_count() -> None:
    early, late = level(-1, "1"), level(745, "99")
    within = replace(known(level(0, "2"), early, late, level(744, "5")), installed_at=after(0))
    assert of(replace(within, removed_at=after(744)), start=-10, end=800).value == 3
    none = replace(known(early, late), installed_at=after(0), removed_at=after(744))
    assert of(none).value is None


def test_records_outside_the_installation_do_not_count() -> None:
    evidence = replace(known(level(0, "2"), level(741, "4"), *hours(741, 744, "1")), removed_at=after(743.5))
    assert closing(of(evidence)) == (Step.NEARBY, Decimal(4))
    evidence = replace(evidence, removed_at=after(744))
    assert closing(of(evidence)) == (Step.RECORDS, Decimal(7))


def test_a_usage_point_without_a_meter_is_absent() -> None:
    result = of()
    assert (result.value, result.status, result.completeness) == (None, Status.ABSENT, Decimal(0))
    assert words(result) == [Because.NO_METER]
    assert (result.opening, result.closing, result.uncertainty) == (None, None, Decimal(0))


def test_an_installation_outside_the_period_does_not_count() -> None:
    earlier = replace(known(), removed_at=after(0))
    later = replace(known(), installed_at=after(744), meter_id=2)
    assert of(earlier, later).segments == ()


def test_two_circuits_add_up_and_the_registers_stay_with_their_segments() -> None:
    second = replace(known(level(0, "5"), level(744, "5.5")), circuit=2)
    result = of(second, known(level(0, "1"), level(744, "3")))
    assert (result.value, result.completeness) == (Decimal("2.5"), Decimal(1))
    assert [one.circuit for one in result.segments] == [1, 2]
    assert (result.opening, result.closing) == (None, None)


def test_one_missing_circuit_makes_the_whole_absent() -> None:
    result = of(known(level(0, "1"), level(744, "3")), replace(known(), circuit=2))
    assert (result.value, result.completeness) == (None, Decimal("0.5"))
    assert words(result) == [Because.NO_LEVEL, Because.NO_LEVEL]
    assert result.reasons[1].text() == (
        "No register of meter 1 is known for 2026-02-01T00:00:00Z, nor anything that leads to it; poll it or "
        "read it on site."
    )


def test_the_worst_part_makes_the_status() -> None:
    calculated = replace(known(level(0, "1"), level(743, "3"), record(743, "1")), circuit=2)
    substituted = replace(known(level(0, "1"), level(644, "3"), level(800, "9")), circuit=3)
    measured = known(level(0, "1"), level(744, "3"))
    assert of(measured, calculated).status is Status.CALCULATED
    assert of(substituted, measured, calculated).status is Status.SUBSTITUTED
