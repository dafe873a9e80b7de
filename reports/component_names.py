"""What the components of a meter are called on paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from metering.components import ComponentKind

COMPONENT_NAMES: Final[Mapping[ComponentKind, str]] = {
    ComponentKind.CALCULATOR: "calculator",
    ComponentKind.FLOW_SUPPLY: "flow sensor, supply",
    ComponentKind.FLOW_RETURN: "flow sensor, return",
    ComponentKind.FLOW_MAKE_UP: "flow sensor, make-up water",
    ComponentKind.TEMPERATURE_SUPPLY: "temperature sensor, supply",
    ComponentKind.TEMPERATURE_RETURN: "temperature sensor, return",
    ComponentKind.TEMPERATURE_COLD_WATER: "temperature sensor, cold water",
    ComponentKind.PRESSURE_SUPPLY: "pressure sensor, supply",
    ComponentKind.PRESSURE_RETURN: "pressure sensor, return",
}
