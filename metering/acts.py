"""Acts of a metering point: admission to commercial use, withdrawal from it, technical inspection.

The fields are those of the field's own forms 1, 3 and 5; values are in canonical units. What nobody wrote
down is None or "".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from metering.components import Component

LONGEST_NUMBER: Final = 60


class ActKind(StrEnum):
    """What an act does."""

    ADMISSION = "admission"
    """АД: from here on the point's readings may stand on bills."""
    WITHDRAWAL = "withdrawal"
    """АИ: from here on they may not."""
    INSPECTION = "inspection"
    """ТО: what was found on site; admission stays as it was."""


SERIES: Final[Mapping[ActKind, str]] = {
    ActKind.ADMISSION: "ОПУ-АД-",
    ActKind.WITHDRAWAL: "ОПУ-АИ-",
    ActKind.INSPECTION: "ОПУ-ТО-",
}
"""What the numbers of each kind begin with."""


def act_number(kind: ActKind, ordinal: int) -> str:
    """The number of the act that is the `ordinal`th of its series."""
    return f"{SERIES[kind]}{ordinal}"


@dataclass(frozen=True, slots=True)
class Header:
    """Whose point it is and where. `name` is the consumer's, or the object's where there is none."""

    contract: str = ""
    name: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class CurrentParameters:
    """What the meter shows, and how its modem is reached: °C, t/h, m³/h where it tells volumes, dBm (УМС)."""

    temperature_supply: Decimal | None = None
    temperature_return: Decimal | None = None
    flow_supply: Decimal | None = None
    flow_return: Decimal | None = None
    volume_flow_supply: Decimal | None = None
    volume_flow_return: Decimal | None = None
    signal_level: Decimal | None = None
    phone: str = ""
    network_address: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """Registers at the moment: Gcal, t, m³ where the meter counts volumes, h.

    1, 2, 3: supply, return, make-up or hot water.
    """

    energy_heating: Decimal | None = None
    energy_hot_water: Decimal | None = None
    energy_total: Decimal | None = None
    energy_hot_water_summer: Decimal | None = None
    mass_1: Decimal | None = None
    mass_2: Decimal | None = None
    mass_3: Decimal | None = None
    volume_1: Decimal | None = None
    volume_2: Decimal | None = None
    volume_3: Decimal | None = None
    operating_time: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What is set in the meter, told by an admission alone: l per pulse, m³/h, m³/h, °C, mm."""

    pulse_weight: Decimal | None = None
    largest_flow: Decimal | None = None
    smallest_flow: Decimal | None = None
    cold_water_temperature: Decimal | None = None
    nominal_diameter: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything on the form but its number, kind and date.

    `read_at`: when the meter showed this. `in_spite_of`: why the act was signed though `objections` stood
    against it.
    """

    serial: str
    header: Header = field(default=Header())
    components: tuple[Component, ...] = ()
    read_at: datetime | None = None
    parameters: CurrentParameters = field(default=CurrentParameters())
    totals: Totals = field(default=Totals())
    settings: Settings | None = None
    conclusion: str = ""
    to_do: str = ""
    representatives: tuple[str, ...] = ()
    objections: tuple[str, ...] = ()
    in_spite_of: str = ""


@dataclass(frozen=True, slots=True)
class ActEntry:
    """An act as far as billing needs it: what it does to which point, and from when on."""

    number: str
    kind: ActKind
    at: datetime
