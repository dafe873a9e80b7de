"""Settings of poll plans as people write them: one name and one word or number each.

    every = "1h"                  # beat of polls: s, m, h, d, also "1h30m"
    retry = "1m"                  # first repetition of a failed poll, doubling
    weekdays = "mon-fri,sun"      # or "all"
    window = "22-5"               # hours within which a poll may start, or "any"
    hour.depth = 1080             # newest slots that are kept complete; 0: this archive is not read
    hour.every = "1d"             # beat of this archive, or "poll": with every poll; day, month, total alike
    closing.day = 24              # closing.hour, closing.deadline_day
    visit = "15m"                 # longest poll
    air_time = "5h"               # in a calendar month, or "any"
    polls_per_day = 24            # 0: not bounded; or "model": as its battery allows
    allowed_drift = "10m"
    most_asked = 3

The same names stand in the database, the API, the command line and registry files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from metering.calendar import ArchiveKind
from metering.plans import EVERY_DAY, NEVER_LONGER, KindPlan, PollPlan, Window
from metering.written_settings import (
    Setting,
    SettingValue,
    Table,
    count,
    duration,
    or_word,
    usual,
    value_of,
)

DEEPEST: Final = 100_000
MOST_POLLS: Final = 1440
LAST_CERTAIN_DAY: Final = 28
"""Every month has it."""
SUBJECT: Final = "a poll plan"

_WINDOW: Final = re.compile(r"(\d{1,2})-(\d{1,2})", re.ASCII)
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def plan_of(base: PollPlan, *settings: Mapping[str, object]) -> PollPlan:
    """The plan with these settings laid over it, the last ones counting.

    ConfigurationError names the setting that does not exist or whose value cannot be.
    """
    values: dict[str, Any] = {}
    for layer in settings:
        values |= {name: value_of(SETTINGS, SUBJECT, name, written) for name, written in layer.items()}
    archives = {kind: _kind_plan(base, kind, values) for kind in ArchiveKind}
    closing = replace(base.closing, **_particulars("closing", values))
    whole = {name: value for name, value in values.items() if "." not in name}
    return replace(base, archives=archives, closing=closing, **whole)


def settings_of(plan: PollPlan) -> Mapping[str, SettingValue]:
    """Every setting of this plan, as it is written."""
    return {name: setting.write(_particular(plan, name)) for name, setting in SETTINGS.items()}


def checked(settings: Mapping[str, object]) -> Mapping[str, SettingValue]:
    """The same settings as they are usually written; ConfigurationError names the first wrong one."""
    return usual(SETTINGS, SUBJECT, settings)


def _kind_plan(base: PollPlan, kind: ArchiveKind, values: Mapping[str, object]) -> KindPlan:
    return replace(base.archives.get(kind, KindPlan(0)), **_particulars(kind.value, values))


def _particulars(group: str, values: Mapping[str, Any]) -> dict[str, Any]:
    parts = ((name.partition("."), value) for name, value in values.items())
    return {last: value for (first, _, last), value in parts if first == group and last}


def _particular(plan: PollPlan, name: str) -> object:
    group, _, last = name.rpartition(".")
    if group == "closing":
        return getattr(plan.closing, last)
    return getattr(plan.archives.get(ArchiveKind(group), KindPlan(0)) if group else plan, last)


def _read_window(written: SettingValue) -> Window:
    found = _WINDOW.fullmatch(str(written))
    first, last = (int(found[1]), int(found[2])) if found else (0, 0)
    if first == last or first > 23 or not 1 <= last <= 24:
        raise ValueError("write whole hours, from the first to before the last, like 1-5 or 22-5")
    return Window(first, last)


def _write_window(value: object) -> str:
    assert isinstance(value, Window)
    return f"{value.first}-{value.last}"


def _read_weekdays(written: SettingValue) -> frozenset[int]:
    if written == "all":
        return EVERY_DAY
    spans = [part.partition("-") for part in str(written).split(",")]
    if len(spans) > len(_DAYS) or not all(
        first in _DAYS and last in (*_DAYS, "" if not dash else first) for first, dash, last in spans
    ):
        raise ValueError("write days like mon-fri or mon,wed,sun, or all")
    return frozenset(day for first, _, last in spans for day in _days(first, last or first))


def _days(first: str, last: str) -> list[int]:
    """From one weekday to another one, over the end of the week where need be."""
    start = _DAYS.index(first)
    length = (_DAYS.index(last) - start) % len(_DAYS)
    return [(start + day) % len(_DAYS) for day in range(length + 1)]


def _write_weekdays(value: object) -> str:
    assert isinstance(value, frozenset)
    return "all" if value == EVERY_DAY else ",".join(_DAYS[day] for day in sorted(value))


_SECOND, _MINUTE, _DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
_BEAT: Final = duration(_MINUTE, NEVER_LONGER)

SETTINGS: Final[Table] = {
    "every": _BEAT,
    "retry": duration(_SECOND, _DAY),
    "weekdays": Setting(_read_weekdays, _write_weekdays),
    "window": or_word("any", Setting(_read_window, _write_window)),
    **{f"{kind}.depth": count(0, DEEPEST) for kind in ArchiveKind},
    **{f"{kind}.every": or_word("poll", _BEAT) for kind in ArchiveKind},
    "closing.day": count(1, LAST_CERTAIN_DAY),
    "closing.hour": count(0, 23),
    "closing.deadline_day": count(1, LAST_CERTAIN_DAY),
    "visit": duration(_MINUTE, _DAY),
    "air_time": or_word("any", duration(_MINUTE, NEVER_LONGER)),
    "polls_per_day": or_word("model", count(0, MOST_POLLS)),
    "allowed_drift": duration(_SECOND, NEVER_LONGER),
    "most_asked": count(1, 100),
}
