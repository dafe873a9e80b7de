"""Whether two answers of a TEM-05 tell of the same meter in the same minutes: there is no checksum.

The serial number and the settings must be equal, totals may have grown as the flow allows.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from protocols.vendor.tem05.answer import Channel, State

_WRAP: Final = 1 << 24
_ROUNDING: Final = 2
"""Steps by which a standing total may seem to move."""
_SHARE: Final = 3000
"""In a minute a total gains no more than this part of the flow's number, heat at 100 K included."""
_KELVIN: Final = Decimal(1)
_JITTER: Final = 10


def same_meter(first: State, second: State) -> bool:
    """Whether serial number, settings and totals of the second follow those of the first."""
    settings = [(one.serial, one.version, one.scheme) for one in (first, second)]
    pairs = zip(first.channels, second.channels, strict=True)
    return (
        settings[0] == settings[1]
        and 0 <= second.running - first.running <= _ROUNDING
        and all(_totals_follow(one, other) for one, other in pairs)
    )


def same_temperatures(first: State, second: State) -> bool:
    """Whether the temperatures are nearly the same."""
    pairs = zip(first.temperatures, second.temperatures, strict=True)
    return all(abs(one - other) <= _KELVIN for one, other in pairs)


def same_flows(first: State, second: State) -> bool:
    """Whether the flows are the same within a tenth."""
    pairs = zip(first.channels, second.channels, strict=True)
    return all(
        abs(one.flow - other.flow) <= _JITTER + max(one.flow, other.flow) // 10 for one, other in pairs
    )


def _totals_follow(first: Channel, second: Channel) -> bool:
    most = _ROUNDING + max(first.flow, second.flow) // _SHARE
    gains = ((after - before) % _WRAP for before, after in zip(first.totals, second.totals, strict=True))
    return first.code == second.code and all(gain <= most for gain in gains)
