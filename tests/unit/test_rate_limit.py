"""A key's requests in a minute: a bucket of them, filled evenly; the times are counted by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from api import rates
from api.errors import TooFast, answer
from api.rates import Rates
from storage.keys import ApiKey


class Elapsed:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def key(identifier: int = 1, requests_per_minute: int = 6) -> ApiKey:
    made = datetime(2026, 1, 1, tzinfo=UTC)
    return ApiKey(identifier, "billing", frozenset(), made, None, requests_per_minute=requests_per_minute)


def asked(limit: Rates, times: int, who: ApiKey) -> None:
    for _ in range(times):
        limit.count(who)


def test_a_minutes_requests_may_come_at_once_and_one_more_waits() -> None:
    limit = Rates(Elapsed())
    asked(limit, 6, key())
    with pytest.raises(TooFast, match="6 times a minute") as refused:
        limit.count(key())
    assert refused.value.wait == 10, "six a minute are one in ten seconds"


def test_the_next_is_answered_when_its_time_has_come() -> None:
    elapsed = Elapsed()
    limit = Rates(elapsed)
    asked(limit, 6, key())
    elapsed.now += 9.5
    with pytest.raises(TooFast) as refused:
        limit.count(key())
    assert refused.value.wait == 1
    elapsed.now += 0.5
    limit.count(key())


def test_a_refused_request_costs_nothing() -> None:
    elapsed = Elapsed()
    limit = Rates(elapsed)
    asked(limit, 6, key())
    for _ in range(50):
        with pytest.raises(TooFast):
            limit.count(key())
    elapsed.now += 60
    asked(limit, 6, key())


def test_after_a_long_rest_there_is_no_more_than_a_minutes_worth() -> None:
    elapsed = Elapsed()
    limit = Rates(elapsed)
    limit.count(key())
    elapsed.now += 86_400
    asked(limit, 6, key())
    with pytest.raises(TooFast):
        limit.count(key())


def test_keys_do_not_take_from_each_other() -> None:
    limit = Rates(Elapsed())
    asked(limit, 6, key(1))
    asked(limit, 6, key(2))


def test_whoever_rests_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    elapsed = Elapsed()
    limit = Rates(elapsed)
    asked(limit, 1, key(1))
    elapsed.now += 61
    asked(limit, 1, key(2))
    assert len(limit) == 1
    monkeypatch.setattr(rates, "MOST_KEPT", 10)
    for identifier in range(100):
        limit.count(key(identifier))
    assert len(limit) == 10


def test_the_answer_says_how_long_to_wait() -> None:
    refusal = answer("/api/v1/meters", TooFast("The key may ask 6 times a minute.", 10))
    assert (refusal.status_code, refusal.headers["Retry-After"]) == (429, "10")
    assert b"urn:teplo:problem:too-many-requests" in refusal.body
