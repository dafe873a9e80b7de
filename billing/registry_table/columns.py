"""Which sheets the registry has, and what stands in their columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from billing.registry_table import cells
from billing.registry_table.cells import Reader
from metering.components import ComponentKind
from metering.quantities import REGISTERS
from metering.units import PUBLISHED
from storage.registered import PointKind, Purpose, SiteKind

LAST_FIRST_DAY: Final = 28
"""Every month has it: on it the month of a SIM's plan may begin."""
MOST_BYTES: Final = 10**15


class _Needed:
    """Where a value must be written: there is none that would be usual."""


NEEDED: Final = _Needed()


@dataclass(frozen=True, slots=True)
class Column:
    """`usual`: what an empty cell means, and what a new row has where the sheet lacks the column."""

    name: str
    read: Reader = cells.text
    usual: Any = NEEDED

    @property
    def needed(self) -> bool:
        """Whether no cell of it may be empty."""
        return self.usual is NEEDED


@dataclass(frozen=True, slots=True)
class Subject:
    """A sheet; the columns of `key` together name a row, and every sheet has them."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def by_name(self) -> Mapping[str, Column]:
        """Its columns."""
        return {column.name: column for column in self.columns}


_AREA: Final = Column("heated_area", cells.above_zero, None)
_METER: Final = (Column("meter_model"), Column("meter_serial", cells.number_text))

_SUBJECTS: Final = (
    Subject("service_centres", ("name",), (Column("name"), Column("title", usual=""))),
    Subject("districts", ("service_centre", "name"), (Column("service_centre"), Column("name"))),
    Subject(
        "sites",
        ("code",),
        (
            *(Column("code"), Column("name"), Column("address", usual="")),
            Column("kind", cells.one_of(SiteKind), SiteKind.BUILDING.value),
            *(Column("service_centre", usual=""), Column("district", usual=""), _AREA),
        ),
    ),
    Subject(
        "usage_points",
        ("code",),
        (
            *(Column("code"), Column("site"), Column("name"), Column("zone", cells.zone)),
            Column("factor_set", cells.one_of(PUBLISHED), "exact"),
            Column("billed_quantity", cells.one_of(REGISTERS), "energy_heating"),
            Column("kind", cells.one_of(PointKind), PointKind.BUILDING.value),
            Column("purpose", cells.one_of(Purpose), Purpose.HEATING.value),
            Column("contract", cells.number_text, ""),
            Column("account", cells.number_text, ""),
            Column("consumer", usual=""),
            Column("closing_day", cells.whole(1, 31), None),
            Column("closing_hour", cells.whole(0, 23), None),
            Column("calculated_load", cells.above_zero, None),
            Column("largest_load", cells.above_zero, None),
            Column("nominal_diameter", cells.above_zero, None),
            Column("indoor_temperature", cells.decimal, Decimal(20)),
            Column("design_outdoor_temperature", cells.decimal, None),
        ),
    ),
    Subject(
        "lines",
        ("url",),
        (
            *(Column("url"), Column("collector", usual=None), Column("modem_site", usual="")),
            *(Column(name, cells.number_text, "") for name in ("phone", "imei", "iccid")),
            Column("operator", usual=""),
            Column("allowance", cells.whole(0, MOST_BYTES), None),
            Column("month_starts_on", cells.whole(1, LAST_FIRST_DAY), 1),
        ),
    ),
    Subject(
        "meters",
        ("model", "serial"),
        (
            *(Column("model"), Column("serial", cells.number_text), Column("line")),
            *(Column("address", usual=""), Column("zone", cells.zone)),
            Column("polled", cells.yes_or_no, True),
        ),
    ),
    Subject(
        "components",
        ("meter_model", "meter_serial", "kind", "since"),
        (
            *(*_METER, Column("kind", cells.one_of(ComponentKind)), Column("since", cells.day)),
            *(Column("until", cells.day, None), Column("type"), Column("serial", cells.number_text)),
            *(Column("seal", cells.number_text, ""), Column("verified_on", cells.day, None)),
            Column("verification_due", cells.day, None),
        ),
    ),
    Subject(
        "installations",
        ("usage_point", "circuit", "installed_at"),
        (
            *(Column("usage_point"), Column("circuit", cells.whole(1, 99), 1)),
            *(Column("installed_at", cells.instant), Column("removed_at", cells.instant, None), *_METER),
        ),
    ),
)

SUBJECTS: Final[Mapping[str, Subject]] = MappingProxyType({one.name: one for one in _SUBJECTS})
"""By name, in the order in which one needs the other; the same names as storage.registry_tables has."""
MODEM: Final = ("modem_site", "phone", "imei", "iccid", "operator", "allowance", "month_starts_on")
"""The columns of a line that tell of the modem at its far end."""
