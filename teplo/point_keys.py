"""What a registry file may tell for billing, by the same names and rules as the sheets of the registry.

[[site]]
kind = "building"                     # or "house"
heated_area = 1844.70                 # square metres
[[site.usage_point]]
kind = "building"                     # or "individual"
purpose = "heating"                   # or "hot_water", "heating_and_hot_water"
contract = "1204"
account = "800123456"
consumer = "KSK Abai"
closing_day = 25                      # with closing_hour: when a month's bill closes
closing_hour = 0
calculated_load = 0.25                # Gcal/h at design_outdoor_temperature
largest_load = 0.4                    # Gcal/h by contract
nominal_diameter = 50                 # millimetres
indoor_temperature = 20
design_outdoor_temperature = -20.1
[[line.meter.component]]
kind = "calculator"
type = "ВКТ-7"
serial = "104512"
since = 2026-01-01                    # until, seal, verified_on and verification_due may be left out

Whatever is left out of a site or usage point stays as it is in the database.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, cast

from billing.registry_table.columns import SUBJECTS
from metering.components import Component, ComponentKind
from metering.errors import ProfileError
from protocols.declaration import Declaration
from storage.components import StoredComponent
from storage.registered import PointParticulars, SiteParticulars

SITE: Final = tuple(SiteParticulars.__annotations__)
POINT: Final = tuple(PointParticulars.__annotations__)
COMPONENT: Final = ("kind", "type", "serial", "since", "until", "seal", "verified_on", "verification_due")


def read_site(table: Declaration) -> SiteParticulars:
    """Of one [[site]], what billing knows."""
    return cast(SiteParticulars, _told(table, "sites", SITE))


def read_point(table: Declaration) -> PointParticulars:
    """Of one [[site.usage_point]], what billing knows."""
    told = _told(table, "usage_points", POINT)
    if ("closing_day" in told) != ("closing_hour" in told):
        raise ProfileError(f"{table.place}: closing_day and closing_hour are both told, or none.")
    return cast(PointParticulars, told)


def read_component(table: Declaration) -> StoredComponent:
    """One [[line.meter.component]]."""
    told = _told(table, "components", COMPONENT)
    table.finish()
    columns = SUBJECTS["components"].by_name
    if missing := [name for name in COMPONENT if columns[name].needed and name not in told]:
        raise ProfileError(f"{table.place}: the key {missing[0]!r} is missing.")
    since, until = told.pop("since"), told.pop("until", None)
    return StoredComponent(Component(**told | {"kind": ComponentKind(told["kind"])}), since, until)


def _told(table: Declaration, subject: str, names: Iterable[str]) -> dict[str, Any]:
    columns, told = SUBJECTS[subject].by_name, {}
    for name in names:
        if name in table:
            written: Any = table.take(name, object)
            try:
                told[name] = columns[name].read(written)
            except ValueError as error:
                raise ProfileError(f"{table.place}: {name} = {written!r}: {error}.") from error
    return told
