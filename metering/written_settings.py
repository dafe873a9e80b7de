"""Settings as people write them: one name and one word or number each, checked by a table.

A table has, by name, how a value is read and how it is written. The same names stand in the database, the
API, the command line and registry files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from metering.errors import ConfigurationError

SettingValue = int | str

LONGEST_TEXT: Final = 100

_UNITS: Final = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}
_DURATION: Final = re.compile(r"(?:\d{1,7}[dhms])+", re.ASCII)
_PART: Final = re.compile(r"(\d+)([dhms])", re.ASCII)
_COUNT: Final = re.compile(r"\d{1,7}", re.ASCII)
_NUMBER: Final = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?", re.ASCII)


class Setting(NamedTuple):
    """`read` raises ValueError that says how the value is written; `write` is the other way round."""

    read: Callable[[SettingValue], object]
    write: Callable[[Any], SettingValue]


Table = Mapping[str, Setting]
"""By name, in the order in which settings are shown."""


def value_of(table: Table, subject: str, name: str, written: object) -> object:
    """What is meant; ConfigurationError names the setting of `subject`, like "a poll plan", that is wrong."""
    if name not in table:
        raise ConfigurationError(
            f"{subject[0].upper()}{subject[1:]} has no setting {name[:LONGEST_TEXT]!r}; there are: "
            f"{', '.join(table)}."
        )
    try:
        if isinstance(written, bool) or not isinstance(written, int | str):
            raise ValueError("write a number or a text")
        if len(str(written)) > LONGEST_TEXT:
            raise ValueError("it is too long")
        return table[name].read(written)
    except ValueError as error:
        shown = repr(written)[: LONGEST_TEXT + 2]
        raise ConfigurationError(f"The setting {name} of {subject} is {shown}: {error}.") from error


def usual(table: Table, subject: str, settings: Mapping[str, object]) -> Mapping[str, SettingValue]:
    """The same settings as they are usually written; ConfigurationError names the first wrong one."""
    values = {name: value_of(table, subject, name, written) for name, written in settings.items()}
    return {name: table[name].write(value) for name, value in values.items()}


def duration(shortest: timedelta, longest: timedelta) -> Setting:
    """Text like 1h30m; durations are whole seconds."""

    def read(written: SettingValue) -> timedelta:
        if not _DURATION.fullmatch(str(written)):
            raise ValueError("write a duration like 15m, 1h or 1d12h")
        found = sum((int(count) * _UNITS[unit] for count, unit in _PART.findall(str(written))), timedelta())
        if not shortest <= found <= longest:
            raise ValueError(f"it may be {_duration_text(shortest)} to {_duration_text(longest)}")
        return found

    return Setting(read, _duration_text)


def count(least: int, most: int) -> Setting:
    """A whole number, both limits included."""

    def read(written: SettingValue) -> int:
        if not _COUNT.fullmatch(str(written)) or not least <= int(written) <= most:
            raise ValueError(f"write a whole number, {least} to {most}")
        return int(written)

    return Setting(read, int)


def number(least: str, most: str) -> Setting:
    """A decimal number, both limits included."""

    def read(written: SettingValue) -> Decimal:
        if not _NUMBER.fullmatch(str(written)) or not Decimal(least) <= Decimal(written) <= Decimal(most):
            raise ValueError(f"write a number, {least} to {most}")
        return Decimal(written)

    return Setting(read, lambda value: f"{value:f}")


def word(words: Mapping[str, object]) -> Setting:
    """One of these words, with what each means."""

    def read(written: SettingValue) -> object:
        if written not in words:
            raise ValueError(f"write {' or '.join(words)}")
        return words[str(written)]

    return Setting(read, {meaning: one for one, meaning in words.items()}.__getitem__)


def or_word(none: str, setting: Setting) -> Setting:
    """A word stands for None."""

    def read(written: SettingValue) -> object:
        try:
            return None if written == none else setting.read(written)
        except ValueError as error:
            raise ValueError(f"{error}, or {none}") from error

    return Setting(read, lambda value: none if value is None else setting.write(value))


def _duration_text(value: timedelta) -> str:
    parts, left = [], value
    for unit, length in _UNITS.items():
        whole, left = divmod(left, length)
        parts.append(f"{whole}{unit}" if whole else "")
    return "".join(parts) or "0s"
