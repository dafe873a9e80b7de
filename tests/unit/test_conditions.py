"""Conditions: one vocabulary, one form of text, and no bit of a status word is dropped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.conditions import Condition, ConditionName, of_bits
from metering.errors import DecodeError

TEXTS = {
    "power_failure": Condition(ConditionName.POWER_FAILURE),
    "reverse_flow:2": Condition(ConditionName.REVERSE_FLOW, 2),
    "sensor_break:1:temperature_supply": Condition(ConditionName.SENSOR_BREAK, 1, "temperature_supply"),
    "unknown:0::status bit 3": Condition(ConditionName.UNKNOWN, code="status bit 3"),
}


@pytest.mark.parametrize(("text", "condition"), TEXTS.items())
def test_a_condition_has_one_text(text: str, condition: Condition) -> None:
    assert str(condition) == text
    assert Condition.parse(text) == condition


@pytest.mark.parametrize(
    "text", ["", "broken", "reverse_flow:x", "unknown:0::", "unknown:0::a:b", "Power_failure"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(DecodeError, match="no condition"):
        Condition.parse(text)


@given(
    st.sampled_from(ConditionName),
    st.integers(0, 99),
    st.sampled_from(["", "supply", "temperature_return"]),
    st.from_regex(r"[A-Za-z0-9 ._-]{0,40}", fullmatch=True),
)
def test_every_condition_survives_its_text(name: ConditionName, circuit: int, place: str, code: str) -> None:
    condition = Condition(name, circuit, place, code)
    assert Condition.parse(str(condition)) == condition


def test_every_bit_that_is_set_is_reported() -> None:
    meanings = {0: Condition(ConditionName.POWER_FAILURE), 1: None}
    assert of_bits(0b1011, meanings) == {
        Condition(ConditionName.POWER_FAILURE),
        Condition(ConditionName.UNKNOWN, code="status bit 3"),
    }
    assert of_bits(0, meanings) == frozenset()
