"""What a column of an archive, or a parameter, measures: by its ordinal (logika-spbus.md section 4).

Ordinals from 100 on belong to pipes, from 300 on to groups of consumers. Which pipe is the supply of which
heat input is a setting that no reference places, so it is the line's choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from metering.calendar import ArchiveKind
from metering.errors import DecodeError, UnitError
from metering.quantities import QUANTITIES
from metering.readings import Absence, MeterValue
from metering.units import check_unit
from protocols.vendor.logika_spbus.records import Record, number, whole, with_units

FIRST_PIPE, FIRST_GROUP = 100, 300
SEPARATOR: Final = "; "

PAIRS, TRIPLES = "pairs", "triples"
PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    PAIRS: ("supply", "return"),
    TRIPLES: ("supply", "return", "make_up"),
}
"""What the pipes of a heat input are, in the order of their numbers."""

MEANINGS: Final[Mapping[int, str]] = {
    82: "temperature_outdoor",
    90: "operating_time",
    195: "volume_flow",
    200: "temperature",
    205: "pressure",
    210: "mass",
    220: "volume",
    400: "mass_make_up",
    405: "energy_heating",
}
"""By the ordinal of the hour archive; pipes without their place. Day is one more, month two or three."""

SPELLINGS: Final[Mapping[str, str]] = {"'C": "°C", "°C": "°C", "'С": "°C", "кг/см2": "kgf/cm2"}
"""Units as these devices write them, where no other maker does."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an archive: channel, ordinal and unit."""

    channel: int
    ordinal: int
    unit: str

    def __str__(self) -> str:
        return f"{self.channel}:{self.ordinal}:{self.unit}"


def described(records: Iterable[Record]) -> tuple[Column, ...]:
    """The columns of a description; DecodeError when it is none."""
    columns, unit = [], ""
    for record in records:
        channel, ordinal = (whole(field) for field in (*record, "", "", "", "")[2:4])
        if channel is None or ordinal is None:
            raise DecodeError(
                f"{record!r} describes no column: name, unit, channel and ordinal are expected."
            )
        unit = record[1] or unit
        columns.append(Column(channel, ordinal, unit))
    return tuple(columns)


def written(columns: Iterable[Column]) -> str:
    """Columns as one setting's text."""
    return SEPARATOR.join(map(str, columns))


def read_back(setting: str) -> tuple[Column, ...]:
    """The columns of such a text."""
    parts = (column.split(":", 2) for column in setting.split(SEPARATOR) if column)
    return tuple(Column(int(channel), int(ordinal), unit) for channel, ordinal, unit in parts)


def offset(kind: ArchiveKind, month: int) -> int:
    """What is added to an ordinal of the hour archive; `month` is the model's own."""
    return {ArchiveKind.DAY: 1, ArchiveKind.MONTH: month}.get(kind, 0)


def quantity_of(meaning: str, ordinal: int, channel: int, pipes: str) -> tuple[str, int]:
    """The quantity and its circuit."""
    if ordinal < FIRST_PIPE:
        return meaning, 1
    if ordinal >= FIRST_GROUP:
        return meaning, channel
    places = PLACES[pipes]
    circuit, place = divmod(channel - 1, len(places))
    return f"{meaning}_{places[place]}", circuit + 1


def values(
    columns: Iterable[Column], fields: Iterable[str], meanings: Mapping[int, str], shift: int, pipes: str
) -> Iterator[MeterValue]:
    """The values of those columns that are quantities; of two for the same the first."""
    seen = set()
    for column, field in zip(columns, fields, strict=True):
        meaning = meanings.get(column.ordinal - shift)
        if meaning is None or (column.ordinal >= FIRST_PIPE and column.channel < 1):
            continue
        key = name, circuit = quantity_of(meaning, column.ordinal, column.channel, pipes)
        if name in QUANTITIES and key not in seen:
            seen.add(key)
            yield _value(name, circuit, column.unit, field)


def _value(name: str, circuit: int, written: str, field: str) -> MeterValue:
    """A field without a value may come without a unit, or with the one of its neighbour.

    A unit that nobody knows costs this value alone, not its record.
    """
    quantity, found = QUANTITIES[name], number(field)
    unit = SPELLINGS.get(written, written)
    if quantity.canonical_unit == "K" and unit == "°C":
        unit = "K"
    try:
        check_unit(unit, quantity)
    except UnitError:
        unit, found = quantity.canonical_unit, found if isinstance(found, Absence) else Absence.NOT_DECODED
    if isinstance(found, Absence):
        return MeterValue(quantity, unit, None, found, circuit)
    return MeterValue(quantity, unit, found, None, circuit)


def fields_with_units(
    asked: Iterable[tuple[int, int]], records: Iterable[Record]
) -> tuple[list[Column], list[str]]:
    """What parameters were answered, as columns and their fields."""
    answered = with_units(records)
    columns = [
        Column(channel, ordinal, unit) for (channel, ordinal), (_, unit) in zip(asked, answered, strict=True)
    ]
    return columns, [field for field, _ in answered]
