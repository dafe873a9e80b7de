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
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, NamedTuple

from metering.calendar import ArchiveKind
from metering.errors import ConfigurationError
from metering.plans import EVERY_DAY, NEVER_LONGER, KindPlan, PollPlan, Window

SettingValue = int | str

DEEPEST: Final = 100_000
MOST_POLLS: Final = 1440
LAST_CERTAIN_DAY: Final = 28
"""Every month has it."""
LONGEST_TEXT: Final = 40

_UNITS: Final = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}
_DURATION: Final = re.compile(r"(?:\d{1,7}[dhms])+", re.ASCII)
_PART: Final = re.compile(r"(\d+)([dhms])", re.ASCII)
_COUNT: Final = re.compile(r"\d{1,7}", re.ASCII)
_WINDOW: Final = re.compile(r"(\d{1,2})-(\d{1,2})", re.ASCII)
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class _Setting(NamedTuple):
    """`read` raises ValueError that says how the value is written; `write` is the other way round."""

    read: Callable[[SettingValue], object]
    write: Callable[[object], SettingValue]


def plan_of(base: PollPlan, *settings: Mapping[str, object]) -> PollPlan:
    """The plan with these settings laid over it, the last ones counting.

    ConfigurationError names the setting that does not exist or whose value cannot be.
    """
    values: dict[str, Any] = {}
    for layer in settings:
        values |= {name: _value(name, written) for name, written in layer.items()}
    archives = {kind: _kind_plan(base, kind, values) for kind in ArchiveKind}
    closing = replace(base.closing, **_particulars("closing", values))
    whole = {name: value for name, value in values.items() if "." not in name}
    return replace(base, archives=archives, closing=closing, **whole)


def settings_of(plan: PollPlan) -> Mapping[str, SettingValue]:
    """Every setting of this plan, as it is written."""
    return {name: setting.write(_particular(plan, name)) for name, setting in SETTINGS.items()}


def checked(settings: Mapping[str, object]) -> Mapping[str, SettingValue]:
    """The same settings as they are usually written; ConfigurationError names the first wrong one."""
    values = {name: _value(name, written) for name, written in settings.items()}
    return {name: SETTINGS[name].write(value) for name, value in values.items()}


def _value(name: str, written: object) -> object:
    if name not in SETTINGS:
        raise ConfigurationError(
            f"A poll plan has no setting {name[:LONGEST_TEXT]!r}; there are: {', '.join(SETTINGS)}."
        )
    try:
        if isinstance(written, bool) or not isinstance(written, int | str):
            raise ValueError("write a number or a text")
        return SETTINGS[name].read(written)
    except ValueError as error:
        shown = repr(written)[: LONGEST_TEXT + 2]
        raise ConfigurationError(f"The setting {name} of a poll plan is {shown}: {error}.") from error


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


def _duration(shortest: timedelta, longest: timedelta) -> _Setting:
    """Text like 1h30m; durations are whole seconds."""

    def read(written: SettingValue) -> timedelta:
        text = str(written)
        if len(text) > LONGEST_TEXT or not _DURATION.fullmatch(text):
            raise ValueError("write a duration like 15m, 1h or 1h30m")
        found = sum((int(number) * _UNITS[unit] for number, unit in _PART.findall(text)), timedelta())
        if not shortest <= found <= longest:
            raise ValueError(f"it may be {_duration_text(shortest)} to {_duration_text(longest)}")
        return found

    return _Setting(read, _duration_text)


def _duration_text(value: object) -> str:
    assert isinstance(value, timedelta)
    parts, left = [], value
    for unit, length in _UNITS.items():
        count, left = divmod(left, length)
        parts.append(f"{count}{unit}" if count else "")
    return "".join(parts) or "0s"


def _count(least: int, most: int) -> _Setting:
    def read(written: SettingValue) -> int:
        if not _COUNT.fullmatch(str(written)) or not least <= int(written) <= most:
            raise ValueError(f"write a whole number, {least} to {most}")
        return int(written)

    def write(value: object) -> int:
        assert isinstance(value, int)
        return value

    return _Setting(read, write)


def _or_word(word: str, setting: _Setting) -> _Setting:
    """A word stands for None."""

    def read(written: SettingValue) -> object:
        try:
            return None if written == word else setting.read(written)
        except ValueError as error:
            raise ValueError(f"{error}, or {word}") from error

    return _Setting(read, lambda value: word if value is None else setting.write(value))


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
_BEAT: Final = _duration(_MINUTE, NEVER_LONGER)

SETTINGS: Final[Mapping[str, _Setting]] = {
    "every": _BEAT,
    "retry": _duration(_SECOND, _DAY),
    "weekdays": _Setting(_read_weekdays, _write_weekdays),
    "window": _or_word("any", _Setting(_read_window, _write_window)),
    **{f"{kind}.depth": _count(0, DEEPEST) for kind in ArchiveKind},
    **{f"{kind}.every": _or_word("poll", _BEAT) for kind in ArchiveKind},
    "closing.day": _count(1, LAST_CERTAIN_DAY),
    "closing.hour": _count(0, 23),
    "closing.deadline_day": _count(1, LAST_CERTAIN_DAY),
    "visit": _duration(_MINUTE, _DAY),
    "air_time": _or_word("any", _duration(_MINUTE, NEVER_LONGER)),
    "polls_per_day": _or_word("model", _count(0, MOST_POLLS)),
    "allowed_drift": _duration(_SECOND, NEVER_LONGER),
    "most_asked": _count(1, 100),
}
"""By name, in the order in which they are shown."""
