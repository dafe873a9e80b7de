"""Which model a meter is, by manufacturer, version and medium of its header.

Versions vary with firmware: a model that names the meter's version goes before one that takes any.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from metering.meters import MeterIdentity
from protocols.mbus.model import GENERIC, Detection, Profile

HEAT_MEDIA: Final = (0x04, 0x0A, 0x0B, 0x0C, 0x0D)
"""Heat and cooling meters (m-bus.md section 5.2)."""


def best_match(identity: MeterIdentity, profiles: Iterable[Profile]) -> str | None:
    """The most particular model; the generic one for an unknown heat meter; None for other devices."""
    version, medium = _code(identity.version), _code(identity.medium)
    claims = (
        (_particularity(detection), profile.name)
        for profile in profiles
        for detection in profile.detections
        if _claims(detection, identity.maker, version, medium)
    )
    best = max(claims, default=None)
    if best is not None:
        return best[1]
    return GENERIC if medium in HEAT_MEDIA else None


def _claims(detection: Detection, maker: str, version: int | None, medium: int | None) -> bool:
    return (
        detection.manufacturer == maker
        and (not detection.versions or version in detection.versions)
        and medium in (detection.media or HEAT_MEDIA)
    )


def _particularity(detection: Detection) -> tuple[bool, bool]:
    return bool(detection.versions), bool(detection.media)


def _code(hexadecimal: str) -> int | None:
    try:
        return int(hexadecimal, 16)
    except ValueError:
        return None
