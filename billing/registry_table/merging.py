"""What the registry would be with the rows of a file laid over what stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from billing.registry_table.columns import SUBJECTS, Subject
from billing.registry_table.reading import ReadRow, ReadSheet
from billing.registry_table.sheets import Fault
from storage.registry_tables import Row, Stored

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A row as it would stand; `number` in its sheet, None: the file does not name it. `was`: it stands."""

    row: Row
    number: int | None = None
    was: Row | None = None

    @property
    def changes(self) -> bool:
        """Whether the file adds or changes it."""
        return self.number is not None and self.row != self.was


@dataclass(frozen=True, slots=True)
class Merged:
    """By subject and key, every row as it would stand."""

    tables: Mapping[str, Mapping[Key, Entry]]
    pools: frozenset[str]

    def named(self, subject: str) -> Iterator[Entry]:
        """The rows that the file names."""
        return (entry for entry in self.tables[subject].values() if entry.number is not None)


def merge(stored: Stored, sheets: Iterable[ReadSheet]) -> tuple[Merged, list[Fault]]:
    """With the sheets laid over what stands; and which rows are named twice, or lack what a new one needs."""
    tables = {
        name: {_key(subject, row): Entry(row, was=row) for row in stored.tables.get(name, ())}
        for name, subject in SUBJECTS.items()
    }
    faults: list[Fault] = []
    for sheet in sheets:
        for row in sheet.rows:
            faults += _lay(tables[sheet.subject], SUBJECTS[sheet.subject], row)
    return Merged(tables, stored.pools), faults


def _lay(table: dict[Key, Entry], subject: Subject, read: ReadRow) -> Iterator[Fault]:
    named = {name: read.values.get(name, subject.by_name[name].usual) for name in subject.key}
    key = tuple(named.values())
    before = table.get(key)
    if before is not None and before.number is not None:
        yield Fault(subject.name, read.number, subject.key[-1], f"row {before.number} says this already")
        return
    was = before.was if before else None
    row = (
        {column.name: column.usual for column in subject.columns}
        | dict(was or {})
        | named
        | dict(read.values)
    )
    missing = [one.name for one in subject.columns if one.needed and row[one.name] is one.usual]
    yield from (Fault(subject.name, read.number, name, "a new row needs this column") for name in missing)
    if not missing:
        table[key] = Entry(row, read.number, was)


def _key(subject: Subject, row: Row) -> Key:
    return tuple(row[name] for name in subject.key)
