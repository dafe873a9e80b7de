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

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from metering.written_settings import (
    Setting,
    SettingValue,
    Table,
    count,
    duration,
    number,
    usual,
    value_of,
    word,
)

LONGEST_ESTIMATE: Final = timedelta(days=45)
SUBJECT: Final = "a billing rule"


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
    """By the kelvins between indoors and outdoors; evenly where an hour's temperature is not known, or where
    one of the registers is more than 45 days away."""


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


def rule_of(base: BillingRule, *settings: Mapping[str, object]) -> BillingRule:
    """The rule with these settings laid over it, the last ones counting.

    ConfigurationError names the setting that does not exist or whose value cannot be.
    """
    values: dict[str, Any] = {}
    for layer in settings:
        values |= {name: value_of(SETTINGS, SUBJECT, name, written) for name, written in layer.items()}
    season = {name.removeprefix("season."): one for name, one in values.items() if name.startswith("season.")}
    whole = {name: one for name, one in values.items() if "." not in name}
    return replace(base, season=replace(base.season, **season), **whole)


def settings_of(rule: BillingRule) -> Mapping[str, SettingValue]:
    """Every setting of this rule, as it is written."""
    return {name: setting.write(_particular(rule, name)) for name, setting in SETTINGS.items()}


def checked(settings: Mapping[str, object]) -> Mapping[str, SettingValue]:
    """The same settings as they are usually written; ConfigurationError names the first wrong one."""
    return usual(SETTINGS, SUBJECT, settings)


def _particular(rule: BillingRule, name: str) -> object:
    group, _, last = name.rpartition(".")
    return getattr(rule.season if group else rule, last)


def _read_methods(written: SettingValue) -> tuple[Method, ...]:
    names = [] if written == "none" else str(written).split(",")
    if len(set(names)) != len(names) or not set(names) <= set(Method):
        raise ValueError(f"write some of {','.join(Method)} once each, in their order, or none")
    return tuple(map(Method, names))


_NONE: Final = timedelta()
_MONTH: Final = timedelta(days=31)
_YES_OR_NO: Final = word({"yes": True, "no": False})

SETTINGS: Final[Table] = {
    "tolerance": duration(_NONE, _MONTH),
    "interpolation": word({one.value: one for one in Weights}),
    "methods": Setting(_read_methods, lambda methods: ",".join(methods) or "none"),
    "longest_estimate": duration(_NONE, LONGEST_ESTIMATE),
    "average_window": duration(_NONE, timedelta(days=90)),
    "estimate_error_hours": _YES_OR_NO,
    "acts_required": _YES_OR_NO,
    "spike_factor": number("1", "100"),
    "mass_imbalance": number("0", "1"),
    "allowed_drift": duration(_NONE, _MONTH),
    "season.first_month": count(1, 12),
    "season.last_month": count(1, 12),
    "season.threshold": number("-70", "60"),
}
