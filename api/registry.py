"""Places as they are answered and changed: service centres, sites, usage points, components of meters."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from api.reported import ShortDecimal
from api.schemas import Amount, LineText, amount, known
from metering.components import Component, ComponentKind
from storage.components import StoredComponent
from storage.registered import PointKind, PointParticulars, Purpose, Site, SiteKind, UsagePoint
from storage.service_centres import ServiceCentre

_STRICT = ConfigDict(extra="forbid")
_YEARS = {"ge": date(1970, 1, 1), "le": date(2199, 12, 31)}

Positive = Annotated[
    ShortDecimal, Field(pattern=r"^(0*[1-9][0-9]{0,17}(\.[0-9]{1,12})?|0+\.0{0,11}[1-9][0-9]{0,11})$")
]
Day = Annotated[date, Field(examples=["2026-03-01"], **_YEARS)]


class ServiceCentreOut(BaseModel):
    """A customer service centre with the administrative districts that it serves."""

    name: str = Field(examples=["North"])
    title: str = Field(examples=["Northern customer service centre"])
    districts: list[str] = Field(examples=[["Almaly"]])


class SiteOut(BaseModel):
    """The place that is heated, and who looks after it; "" is what is not known."""

    id: int = Field(examples=[3])
    code: str = Field(examples=["ABAI-10"])
    name: str = Field(examples=["Abai street 10"])
    address: str = Field(examples=["Almaty, Abai street 10"])
    district: str = Field(examples=["Almaly"])
    service_centre: str = Field(examples=["North"])
    kind: SiteKind = Field(examples=[SiteKind.BUILDING])
    heated_area: Amount | None


class UsagePointOut(BaseModel):
    """Where heat is billed; it outlives its meters. Null and "" are what is not known.

    A month's bill closes at `closing_hour` of `closing_day`, by `zone`; null: as its poll plan says.
    """

    id: int = Field(examples=[17])
    code: str = Field(examples=["UP-0017"])
    name: str = Field(examples=["School 12, boiler room"])
    site_id: int = Field(examples=[3])
    zone: str = Field(examples=["Asia/Almaty"])
    factor_set: str = Field(examples=["exact"])
    billed_quantity: str = Field(examples=["energy_heating"])
    kind: PointKind = Field(examples=[PointKind.BUILDING])
    purpose: Purpose = Field(examples=[Purpose.HEATING])
    contract: str = Field(examples=["1204"])
    account: str = Field(examples=["800123456"])
    consumer: str = Field(examples=["KSK Abai"])
    closing_day: int | None = Field(examples=[25])
    closing_hour: int | None = Field(examples=[0])
    calculated_load: Amount | None
    largest_load: Amount | None
    nominal_diameter: Amount | None
    indoor_temperature: Amount
    design_outdoor_temperature: Amount | None


class PointChangeIn(BaseModel):
    """Billing particulars that change; what is left out stays. Loads in Gcal/h, diameter in mm, °C."""

    model_config = _STRICT

    kind: PointKind = PointKind.BUILDING
    purpose: Purpose = Purpose.HEATING
    contract: LineText = Field("", examples=["1204"])
    account: LineText = Field("", examples=["800123456"])
    consumer: LineText = Field("", examples=["KSK Abai"])
    closing_day: Annotated[StrictInt, Field(ge=1, le=31)] | None = Field(None, examples=[25])
    closing_hour: Annotated[StrictInt, Field(ge=0, le=23)] | None = Field(None, examples=[0])
    calculated_load: Positive | None = Field(None, examples=["0.25"])
    largest_load: Positive | None = Field(None, examples=["0.4"])
    nominal_diameter: Positive | None = Field(None, examples=["50"])
    indoor_temperature: ShortDecimal = Field("20", examples=["20"])
    design_outdoor_temperature: ShortDecimal | None = Field(None, examples=["-20.1"])

    def particulars(self) -> PointParticulars:
        """What was said."""
        return cast(PointParticulars, self.model_dump(exclude_unset=True))


class ComponentIn(BaseModel):
    """A component as it is fitted and verified; `verification_due` is the last day of its validity."""

    model_config = _STRICT

    type: Annotated[LineText, Field(min_length=1, examples=["ПРЭМ-32"])]
    serial: Annotated[LineText, Field(min_length=1, examples=["104512"])]
    until: Day | None = Field(None, description="The day on which it was taken off.")
    seal: LineText = Field("", examples=["A-17"])
    verified_on: Day | None = None
    verification_due: Day | None = None

    def component(self, kind: ComponentKind, since: date) -> StoredComponent:
        """What is stored of it."""
        verified = (self.verified_on, self.verification_due)
        return StoredComponent(
            Component(kind, self.type, self.serial, self.seal, *verified), since, self.until
        )


class ComponentOut(BaseModel):
    """A component that is part of the meter within the days [since, until); null: until now."""

    kind: ComponentKind = Field(examples=[ComponentKind.FLOW_SUPPLY])
    type: str = Field(examples=["ПРЭМ-32"])
    serial: str = Field(examples=["104512"])
    since: Day
    until: Day | None
    seal: str = Field(examples=["A-17"])
    verified_on: Day | None
    verification_due: Day | None


def service_centre_out(one: ServiceCentre) -> ServiceCentreOut:
    return ServiceCentreOut(name=one.name, title=one.title, districts=list(one.districts))


def site_out(site: Site) -> SiteOut:
    return SiteOut(**_columns(site) | {"heated_area": amount(site.heated_area, "m²")})


def usage_point_out(point: UsagePoint) -> UsagePointOut:
    numbers = {
        "calculated_load": amount(point.calculated_load, "Gcal/h"),
        "largest_load": amount(point.largest_load, "Gcal/h"),
        "nominal_diameter": amount(point.nominal_diameter, "mm"),
        "indoor_temperature": known(point.indoor_temperature, "°C"),
        "design_outdoor_temperature": amount(point.design_outdoor_temperature, "°C"),
    }
    return UsagePointOut(**_columns(point) | numbers)


def component_out(stored: StoredComponent) -> ComponentOut:
    one = stored.component
    return ComponentOut(
        kind=one.kind,
        type=one.type,
        serial=one.serial,
        since=stored.since,
        until=stored.until,
        seal=one.seal,
        verified_on=one.verified_on,
        verification_due=one.verification_due,
    )


def _columns(row: Site | UsagePoint) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}
