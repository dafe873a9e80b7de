"""Import: a file is laid over the registry as a whole, or not at all; export: the registry as such a file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from billing.registry_table.checking import Judge, check
from billing.registry_table.columns import MODEM, SUBJECTS
from billing.registry_table.csv_sheets import read_csv
from billing.registry_table.merging import Entry, Merged, merge
from billing.registry_table.reading import ReadSheet, read_sheet
from billing.registry_table.sheets import LARGEST_FILE, MOST_FAULTS, Fault, Sheet
from billing.registry_table.xlsx_sheets import MAGIC, read_xlsx
from metering.errors import ConfigurationError
from storage.pool import Database
from storage.registry_tables import Changes, RegistryTables, Row, Stored, Told, untold

_NO_MODEM: Final = {name: SUBJECTS["lines"].by_name[name].usual for name in MODEM}


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of one sheet: how many were written, and how many of them add, change, or say nothing new."""

    sheet: str
    rows: int
    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a file would do, or did. With any fault nothing is stored.

    `faults`: the first MOST_FAULTS of `faults_in_all`, sheet by sheet and row by row.
    """

    counts: tuple[Counts, ...]
    faults: tuple[Fault, ...] = ()
    faults_in_all: int = 0
    stored: bool = False


class Refused(ConfigurationError):
    """Rows of the file are wrong; nothing was stored."""

    def __init__(self, verdict: Verdict) -> None:
        first = verdict.faults[0]
        place = f"{first.sheet}, row {first.row}" if first.row else first.sheet
        column = f", column {first.column}" if first.column else ""
        super().__init__(
            f"{verdict.faults_in_all} faults, and nothing was stored. The first one: {place}{column}: "
            f"{first.reason}."
        )
        self.verdict = verdict


class RegistryTable:
    """Import and export of the whole registry."""

    def __init__(self, database: Database, judge: Judge) -> None:
        self._tables = RegistryTables(database)
        self._judge = judge

    async def export(self) -> Mapping[str, Sequence[Row]]:
        """Every row by subject, as write_xlsx and write_csv take them."""
        return (await self._tables.read()).tables

    async def examine(self, sheets: Iterable[Sheet]) -> Verdict:
        """What the sheets would do; nothing is stored."""
        stored = await self._tables.read()
        verdict, _ = await asyncio.to_thread(lambda: self._judged(stored, _read(sheets)))
        return verdict

    async def store(self, sheets: Iterable[Sheet], told: Told = untold) -> Verdict:
        """Stores every row of the sheets in one transaction; Refused when one of them is wrong."""
        read = await asyncio.to_thread(_read, sheets)
        verdict = Verdict(())

        def decide(stored: Stored) -> Changes:
            nonlocal verdict
            verdict, changes = self._judged(stored, read)
            if verdict.faults:
                raise Refused(verdict)
            return changes

        await self._tables.change(decide, told)
        return Verdict(verdict.counts, stored=True)

    def _judged(self, stored: Stored, read: Sequence[ReadSheet]) -> tuple[Verdict, Changes]:
        merged, faults = merge(stored, read)
        faults += [fault for sheet in read for fault in sheet.faults]
        faults += check(merged, self._judge)
        counts = tuple(_counts(sheet, merged) for sheet in read if sheet.subject in SUBJECTS)
        if faults:
            return Verdict(counts, tuple(sorted(faults, key=_place)[:MOST_FAULTS]), len(faults)), {}
        return Verdict(counts), {name: list(self._changed(name, merged)) for name in SUBJECTS}

    def _changed(self, subject: str, merged: Merged) -> Iterator[Row]:
        """What stands already comes first: it may make room for what is new."""
        changed = [entry for entry in merged.named(subject) if entry.changes]
        for entry in sorted(changed, key=lambda one: one.was is None):
            yield self._line(entry) if subject == "lines" else entry.row

    def _line(self, entry: Entry) -> Row:
        """With what its URL says, and whether a modem is known at its far end."""
        parts = self._judge.line(entry.row["url"])
        told = any(
            row[name] != usual
            for row in (entry.row, entry.was or {})
            for name, usual in _NO_MODEM.items()
            if row
        )
        return dict(entry.row) | {
            "endpoint": parts.endpoint,
            "pool": parts.pool,
            "has_modem": parts.modem or told,
        }


def sheets_of(name: str, data: bytes) -> list[Sheet]:
    """The sheets of an XLSX workbook, or the one of a CSV file, which is named after its subject.

    ConfigurationError when the file is too large or is neither.
    """
    if len(data) > LARGEST_FILE:
        raise ConfigurationError(f"{name} is larger than {LARGEST_FILE} bytes; split it.")
    return read_xlsx(name, data) if data.startswith(MAGIC) else [read_csv(name, data)]


def _read(sheets: Iterable[Sheet]) -> list[ReadSheet]:
    return [read_sheet(sheet) for sheet in sheets]


def _counts(sheet: ReadSheet, merged: Merged) -> Counts:
    entries = list(merged.named(sheet.subject))
    added = sum(entry.was is None for entry in entries)
    changed = sum(entry.changes for entry in entries) - added
    return Counts(sheet.subject, sheet.written, added, changed, len(entries) - added - changed)


def _place(fault: Fault) -> tuple[int, int]:
    order = list(SUBJECTS)
    return order.index(fault.sheet) if fault.sheet in SUBJECTS else -1, fault.row
