"""A decimal in an answer is the same number: exact, in plain notation, without trailing zeros."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.exact import decimal_text


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_nothing_is_lost_and_the_notation_is_plain(value: Decimal) -> None:
    text = decimal_text(value)
    assert Decimal(text) == value
    assert re.fullmatch(r"-?(0|[1-9]\d*)(\.\d*[1-9])?", text)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("1.500", "1.5"),
        ("100", "100"),
        ("1E+3", "1000"),
        ("-0.0", "0"),
        ("0E-9", "0"),
        ("1E-9", "0.000000001"),
    ],
)
def test_forms_that_a_database_gives(written: str, text: str) -> None:
    assert decimal_text(Decimal(written)) == text
