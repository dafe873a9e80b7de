"""Which parameter is which quantity: the task program of each site decides, a map says it.

    title = "..."
    [[value]]                       # current values and counters: 32-bit floats
    quantity = "energy_heating"
    address = 0x8003
    unit = "Gcal"
    circuit = 1                     # optional
    [[archive]]                     # the amounts or means of a slot in arrays indexed by calendar time
    kind = "hour"                   # hour, day, month
    cells = 1536                    # hour 384, 768, 1536; day 366; month 12, 48
    [[archive.value]]               # like [[value]]

Adding a file to the folder maps adds a word to the line's choice `tekon.map`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from metering.calendar import ArchiveKind
from metering.errors import ProfileError, UnitError
from metering.quantities import QUANTITIES, Quantity
from metering.units import check_unit
from protocols.declaration import Declaration, parse
from protocols.vendor.tekon.cells import SIZES

_FOLDER: Final = "maps"
_SUFFIX: Final = ".toml"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quantity stands: a parameter's address, or that of an array."""

    quantity: Quantity
    circuit: int
    address: int
    unit: str


@dataclass(frozen=True, slots=True)
class Archive:
    """One kind of archive: an array of so many cells for each of its quantities."""

    kind: ArchiveKind
    cells: int
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class SiteMap:
    """What the task program of a site has where."""

    name: str
    title: str
    places: tuple[Place, ...]
    archives: Mapping[ArchiveKind, Archive]


def names() -> tuple[str, ...]:
    """The maps of the folder."""
    found = (entry.name for entry in files(__package__).joinpath(_FOLDER).iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in found if name.endswith(_SUFFIX)))


@cache
def load(name: str) -> SiteMap:
    """The map of this name; ProfileError, naming the place, when it is wrong."""
    text = files(__package__).joinpath(_FOLDER, name + _SUFFIX).read_text(encoding="utf-8")
    return read(text, name)


def read(text: str, name: str) -> SiteMap:
    """The map of this text."""
    root = parse(text, f"Tekon map {name}")
    archives = [_archive(table) for table in root.tables("archive")]
    site = SiteMap(
        name, root.take("title", str), _places(root), {archive.kind: archive for archive in archives}
    )
    root.finish()
    return site


def _archive(table: Declaration) -> Archive:
    kind = table.word("kind", ArchiveKind)
    archive = Archive(kind, table.take("cells", int), _places(table))
    table.finish()
    if archive.cells not in SIZES.get(kind, ()):
        known = " or ".join(str(cells) for cells in SIZES.get(kind, ())) or "no"
        raise ProfileError(f"{table.place}: a {kind} array has {known} cells, not {archive.cells}.")
    return archive


def _places(table: Declaration) -> tuple[Place, ...]:
    return tuple(_place(each) for each in table.tables("value"))


def _place(table: Declaration) -> Place:
    name = table.one_of("quantity", "", QUANTITIES)
    place = Place(
        QUANTITIES[name], table.take_or("circuit", 1), table.take("address", int), table.take("unit", str)
    )
    table.finish()
    if not 0 <= place.address <= 0xFFFF:
        raise ProfileError(f"{table.place}: an address has two bytes, not {place.address:X}.")
    try:
        check_unit(place.unit, place.quantity)
    except UnitError as error:
        raise ProfileError(f"{table.place}: {error}") from error
    return place
