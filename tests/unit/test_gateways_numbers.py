"""Running numbers of many alike devices keep their check digits."""

from __future__ import annotations

import pytest

from metering.errors import ConfigurationError
from simulators.gateways.numbers import check_digit, is_checked, running


@pytest.mark.parametrize(
    ("digits", "digit"),
    [("7992739871", "3"), ("49015420323751", "8"), ("35693803564380", "9")],
    ids=["Luhn's example", "3GPP 23.003 annex B", "a published IMEI"],
)
def test_check_digits(digits: str, digit: str) -> None:
    assert check_digit(digits) == digit


def test_an_imei_runs_on_before_its_check_digit() -> None:
    assert is_checked("490154203237518")
    following = [running("490154203237518", step) for step in range(200)]
    assert following[0] == "490154203237518"
    assert [int(imei[:14]) for imei in following] == [49015420323751 + step for step in range(200)]
    assert all(is_checked(imei) for imei in following)


@pytest.mark.parametrize(
    ("text", "step", "expected"),
    [
        ("06855817", 3, "06855820"),
        ("LOGIN:0999", 1, "LOGIN:1000"),
        ("+77015550001", 59, "+77015550060"),
        ("861785006123456", 1, "861785006123457"),
    ],
)
def test_other_texts_keep_their_width(text: str, step: int, expected: str) -> None:
    assert running(text, step) == expected


@pytest.mark.parametrize("text", ["LOGIN", "node-99"])
def test_what_cannot_run_on_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        running(text, 1)
