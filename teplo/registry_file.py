"""A registry file: what hangs on which line, and what is billed by it. Any key not named here is refused.

zone = "Asia/Almaty"                      # of every meter and usage point that names none
[[site]]
code = "ABAI-10"
name = "Abai street 10"
address = "Almaty, Abai street 10"        # optional
district = "Almaly"                       # optional, as is service_centre: whose engineers look after it
kind = "building"                         # optional, as is heated_area in square metres: see point_keys.py
[[site.usage_point]]
code = "ABAI-10-1"
name = "boiler room"
factor_set = "exact"                      # optional: exact | kyivenergo
billed_quantity = "energy_heating"        # optional
contract = "1204"                         # optional, and more that billing knows: see point_keys.py
[site.usage_point.plan]                   # optional, see metering/plan_settings.py
hour.depth = 1080
[[line]]
url = "tcp://10.0.0.5:4001"
collector = "cellar"                      # optional: the only collector that can open it
[line.modem]                              # optional, see modem_file.py, as are the [[pool]]s
[[line.meter]]
serial = "06855817"
model = "kamstrup-multical-601"
address = "1"
[[line.meter.component]]                  # optional: see point_keys.py
kind = "calculator"
type = "ВКТ-7"
serial = "104512"
since = 2026-01-01
[[line.meter.measures]]
usage_point = "ABAI-10-1"
circuit = 1                               # optional
since = 2026-01-01T00:00:00+05:00
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from collector.links.url import LineUrl
from metering.calendar import MeterZone
from metering.errors import ConfigurationError, ProfileError
from metering.plan_settings import checked
from metering.quantities import QUANTITIES, Behaviour
from metering.units import PUBLISHED
from metering.written_settings import SettingValue
from protocols.declaration import LARGEST, Declaration, parse
from storage.components import StoredComponent
from storage.registered import PointParticulars, SiteParticulars
from teplo.addresses import check_address
from teplo.bounded_file import text_of
from teplo.modem_file import Particulars, PoolPlan, read_particulars, read_pool
from teplo.point_keys import read_component, read_point, read_site

REGISTERS = tuple(one.name for one in QUANTITIES.values() if one.behaviour is Behaviour.REGISTER)


@dataclass(frozen=True, slots=True)
class PointPlan:
    """A usage point to be registered."""

    code: str
    name: str
    zone: str
    factor_set: str
    billed_quantity: str
    plan: Mapping[str, SettingValue] | None
    """Settings of its poll plan; None: what stands in the database stays."""
    particulars: PointParticulars
    """What billing knows; what is not named stays as it stands in the database."""


@dataclass(frozen=True, slots=True)
class SitePlan:
    """A site with its usage points."""

    code: str
    name: str
    address: str
    district: str
    service_centre: str
    particulars: SiteParticulars
    points: tuple[PointPlan, ...]


@dataclass(frozen=True, slots=True)
class Measures:
    """A meter's circuit measures a usage point since this instant."""

    usage_point: str
    circuit: int
    since: datetime


@dataclass(frozen=True, slots=True)
class MeterPlan:
    """A meter to be registered on its line."""

    serial: str
    model: str
    address: str
    zone: str
    measures: tuple[Measures, ...]
    components: tuple[StoredComponent, ...] = ()
    polled: bool = True


@dataclass(frozen=True, slots=True)
class LinePlan:
    """A line with its meters."""

    url: LineUrl
    collector: str | None
    modem: Particulars | None
    meters: tuple[MeterPlan, ...]


@dataclass(frozen=True, slots=True)
class Registration:
    """A whole registry file, checked."""

    sites: tuple[SitePlan, ...]
    pools: tuple[PoolPlan, ...]
    lines: tuple[LinePlan, ...]

    @property
    def meters(self) -> int:
        """How many meters the file holds."""
        return sum(len(line.meters) for line in self.lines)


def load(path: Path) -> Registration:
    """The registry of this file; ConfigurationError for what can be seen without a database."""
    text = text_of(path, LARGEST)
    try:
        return read(text, path.name)
    except ProfileError as error:
        raise ConfigurationError(f"The registry file is wrong. {error}") from error


def read(text: str, name: str) -> Registration:
    """The registry of this text."""
    root = parse(text, f"registry {name}")
    zone = root.take_or("zone", "")
    registration = Registration(
        tuple(_site(table, zone) for table in root.tables("site")),
        tuple(read_pool(table) for table in root.tables("pool")),
        tuple(_line(table, zone) for table in root.tables("line")),
    )
    root.finish()
    _check_points(registration, root.place)
    _check_endpoints(registration, root.place)
    return registration


def _site(table: Declaration, zone: str) -> SitePlan:
    site = SitePlan(
        table.take("code", str),
        table.take("name", str),
        table.take_or("address", ""),
        table.take_or("district", ""),
        table.take_or("service_centre", ""),
        read_site(table),
        tuple(_point(point, zone) for point in table.tables("usage_point")),
    )
    table.finish()
    return site


def _point(table: Declaration, zone: str) -> PointPlan:
    point = PointPlan(
        code=table.take("code", str),
        name=table.take("name", str),
        zone=_zone(table, zone),
        factor_set=table.one_of("factor_set", "exact", PUBLISHED),
        billed_quantity=table.one_of("billed_quantity", "energy_heating", REGISTERS),
        plan=_plan(table.take("plan", dict), table.place) if "plan" in table else None,
        particulars=read_point(table),
    )
    table.finish()
    return point


def _plan(written: Mapping[str, object], place: str) -> Mapping[str, SettingValue]:
    """`hour.depth = 1` is a table within a table."""
    groups = {name: group for name, group in written.items() if isinstance(group, dict)}
    settings = {name: value for name, value in written.items() if name not in groups}
    settings |= {f"{name}.{last}": value for name, group in groups.items() for last, value in group.items()}
    try:
        return checked(settings)
    except ConfigurationError as error:
        raise ProfileError(f"{place}, [plan]: {error}") from error


def _line(table: Declaration, zone: str) -> LinePlan:
    url = LineUrl.parse(table.take("url", str))
    line = LinePlan(
        url,
        table.take_or("collector", "") or None,
        read_particulars(table.table("modem")) if "modem" in table else None,
        tuple(_meter(meter, zone, polled=not url.pushes) for meter in table.tables("meter")),
    )
    table.finish()
    return line


def _meter(table: Declaration, zone: str, *, polled: bool) -> MeterPlan:
    meter = MeterPlan(
        serial=table.take("serial", str),
        model=table.take("model", str),
        address=table.take("address", str),
        zone=_zone(table, zone),
        measures=tuple(_measures(one) for one in table.tables("measures")),
        components=tuple(read_component(one) for one in table.tables("component")),
        polled=polled,
    )
    table.finish()
    check_address(meter.model, meter.address)
    return meter


def _measures(table: Declaration) -> Measures:
    measured = Measures(
        table.take("usage_point", str), table.take_or("circuit", 1), table.take("since", datetime)
    )
    table.finish()
    if measured.since.tzinfo is None:
        raise ProfileError(f"{table.place}: since needs a zone: write 2026-01-01T00:00:00+05:00.")
    return measured


def _zone(table: Declaration, default: str) -> str:
    name = table.take_or("zone", default)
    if not name:
        raise ProfileError(f'{table.place}: no zone; write zone = "Asia/Almaty" here or at the top.')
    return MeterZone(name).name


def _check_points(registration: Registration, place: str) -> None:
    known = {point.code for site in registration.sites for point in site.points}
    named = {
        one.usage_point for line in registration.lines for meter in line.meters for one in meter.measures
    }
    if unknown := sorted(named - known):
        raise ProfileError(f"{place}: no [[site.usage_point]] has the code {', '.join(unknown)}.")


def _check_endpoints(registration: Registration, place: str) -> None:
    seen: dict[str, str] = {}
    for line in registration.lines:
        other = seen.setdefault(line.url.endpoint, line.url.text)
        if other != line.url.text:
            raise ProfileError(
                f"{place}: the lines {other} and {line.url.text} are on one endpoint, {line.url.endpoint}: "
                "one wire has one talker. Put the meters of both on one [[line]]."
            )
