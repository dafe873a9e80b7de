"""The utility's rules of billing: how far a register may be from a boundary, what is estimated and how, and
what counts as doubtful. Everybody's, with those of a service centre laid over them.

Written as settings, one name and one word or number each:

    tolerance = "1d12h"               # a register so long before a boundary still counts as the one at it
    interpolation = "outdoor_temperature"   # or "even": how heat lies between two registers
    methods = "temperature_normalised,average_of_valid_hours,calculated_load"   # in this order, or "none"
    longest_estimate = "15d"          # longer gaps are not estimated, up to 45d; "0s": nothing is
    average_window = "7d"             # valid hours that an estimate goes by
    estimate_error_hours = "no"       # whether hours that the meter did not measure are estimated
    acts_required = "yes"             # whether a point without any act is billed
    spike_factor = "3"                # a consumption so many times the usual or the largest is doubtful
    mass_imbalance = "0.04"           # share by which masses out and back may differ
    allowed_drift = "10m"             # of the meter's clock
    season.first_month = 10           # season.last_month: months in which there is heating
    season.threshold = "8"            # outdoor temperature below which there is heating

The same names stand in the database, the API and the command line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple

from metering.errors import ConfigurationError

SettingValue = int | str

LONGEST_ESTIMATE: Final = timedelta(days=45)
LONGEST_TEXT: Final = 100


class Method(StrEnum):
    """How heat is estimated."""

    AVERAGE_OF_VALID_HOURS = "average_of_valid_hours"
    """As the same point's valid hours were on the average."""
    TEMPERATURE_NORMALISED = "temperature_normalised"
    """As the same point's valid hours were on the average for each kelvin between indoors and outdoors."""
    CALCULATED_LOAD = "calculated_load"
    """By the point's calculated load and the outdoor temperature."""


class Weights(StrEnum):
    """How heat is taken to lie between two registers."""

    EVEN = "even"
    OUTDOOR_TEMPERATURE = "outdoor_temperature"
    """By the kelvins between indoors and outdoors; evenly where an hour's temperature is not known."""


@dataclass(frozen=True, slots=True)
class Season:
    """When there is heating: months 1 to 12, both included, past the turn of the year where need be.

    `threshold`: the outdoor temperature, °C, below which there is heating within those months.
    """

    first_month: int = 10
    last_month: int = 4
    threshold: Decimal = Decimal(8)

    def includes(self, month: int) -> bool:
        """Whether this month is one of the season's."""
        if self.first_month <= self.last_month:
            return self.first_month <= month <= self.last_month
        return month >= self.first_month or month <= self.last_month


@dataclass(frozen=True, slots=True)
class BillingRule:
    """Everything that a utility decides about billing; the module's text explains each."""

    tolerance: timedelta = timedelta(hours=36)
    interpolation: Weights = Weights.OUTDOOR_TEMPERATURE
    methods: tuple[Method, ...] = (
        Method.TEMPERATURE_NORMALISED,
        Method.AVERAGE_OF_VALID_HOURS,
        Method.CALCULATED_LOAD,
    )
    longest_estimate: timedelta = timedelta(days=15)
    average_window: timedelta = timedelta(days=7)
    estimate_error_hours: bool = False
    acts_required: bool = True
    spike_factor: Decimal = Decimal(3)
    mass_imbalance: Decimal = Decimal("0.04")
    allowed_drift: timedelta = timedelta(minutes=10)
    season: Season = Season()


class _Setting(NamedTuple):
    """`read` raises ValueError that says how the value is written; `write` is the other way round."""

    read: Callable[[SettingValue], object]
    write: Callable[[Any], SettingValue]


def rule_of(base: BillingRule, *settings: Mapping[str, object]) -> BillingRule:
    """The rule with these settings laid over it, the last ones counting.

    ConfigurationError names the setting that does not exist or whose value cannot be.
    """
    values: dict[str, Any] = {}
    for layer in settings:
        values |= {name: _value(name, written) for name, written in layer.items()}
    season = {name.removeprefix("season."): one for name, one in values.items() if name.startswith("season.")}
    whole = {name: one for name, one in values.items() if "." not in name}
    return replace(base, season=replace(base.season, **season), **whole)


def settings_of(rule: BillingRule) -> Mapping[str, SettingValue]:
    """Every setting of this rule, as it is written."""
    return {name: setting.write(_particular(rule, name)) for name, setting in SETTINGS.items()}


def checked(settings: Mapping[str, object]) -> Mapping[str, SettingValue]:
    """The same settings as they are usually written; ConfigurationError names the first wrong one."""
    values = {name: _value(name, written) for name, written in settings.items()}
    return {name: SETTINGS[name].write(value) for name, value in values.items()}


def _value(name: str, written: object) -> object:
    if name not in SETTINGS:
        raise ConfigurationError(
            f"A billing rule has no setting {name[:LONGEST_TEXT]!r}; there are: {', '.join(SETTINGS)}."
        )
    try:
        if isinstance(written, bool) or not isinstance(written, int | str):
            raise ValueError("write a number or a text")
        if len(str(written)) > LONGEST_TEXT:
            raise ValueError("it is too long")
        return SETTINGS[name].read(written)
    except ValueError as error:
        shown = repr(written)[: LONGEST_TEXT + 2]
        raise ConfigurationError(f"The setting {name} of a billing rule is {shown}: {error}.") from error


def _particular(rule: BillingRule, name: str) -> object:
    group, _, last = name.rpartition(".")
    return getattr(rule.season if group else rule, last)


_LENGTHS: Final = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}
_DURATION: Final = re.compile(r"(?:\d{1,7}[dhms])+", re.ASCII)
_PART: Final = re.compile(r"(\d+)([dhms])", re.ASCII)
_NUMBER: Final = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?", re.ASCII)


def _duration(longest: timedelta) -> _Setting:
    """Text like 1h30m, from nothing to this long."""

    def read(written: SettingValue) -> timedelta:
        if not _DURATION.fullmatch(str(written)):
            raise ValueError("write a duration like 15m, 1h or 1d12h")
        found = sum(
            (int(number) * _LENGTHS[unit] for number, unit in _PART.findall(str(written))), timedelta()
        )
        if found > longest:
            raise ValueError(f"it may be {_duration_text(longest)} at most")
        return found

    return _Setting(read, _duration_text)


def _duration_text(value: timedelta) -> str:
    parts, left = [], value
    for unit, length in _LENGTHS.items():
        count, left = divmod(left, length)
        parts.append(f"{count}{unit}" if count else "")
    return "".join(parts) or "0s"


def _number(least: str, most: str) -> _Setting:
    def read(written: SettingValue) -> Decimal:
        if not _NUMBER.fullmatch(str(written)) or not Decimal(least) <= Decimal(written) <= Decimal(most):
            raise ValueError(f"write a number, {least} to {most}")
        return Decimal(written)

    return _Setting(read, lambda value: f"{value:f}")


def _month() -> _Setting:
    def read(written: SettingValue) -> int:
        if not re.fullmatch(r"[1-9]|1[0-2]", str(written), re.ASCII):
            raise ValueError("write the number of a month, 1 to 12")
        return int(written)

    return _Setting(read, int)


def _word(words: Mapping[str, object]) -> _Setting:
    def read(written: SettingValue) -> object:
        if written not in words:
            raise ValueError(f"write {' or '.join(words)}")
        return words[str(written)]

    return _Setting(read, {meaning: word for word, meaning in words.items()}.__getitem__)


def _read_methods(written: SettingValue) -> tuple[Method, ...]:
    names = [] if written == "none" else str(written).split(",")
    if len(set(names)) != len(names) or not set(names) <= set(Method):
        raise ValueError(f"write some of {','.join(Method)} once each, in their order, or none")
    return tuple(map(Method, names))


SETTINGS: Final[Mapping[str, _Setting]] = {
    "tolerance": _duration(timedelta(days=31)),
    "interpolation": _word({one.value: one for one in Weights}),
    "methods": _Setting(_read_methods, lambda methods: ",".join(methods) or "none"),
    "longest_estimate": _duration(LONGEST_ESTIMATE),
    "average_window": _duration(timedelta(days=90)),
    "estimate_error_hours": _word({"yes": True, "no": False}),
    "acts_required": _word({"yes": True, "no": False}),
    "spike_factor": _number("1", "100"),
    "mass_imbalance": _number("0", "1"),
    "allowed_drift": _duration(timedelta(days=31)),
    "season.first_month": _month(),
    "season.last_month": _month(),
    "season.threshold": _number("-70", "60"),
}
"""By name, in the order in which they are shown."""
