"""Settings of poll plans: one name and one value each, checked, laid over one another."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.calendar import ArchiveKind
from metering.errors import ConfigurationError
from metering.plan_settings import SETTINGS, checked, plan_of, settings_of
from metering.plans import Closing, KindPlan, PollPlan, Window

BASE = PollPlan()


@pytest.mark.parametrize(
    ("settings", "attribute", "expected"),
    [
        ({"every": "1h30m"}, "every", timedelta(minutes=90)),
        ({"every": "1d"}, "every", timedelta(days=1)),
        ({"retry": "30s"}, "retry", timedelta(seconds=30)),
        ({"weekdays": "mon-fri"}, "weekdays", frozenset(range(5))),
        ({"weekdays": "sat-mon,wed"}, "weekdays", frozenset({5, 6, 0, 2})),
        ({"weekdays": "all"}, "weekdays", frozenset(range(7))),
        ({"window": "22-5"}, "window", Window(22, 5)),
        ({"window": "1-24"}, "window", Window(1, 24)),
        ({"window": "any"}, "window", None),
        ({"closing.day": 1, "closing.deadline_day": "3"}, "closing", Closing(1, 0, 3)),
        ({"visit": "5m"}, "visit", timedelta(minutes=5)),
        ({"air_time": "10h"}, "air_time", timedelta(hours=10)),
        ({"air_time": "any"}, "air_time", None),
        ({"polls_per_day": 0}, "polls_per_day", 0),
        ({"polls_per_day": "model"}, "polls_per_day", None),
        ({"allowed_drift": "10m"}, "allowed_drift", timedelta(minutes=10)),
        ({"most_asked": "5"}, "most_asked", 5),
    ],
    ids=str,
)
def test_a_setting_is_read(settings: dict[str, object], attribute: str, expected: object) -> None:
    assert getattr(plan_of(BASE, settings), attribute) == expected


def test_an_archive_has_a_depth_and_a_beat() -> None:
    plan = plan_of(BASE, {"hour.depth": "24", "hour.every": "1d", "day.depth": 0})
    assert plan.archives[ArchiveKind.HOUR] == KindPlan(24, timedelta(days=1))
    assert plan.archives[ArchiveKind.DAY] == KindPlan(0)
    assert plan.archives[ArchiveKind.TOTAL] == BASE.archives[ArchiveKind.TOTAL]


def test_the_nearest_setting_counts() -> None:
    everybody, model, point = {"every": "1h", "window": "1-5"}, {"every": "6h"}, {"window": "any"}
    plan = plan_of(BASE, everybody, model, point)
    assert (plan.every, plan.window) == (timedelta(hours=6), None)
    assert plan_of(BASE) == BASE


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"evry": "1h"}, "no setting 'evry'; there are: every"),
        ({"x" * 1000: 1}, "no setting"),
        ({"every": "1 hour"}, "every of a poll plan is '1 hour': write a duration"),
        ({"every": "30s"}, "every of a poll plan is '30s': it may be 1m to 31d"),
        ({"every": "32d"}, "1m to 31d"),
        ({"every": "9999999d" * 5}, "write a duration|may be"),
        ({"every": "9" * 10_000 + "d"}, "it is too long"),
        ({"every": True}, "write a number or a text"),
        ({"every": None}, "write a number or a text"),
        ({"every": ["1h"]}, "write a number or a text"),
        ({"hour.every": "1x"}, "or poll"),
        ({"hour.depth": -1}, "0 to 100000"),
        ({"hour.depth": "1e3"}, "whole number"),
        ({"weekdays": ""}, "days like mon-fri"),
        ({"weekdays": "mon-"}, "days like mon-fri"),
        ({"weekdays": "mon,tues"}, "days like mon-fri"),
        ({"window": "5-5"}, "whole hours"),
        ({"window": "24-5"}, "whole hours"),
        ({"window": "22-0"}, "whole hours"),
        ({"window": "1-25"}, "whole hours"),
        ({"closing.day": 31}, "1 to 28"),
        ({"closing.minute": 1}, "no setting"),
        ({"polls_per_day": -1}, "or model"),
        ({"most_asked": "٣"}, "whole number"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_setting_is_named(settings: dict[str, object], words: str) -> None:
    for read in (lambda: plan_of(BASE, settings), lambda: checked(settings)):
        with pytest.raises(ConfigurationError, match=words) as refused:
            read()
        assert len(str(refused.value)) < 500


def test_settings_are_kept_as_they_are_usually_written() -> None:
    assert checked({"every": "90m", "most_asked": "3", "weekdays": "mon-sun"}) == {
        "every": "1h30m",
        "most_asked": 3,
        "weekdays": "all",
    }


durations = st.integers(60, 31 * 86400).map(lambda seconds: timedelta(seconds=seconds))
kind_plans = st.builds(KindPlan, st.integers(0, 100_000), st.none() | durations)
hours = st.integers(0, 23)
plans = st.builds(
    PollPlan,
    every=durations,
    retry=st.integers(1, 86400).map(lambda seconds: timedelta(seconds=seconds)),
    archives=st.fixed_dictionaries(dict.fromkeys(ArchiveKind, kind_plans)),
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    window=st.none()
    | st.builds(lambda first, more: Window(first, (first + more - 1) % 24 + 1), hours, st.integers(1, 23)),
    closing=st.builds(Closing, st.integers(1, 28), hours, st.integers(1, 28)),
    visit=st.integers(60, 86400).map(lambda seconds: timedelta(seconds=seconds)),
    air_time=st.none() | durations,
    polls_per_day=st.none() | st.integers(0, 1440),
    allowed_drift=durations,
    most_asked=st.integers(1, 100),
)


@given(plans)
def test_a_plan_is_the_same_after_it_was_written_down(plan: PollPlan) -> None:
    written = settings_of(plan)
    assert set(written) == set(SETTINGS)
    assert plan_of(BASE, written) == plan
    assert checked(written) == written
