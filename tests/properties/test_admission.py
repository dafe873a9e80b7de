"""Whatever is on record, the verdicts tile the period, and neighbours differ."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from metering.acts import ActEntry, ActKind
from metering.admission import InstalledComponent, verdicts
from metering.calendar import BillingPeriod, MeterZone
from metering.components import Component, ComponentKind

ZONE = MeterZone("Asia/Almaty")
START = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = st.integers(-2000, 2000).map(lambda hours: START + timedelta(hours=hours))
DAYS = st.integers(-80, 80).map(lambda days: date(2026, 1, 1) + timedelta(days=days))
PERIODS = st.tuples(HOURS, st.integers(1, 2000)).map(
    lambda one: BillingPeriod(one[0], one[0] + timedelta(hours=one[1]))
)
ACTS = st.lists(st.builds(ActEntry, number=st.just("1"), kind=st.sampled_from(ActKind), at=HOURS), max_size=6)
COMPONENTS = st.lists(
    st.builds(
        InstalledComponent,
        component=st.builds(
            Component,
            kind=st.sampled_from(ComponentKind),
            type=st.just("t"),
            serial=st.sampled_from("12"),
            verification_due=st.none() | DAYS,
        ),
        since=DAYS,
        until=st.none() | DAYS,
        installed_at=HOURS,
        removed_at=st.none() | HOURS,
    ),
    max_size=5,
)


@given(PERIODS, ACTS, COMPONENTS, st.booleans())
def test_the_verdicts_tile_the_period(
    period: BillingPeriod, acts: list[ActEntry], components: list[InstalledComponent], required: bool
) -> None:
    found = verdicts(period, acts, components, required, ZONE)
    assert (found[0].span.start, found[-1].span.end) == (period.start, period.end)
    assert all(one.span.end == other.span.start for one, other in pairwise(found))
    assert all(one.span.start < one.span.end for one in found)
    assert all(one.reasons != other.reasons for one, other in pairwise(found))
    assert all(one.admissible == (not one.reasons) for one in found)


@given(PERIODS, ACTS, COMPONENTS, st.booleans(), st.integers(1, 99))
def test_the_verdict_of_an_instant_does_not_depend_on_the_period_asked(
    period: BillingPeriod,
    acts: list[ActEntry],
    components: list[InstalledComponent],
    required: bool,
    share: int,
) -> None:
    """Two periods that tile a longer one are told the same as the longer one."""
    middle = period.start + (period.end - period.start) * share / 100
    parts = [BillingPeriod(period.start, middle), BillingPeriod(middle, period.end)]
    whole = verdicts(period, acts, components, required, ZONE)
    for part in parts:
        for one in verdicts(part, acts, components, required, ZONE):
            around = next(w for w in whole if w.span.start <= one.span.start < w.span.end)
            assert (around.reasons, around.span.end >= one.span.end) == (one.reasons, True)
