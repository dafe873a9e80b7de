"""What may be asked, how long the rest takes, and what becomes of a request by its poll's outcome."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from metering.calendar import ArchiveKind
from metering.errors import ConfigurationError
from metering.polls import ASKED_NOBODY, Outcome
from metering.requests import ENDED, MOST_SLOTS, RequestState, check_range, remaining, state_after

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("done", "wanted", "left"),
    [(1, 4, 3 * MINUTE), (2, 4, MINUTE), (4, 4, timedelta()), (0, 4, None), (0, 0, None)],
)
def test_the_rest_takes_as_long_at_the_same_pace(done: int, wanted: int, left: timedelta | None) -> None:
    assert remaining(done, wanted, MINUTE) == left


def test_a_range_is_bounded() -> None:
    check_range(ArchiveKind.HOUR, START, START + timedelta(hours=MOST_SLOTS))
    with pytest.raises(ConfigurationError, match="shorter"):
        check_range(ArchiveKind.HOUR, START, START + timedelta(hours=MOST_SLOTS + 1))
    with pytest.raises(ConfigurationError, match="later than the start"):
        check_range(ArchiveKind.DAY, START, START)


@pytest.mark.parametrize("outcome", Outcome, ids=str)
def test_every_outcome_ends_a_request(outcome: Outcome) -> None:
    state = state_after(outcome)
    assert state in ENDED
    assert state is not RequestState.DONE or outcome not in ASKED_NOBODY
