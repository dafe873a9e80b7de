"""The words of acts and continuous-operation sheets, on paper and in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from metering.acts import ActKind
from metering.continuous_operation import Requirement

KINDS: Final[Mapping[ActKind, str]] = {
    ActKind.ADMISSION: "admission",
    ActKind.WITHDRAWAL: "withdrawal",
    ActKind.INSPECTION: "inspection",
}

REQUIREMENTS: Final[Mapping[Requirement, str]] = {
    Requirement.COMPLETE: "every hour is recorded",
    Requirement.OPERATED: "every hour was operated fully",
    Requirement.NO_FAULT: "no fault was reported",
    Requirement.WITHIN_LIMITS: "flows and temperatures are within the passport's limits",
    Requirement.MASS_BALANCE: "masses balance",
    Requirement.VERIFIED: "every component is verified",
}

FIELDS: Final[tuple[tuple[str, str, str], ...]] = (
    ("", "serial", "serial number"),
    ("header", "contract", "contract"),
    ("header", "name", "name"),
    ("header", "address", "address"),
    ("", "read_at", "read at"),
    ("parameters", "temperature_supply", "supply temperature, °C"),
    ("parameters", "temperature_return", "return temperature, °C"),
    ("parameters", "flow_supply", "supply flow, t/h"),
    ("parameters", "flow_return", "return flow, t/h"),
    ("parameters", "volume_flow_supply", "supply flow, m³/h"),
    ("parameters", "volume_flow_return", "return flow, m³/h"),
    ("parameters", "signal_level", "signal level, dBm"),
    ("parameters", "phone", "phone number"),
    ("parameters", "network_address", "IP address"),
    ("totals", "energy_heating", "heating, Gcal"),
    ("totals", "energy_hot_water", "hot water, Gcal"),
    ("totals", "energy_total", "total, Gcal"),
    ("totals", "energy_hot_water_summer", "hot water in summer, Gcal"),
    ("totals", "mass_1", "M1, t"),
    ("totals", "mass_2", "M2, t"),
    ("totals", "mass_3", "M3, t"),
    ("totals", "volume_1", "V1, m³"),
    ("totals", "volume_2", "V2, m³"),
    ("totals", "volume_3", "V3, m³"),
    ("totals", "operating_time", "operating time, h"),
    ("settings", "pulse_weight", "pulse weight, l"),
    ("settings", "largest_flow", "Qmax, m³/h"),
    ("settings", "smallest_flow", "Qmin, m³/h"),
    ("settings", "cold_water_temperature", "cold water, °C"),
    ("settings", "nominal_diameter", "Dy, mm"),
    ("", "conclusion", "conclusion"),
    ("", "to_do", "to be done by the consumer"),
    ("", "in_spite_of", "signed in spite of this because"),
)
"""Part of the form, field and its name, in the order of the paper; a field that nobody told is left out."""
