"""An act's form filled from one live poll and the registry, with everything that does not fit together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from metering.acts import ActKind, Contents, CurrentParameters, Header, Settings, Totals
from metering.components import Component, ComponentKind
from metering.reasons import Because, Reason, reason

_PARAMETERS: Final[Mapping[str, tuple[str, ...]]] = {
    "temperature_supply": ("temperature_supply",),
    "temperature_return": ("temperature_return",),
    "flow_supply": ("mass_flow_supply", "mass_flow"),
    "flow_return": ("mass_flow_return",),
    "volume_flow_supply": ("volume_flow_supply", "volume_flow"),
    "volume_flow_return": ("volume_flow_return",),
}
_TOTALS: Final[Mapping[str, tuple[str, ...]]] = {
    "energy_heating": ("energy_heating",),
    "energy_hot_water": ("energy_hot_water",),
    "energy_total": ("energy_total",),
    "energy_hot_water_summer": ("energy_hot_water_summer",),
    "mass_1": ("mass_supply", "mass"),
    "mass_2": ("mass_return",),
    "mass_3": ("mass_make_up",),
    "volume_1": ("volume_supply", "volume"),
    "volume_2": ("volume_return",),
    "volume_3": ("volume_make_up",),
    "operating_time": ("operating_time", "on_time"),
}
"""By field of the form, the quantities that fill it; the first one that the meter told."""

_ALWAYS: Final = ("operating_time",)


@dataclass(frozen=True, slots=True)
class LivePoll:
    """What one poll brought of a circuit. `serial`: who answered, "" when it did not say.

    `values`: by quantity, in canonical units, valid ones alone. `held`: why what it brought is kept apart.
    """

    read_at: datetime
    serial: str
    values: Mapping[str, Decimal] = field(default_factory=dict)
    held: str = ""


@dataclass(frozen=True, slots=True)
class Reached:
    """How the meter's modem is reached, and the last level in dBm that it was heard to have."""

    phone: str = ""
    network_address: str = ""
    signal_level: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """What the registry knows of the point and of the meter that is installed there.

    `billed`: the quantity by which the point is billed. `components`: those that are fitted now.
    """

    serial: str
    billed: str
    header: Header
    components: tuple[Component, ...] = ()
    nominal_diameter: Decimal | None = None


def filled(kind: ActKind, registered: Registered, poll: LivePoll, reached: Reached) -> Contents:
    """The form; what only a person can tell is left empty."""
    parameters = _picked(_PARAMETERS, poll.values)
    return Contents(
        serial=poll.serial or registered.serial,
        header=registered.header,
        components=registered.components,
        read_at=poll.read_at,
        parameters=CurrentParameters(
            **parameters,
            signal_level=reached.signal_level,
            phone=reached.phone,
            network_address=reached.network_address,
        ),
        totals=Totals(**_picked(_TOTALS, poll.values)),
        settings=_settings(registered, poll) if kind is ActKind.ADMISSION else None,
    )


def mismatches(
    registered: Registered, poll: LivePoll, reached: Reached, adequate: Decimal
) -> tuple[Reason, ...]:
    """What a person has to look at before he signs; what hinders an admission says so.

    `adequate`: the level in dBm from which the signal is stable.
    """
    return (
        *_serials(registered, poll),
        *_missing_totals(registered, poll.values),
        *_signal(reached.signal_level, adequate),
        *([reason(Because.HELD_BACK, hinders=True, held=poll.held)] if poll.held else []),
    )


def _serials(registered: Registered, poll: LivePoll) -> Iterator[Reason]:
    calculators = (one.serial for one in registered.components if one.kind is ComponentKind.CALCULATOR)
    known = [("registry", registered.serial), *(("calculator's passport", serial) for serial in calculators)]
    if not poll.serial:
        yield reason(Because.SERIAL_NOT_TOLD, known=registered.serial)
        return
    for where, serial in known:
        if not same_serial(poll.serial, serial):
            yield reason(Because.SERIAL_DIFFERS, hinders=True, told=poll.serial, where=where, known=serial)


def same_serial(one: str, other: str) -> bool:
    """Whether two spellings are one number: plates leave out leading zeros that the wire has."""
    return one.strip().lstrip("0").upper() == other.strip().lstrip("0").upper()


def _missing_totals(registered: Registered, values: Mapping[str, Decimal]) -> Iterator[Reason]:
    for name in (registered.billed, *_ALWAYS):
        if not any(one in values for one in _TOTALS.get(name, (name,))):
            yield reason(Because.TOTAL_MISSING, quantity=name)


def _signal(level: Decimal | None, adequate: Decimal) -> Iterator[Reason]:
    if level is None:
        yield reason(Because.SIGNAL_UNKNOWN)
    elif level < adequate:
        yield reason(Because.SIGNAL_WEAK, level=f"{level:f}", adequate=f"{adequate:f}")


def _settings(registered: Registered, poll: LivePoll) -> Settings:
    return Settings(
        cold_water_temperature=poll.values.get("temperature_cold_water"),
        nominal_diameter=registered.nominal_diameter,
    )


def _picked(table: Mapping[str, Iterable[str]], values: Mapping[str, Decimal]) -> dict[str, Any]:
    return {
        name: next((values[one] for one in quantities if one in values), None)
        for name, quantities in table.items()
    }
