"""The Pulsar models: which channel is which quantity, and what their diagnostics mean (pulsar.md 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, NamedTuple

from metering.conditions import Condition, ConditionName
from metering.quantities import QUANTITIES, Behaviour
from protocols.driver import Verification


class Channel(NamedTuple):
    """`number` from 1. `whole`: an unsigned number of 32 bits where the others are floats."""

    number: int
    quantity: str
    unit: str
    circuit: int = 1
    whole: bool = False

    @property
    def counts(self) -> bool:
        """Whether the channel is a register."""
        return QUANTITIES[self.quantity].behaviour is Behaviour.REGISTER


@dataclass(frozen=True, slots=True)
class Model:
    """`archived` are the registers that the archives keep.

    `voids`: instants that are no numbers while a bit of the diagnostics is set.
    """

    name: str
    title: str
    channels: tuple[Channel, ...]
    archived: tuple[Channel, ...]
    diagnostics: Mapping[int, Condition | None]
    verification: Verification
    baud: int = 9600
    voids: Mapping[int, frozenset[str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


_HEAT: Final = Channel(7, "energy_heating", "Gcal")
_VOLUME: Final = Channel(8, "volume", "m3")
_HEAT_CHANNELS: Final = (
    Channel(3, "temperature_supply", "°C"),
    Channel(4, "temperature_return", "°C"),
    Channel(5, "temperature_difference", "K"),
    Channel(6, "power", "Gcal/h"),
    _HEAT,
    _VOLUME,
    Channel(9, "volume_flow", "m3/h"),
    Channel(20, "operating_time", "h", whole=True),
)
_HEAT_DIAGNOSTICS: Final = MappingProxyType(
    {
        0: Condition(ConditionName.BATTERY_LOW),
        1: Condition(ConditionName.MEMORY_FAULT),
        2: Condition(ConditionName.UNKNOWN, code="counters reset"),
        5: Condition(ConditionName.SENSOR_FAULT, 1, "temperature_supply"),
        6: Condition(ConditionName.SENSOR_FAULT, 1, "temperature_return"),
        7: Condition(ConditionName.SENSORS_SWAPPED, 1),
    }
)
_VOIDED: Final = MappingProxyType(
    {
        5: frozenset({"temperature_supply", "temperature_difference", "power"}),
        6: frozenset({"temperature_return", "temperature_difference", "power"}),
    }
)
"""What a faulty sensor leaves without a value, its own temperature and what is computed with it."""
_LOGGER_DIAGNOSTICS: Final = MappingProxyType(
    {
        2: Condition(ConditionName.MEMORY_FAULT),
        3: Condition(ConditionName.UNKNOWN, code="negative value in a channel"),
    }
)
_HEAT_NOTES: Final = (
    "Channels 10 to 14 are left out: pulse inputs count other meters; on 12 and 13 the sources disagree.",
    "UNCONFIRMED: what a heat meter sends for a faulty temperature sensor; it is taken for no value.",
    "UNCONFIRMED: the channel table and the diagnostics are known from independent programs only.",
)
_LOGGER_NOTES: Final = (
    "Each channel is a circuit of its own with its volume; where nothing is wired, nothing is counted.",
    "UNCONFIRMED: the archive depths are those of the heat meters; the document of the loggers names none.",
)
_RADIO_BAUD: Final = 19200


def _logger(name: str, inputs: int, baud: int = 9600) -> Model:
    channels = tuple(Channel(number, "volume", "m3", number) for number in range(1, inputs + 1))
    title = f"Pulsar {name.upper()} pulse logger"
    return Model(
        f"teplovodokhran-pulsar-{name}",
        title,
        channels,
        channels,
        _LOGGER_DIAGNOSTICS,
        Verification.MAKER_DOCUMENT,
        baud,
        notes=_LOGGER_NOTES,
    )


_ALL: Final = (
    Model(
        "teplovodokhran-pulsar-heat",
        "Pulsar heat meter",
        _HEAT_CHANNELS,
        (_HEAT, _VOLUME),
        _HEAT_DIAGNOSTICS,
        Verification.SECOND_IMPLEMENTATION,
        voids=_VOIDED,
        notes=_HEAT_NOTES,
    ),
    _logger("2m", 2),
    _logger("10m", 10),
    _logger("16m", 16),
    _logger("16rm-m", 16, _RADIO_BAUD),
    _logger("24m", 24, _RADIO_BAUD),
)
MODELS: Final[Mapping[str, Model]] = MappingProxyType({model.name: model for model in _ALL})
