"""What the registry holds: sites, usage points, lines, meters, and which was installed where and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypedDict


class SiteKind(StrEnum):
    """What is heated."""

    BUILDING = "building"
    """Of several flats or rooms."""
    HOUSE = "house"


class PointKind(StrEnum):
    """Whose heat is measured."""

    BUILDING = "building"
    """The whole building's, by its common meter."""
    INDIVIDUAL = "individual"
    """One dwelling's, or a private house's."""


class Purpose(StrEnum):
    """What the heat of a usage point is for."""

    HEATING = "heating"
    HOT_WATER = "hot_water"
    HEATING_AND_HOT_WATER = "heating_and_hot_water"


@dataclass(frozen=True, slots=True)
class Site:
    """A place that is heated: a house, a school. `service_centre`: whose engineers look after it.

    `heated_area` in square metres.
    """

    id: int
    code: str
    name: str
    address: str
    district: str = ""
    service_centre: str = ""
    kind: SiteKind = SiteKind.BUILDING
    heated_area: Decimal | None = None


@dataclass(frozen=True, slots=True)
class UsagePoint:
    """Where heat is billed; it outlives its meters. `billed_quantity` is a name of metering.quantities.

    `closing_day` and `closing_hour`: when a month's bill closes, by `zone`; in a shorter month on its last
    day; None: as its poll plan says. Loads in Gcal/h, that calculated at `design_outdoor_temperature`; the
    pipe's `nominal_diameter` in millimetres; temperatures in degrees Celsius.
    """

    id: int
    code: str
    name: str
    site_id: int
    zone: str
    factor_set: str
    billed_quantity: str
    kind: PointKind = PointKind.BUILDING
    purpose: Purpose = Purpose.HEATING
    contract: str = ""
    account: str = ""
    consumer: str = ""
    closing_day: int | None = None
    closing_hour: int | None = None
    calculated_load: Decimal | None = None
    largest_load: Decimal | None = None
    nominal_diameter: Decimal | None = None
    indoor_temperature: Decimal = Decimal(20)
    design_outdoor_temperature: Decimal | None = None


class SiteParticulars(TypedDict, total=False):
    """What may be told of a site beside its name and place; what is not told stays as it is."""

    kind: SiteKind
    heated_area: Decimal | None


class PointParticulars(TypedDict, total=False):
    """What billing knows of a usage point, see UsagePoint; what is not told stays as it is."""

    kind: PointKind
    purpose: Purpose
    contract: str
    account: str
    consumer: str
    closing_day: int | None
    closing_hour: int | None
    calculated_load: Decimal | None
    largest_load: Decimal | None
    nominal_diameter: Decimal | None
    indoor_temperature: Decimal
    design_outdoor_temperature: Decimal | None


@dataclass(frozen=True, slots=True)
class Line:
    """A shared medium; `collector` is set when only that collector can open it.

    `pool` is that of our modems through which it is called. `queue` names whoever can serve it now: the pool,
    or a collector that alone reaches it or holds its modem's connection; None: any collector.
    """

    id: int
    url: str
    collector: str | None
    pool: str | None = None
    queue: str | None = None


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter on a line; one that is not `polled` stays in the registry for its history."""

    id: int
    serial: str
    model: str
    address: str
    line_id: int
    zone: str
    polled: bool


@dataclass(frozen=True, slots=True)
class Installation:
    """A meter's circuit measures a usage point within [installed_at, removed_at); None: until now."""

    usage_point_id: int
    meter_id: int
    circuit: int
    installed_at: datetime
    removed_at: datetime | None
