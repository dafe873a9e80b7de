"""Whatever is seen, the checks answer; and a more patient rule finds nothing new."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from metering.billing_rules import BillingRule
from metering.calendar import BillingPeriod, Slot
from metering.evidence import ThermalLoad
from metering.observations import Level, Observations, Record
from metering.validation import findings

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
PERIOD = BillingPeriod(START, START + 12 * HOUR)
RULE = BillingRule()
numbers = st.decimals("-1000", "1000", places=3)
NAMES = (
    *("energy_heating", "mass_supply", "mass_return", "temperature_supply", "temperature_return"),
    "pressure_supply",
)


@st.composite
def records(draw: st.DrawFn) -> tuple[Record, ...]:
    starts = sorted(draw(st.lists(st.integers(0, 11), max_size=14)))
    values = st.dictionaries(st.sampled_from(NAMES), numbers)
    return tuple(Record(Slot(START + n * HOUR, START + (n + 1) * HOUR), draw(values)) for n in starts)


observations = st.builds(
    Observations,
    period=st.just(PERIOD),
    quantity=st.sampled_from(["energy_heating", "energy_hot_water"]),
    value=st.none() | numbers,
    levels=st.lists(numbers, max_size=5).map(
        lambda values: tuple(Level(START + 3 * n * HOUR, value) for n, value in enumerate(values))
    ),
    hours=records(),
    load=st.builds(
        ThermalLoad,
        calculated_load=st.none() | st.decimals("0", "9", places=2),
        design_outdoor_temperature=st.none() | st.decimals("-40", "30", places=0),
        outdoor=st.just({START + n * HOUR: Decimal(-n) for n in range(12)}),
    ),
    resolution=st.sampled_from([Decimal(0), Decimal("0.001")]),
    raw_units=st.frozensets(st.sampled_from(["GJ", "MWh"])),
    clock_differences=st.lists(st.timedeltas(), max_size=3).map(tuple),
    nominal_diameter=st.none() | st.decimals("10", "1400", places=0),
    largest_load=st.none() | st.decimals("0", "9", places=2),
    closed=st.booleans(),
)


@given(observations)
def test_every_observation_is_judged_and_every_sentence_complete(seen: Observations) -> None:
    for finding in findings(seen, RULE):
        text = finding.reason.text()
        assert text
        assert not {"{", "}"} & set(text)
        assert finding.hinders is finding.reason.hinders


@given(observations)
def test_a_more_patient_rule_finds_nothing_new(seen: Observations) -> None:
    patient = replace(
        RULE, spike_factor=Decimal(100), mass_imbalance=Decimal(1), allowed_drift=timedelta(days=31)
    )
    strict = {finding.reason.word for finding in findings(seen, RULE)}
    assert {finding.reason.word for finding in findings(seen, patient)} <= strict
