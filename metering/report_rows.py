"""What stands in the lists that utilities print, before it is a sheet."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from metering.components import ComponentKind
from metering.problems import ProblemKind

_PARTS: Final = "корп(?:ус)?|к|стр(?:оение)?|лит(?:ера)?|блок|бл|секция|подъезд|кв(?:артира)?|оф(?:ис)?"
_HOUSE: Final = (
    r"(?:(?:д(?:ом)?\.?|№)\s*)?\d[\w/\-]*"
    rf"(?:[,\s]+(?:{_PARTS})\.?\s*[\w/\-]+)*"
)
_ADDRESSES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?P<street>)(?P<house>{_HOUSE})",
        r"(?P<street>(?:мкр|микрорайон|м-н|квартал|кв-л)\.?\s*\d+\w?)(?P<house>)",
        rf"(?P<street>.*?\S)[,\s]+(?P<house>{_HOUSE})",
        r"(?P<house>\d[\w/\-]*)[,\s]+(?P<street>\S.*)",
    )
)
"""How addresses are written, the first that fits counts; blocks, entrances and flats go with the house."""


class Entry(StrEnum):
    """How far a reading for the month's bill has come."""

    ENTERED = "entered"
    WITHDRAWN = "withdrawn"
    """None, and the meter was withdrawn from use."""
    WAITING = "waiting"


def entry_of_building(points: Collection[Entry]) -> Entry:
    """A building waits while one of its usage points does; it is withdrawn when all of them are."""
    return next(one for one in (Entry.WAITING, Entry.ENTERED, Entry.WITHDRAWN) if one in points)


@dataclass(frozen=True, slots=True)
class DistrictEntries:
    """How many buildings of a district have come how far; those not entered are withdrawn or wait."""

    service_centre: str
    district: str
    entered: int = 0
    withdrawn: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Visit:
    """A meter at a usage point, as an engineer finds it; `reasons`: what is the matter there."""

    usage_point_id: int
    contract: str
    name: str
    address: str
    meter_type: str
    serial: str
    verification_due: date | None
    reasons: tuple[ProblemKind, ...] = ()


@dataclass(frozen=True, slots=True)
class DueComponent:
    """A component in use, and until which day its verification is valid; `meter_serial`: of its meter."""

    service_centre: str
    district: str
    contract: str
    name: str
    address: str
    meter_serial: str
    kind: ComponentKind
    type: str
    serial: str
    verified_on: date | None
    verification_due: date


def street_and_house(address: str) -> tuple[str, str]:
    """The parts of an address that ends or begins with the number of the house; else all of it, and ""."""
    written = address.strip()
    found = next(filter(None, (pattern.fullmatch(written) for pattern in _ADDRESSES)), None)
    return (found["street"].rstrip(", "), found["house"]) if found else (written, "")
