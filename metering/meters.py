"""Who a meter is, and the settings without which its answers mean nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MeterIdentity:
    """What a meter says about itself. `serial` is compared with the registry before anything is stored."""

    serial: str
    maker: str = ""
    model: str = ""
    version: str = ""
    medium: str = ""
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class MeterConfiguration:
    """Settings read from the meter (units, decimals, scheme), by name; stored with the records."""

    settings: Mapping[str, str] = field(default_factory=dict)
