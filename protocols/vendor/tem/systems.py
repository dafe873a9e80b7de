"""Heat-metering systems: what each of their channels measures. A system is a circuit.

Sources: tem-104.md sections 4, 6, 7 and 7a for the codes and the numbers of channels. The places are the
usual ones of the schemes' names: the references count the channels and do not name their pipes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from metering.errors import DecodeError
from metering.meters import MeterConfiguration

NOWHERE: Final = None
"""A channel whose place no quantity names, such as the temperature at a mere flow meter."""

Places = tuple[str | None, ...]


class Pipes(NamedTuple):
    """Places of the channels in the meter's order, and which heat the system counts; empty: none."""

    flows: Places
    temperatures: Places
    pressures: Places
    heat: str


_TWO: Final = ("supply", "return")
_FROM_COLD: Final = ("supply", "cold_water")
_OPEN: Final = ("supply", "return", "cold_water")
_MAKE_UP: Final = ("make_up", "cold_water")

SYSTEMS: Final[Mapping[str, Pipes]] = {
    "flow_meter_volume": Pipes(("",), (), (), ""),
    "flow_meter_mass": Pipes(("",), (NOWHERE,), (NOWHERE,), ""),
    "main_line": Pipes(("supply",), ("supply",), ("supply",), "heating"),
    "supply": Pipes(("supply",), _TWO, _TWO, "heating"),
    "return": Pipes(("return",), _TWO, _TWO, "heating"),
    "cold": Pipes(("supply",), _TWO, _TWO, "cooling"),
    "dead_end_hot_water": Pipes(("supply",), _FROM_COLD, _FROM_COLD, "hot_water"),
    "make_up": Pipes(("make_up",), _MAKE_UP, _MAKE_UP, "heating"),
    "make_up_of_source": Pipes(("make_up",), _MAKE_UP, _MAKE_UP, "heating"),
    "supply_and_flow_meter": Pipes(("supply", ""), _TWO, _TWO, "heating"),
    "heat_and_cold": Pipes(_TWO, _TWO, _TWO, "heating"),
    "open": Pipes(_TWO, _OPEN, _OPEN, "heating"),
    "circulating_hot_water": Pipes(_TWO, _OPEN, _OPEN, "hot_water"),
    "source": Pipes(("supply", "return", "make_up"), _OPEN, _OPEN, "heating"),
    "supply_and_make_up": Pipes(("supply", "return", "make_up"), _TWO, _TWO, "heating"),
    "independent": Pipes(("supply", "return", "make_up"), _OPEN, _OPEN, "heating"),
    "temperature": Pipes((), (), (), ""),
    "single": Pipes(("",), _TWO, _TWO, "heating"),
}


class By(Enum):
    """What the elements of an array belong to."""

    METER = "one for the meter"
    SYSTEM = "one a system"
    FLOW = "one a flow channel of the meter"
    TEMPERATURE = "one a temperature channel of the meter"
    PRESSURE = "one a pressure channel of the meter"
    FLOW_OF_SYSTEM = "one a flow channel of this system"
    TEMPERATURE_OF_SYSTEM = "one a temperature of this system"
    PRESSURE_OF_SYSTEM = "one a pressure of this system"
    TEMPERATURES_BY_THREE = "three temperatures a system"
    PRESSURES_BY_THREE = "three pressures a system"


class Element(NamedTuple):
    """One element of an array: its number in it, the place that it is of, and its channel of the system."""

    number: int
    place: str
    channel: int


@dataclass(frozen=True, slots=True)
class System:
    """One system. Numbers and channels count from 0; `kind` is a name of SYSTEMS."""

    number: int
    kind: str
    flows: tuple[int, ...] = ()
    temperatures: tuple[int, ...] = ()
    pressures: tuple[int, ...] = ()

    @property
    def circuit(self) -> int:
        return self.number + 1

    @property
    def pipes(self) -> Pipes:
        return SYSTEMS[self.kind]

    def elements(self, by: By) -> Iterator[Element]:
        """The elements of an array that are this system's and have a place."""
        if by in (By.METER, By.SYSTEM):
            yield Element(self.number if by is By.SYSTEM else 0, "", 0)
            return
        places, indices = self._channels(by)
        for channel, (place, index) in enumerate(zip(places, indices, strict=False)):
            if place is not NOWHERE:
                yield Element(index, place, channel)

    def _channels(self, by: By) -> tuple[Places, tuple[int, ...]]:
        flows, temperatures, pressures, _ = self.pipes
        first = 3 * self.number
        channels: Mapping[By, tuple[Places, tuple[int, ...]]] = {
            By.FLOW: (flows, self.flows),
            By.TEMPERATURE: (temperatures, self.temperatures),
            By.PRESSURE: (pressures, self.pressures),
            By.FLOW_OF_SYSTEM: (flows, (0, 1, 2)),
            By.TEMPERATURE_OF_SYSTEM: (temperatures, (0, 1, 2)),
            By.PRESSURE_OF_SYSTEM: (pressures, (0, 1, 2)),
            By.TEMPERATURES_BY_THREE: (temperatures, (first, first + 1, first + 2)),
            By.PRESSURES_BY_THREE: (pressures, (first, first + 1, first + 2)),
        }
        return channels[by]


_CHANNELS: Final = ("flow", "temperature", "pressure")


def settings_of(systems: tuple[System, ...]) -> dict[str, str]:
    """The systems as settings: `system_1`, and its channels counted from 1."""
    settings = {"systems": str(len(systems))}
    for system in systems:
        settings[f"system_{system.circuit}"] = system.kind
        channels = (system.flows, system.temperatures, system.pressures)
        for what, numbers in zip(_CHANNELS, channels, strict=True):
            if numbers:
                settings[f"{what}_channels_{system.circuit}"] = " ".join(str(one + 1) for one in numbers)
    return settings


def systems_of(configuration: MeterConfiguration) -> tuple[System, ...]:
    """The systems that the settings name; DecodeError when they name none."""
    settings = configuration.settings
    try:
        count = int(settings["systems"])
        return tuple(_system(settings, number) for number in range(count))
    except (KeyError, ValueError) as error:
        raise DecodeError(
            "What the values of a TEM meter mean depends on its systems; read its configuration first."
        ) from error


def _system(settings: Mapping[str, str], number: int) -> System:
    kind = settings[f"system_{number + 1}"]
    if kind not in SYSTEMS:
        raise ValueError(kind)
    channels = (settings.get(f"{what}_channels_{number + 1}", "") for what in _CHANNELS)
    return System(number, kind, *(_numbers(written) for written in channels))


def _numbers(written: str) -> tuple[int, ...]:
    return tuple(int(one) - 1 for one in written.split())
