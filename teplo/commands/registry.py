"""`teplo registry`: the registry as sheets, written for people to edit and taken over from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from billing.registry_table.columns import SUBJECTS
from billing.registry_table.csv_sheets import write_csv
from billing.registry_table.importing import Refused, RegistryTable, Verdict, sheets_of
from billing.registry_table.sheets import LARGEST_FILE, Sheet
from billing.registry_table.xlsx_sheets import write_xlsx
from metering.errors import ConfigurationError
from storage.registry_tables import Row
from teplo.command_group import command_group
from teplo.composition import texts
from teplo.operators import named_or_user
from teplo.progress import counting
from teplo.registry_judge import judge
from teplo.texts import Translate
from teplo.with_database import with_database

By = Annotated[str, typer.Option(help="Who changes it; it stands in the journal.", callback=named_or_user)]

registry = command_group("registry", "The registry as sheets: export and import.")


@registry.command(name="export")
def export_registry(
    path: Annotated[Path, typer.Argument(help="A workbook FILE.xlsx, or a folder for CSV files.")],
) -> None:
    """Write the whole registry; importing it again changes nothing."""
    tables = with_database(lambda one: RegistryTable(one, judge()).export())
    _write(path, tables)
    _ = texts()
    rows = sum(len(rows) for rows in tables.values())
    print(_("{rows} rows written to {path}").format(rows=rows, path=path))


@registry.command(name="import")
def import_registry(
    path: Annotated[Path, typer.Argument(help="A workbook, a CSV file named as its sheet, or a folder.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would become of it.")] = False,
    by: By = "",
) -> None:
    """Take over sheets: all rows or, where one is wrong, none; every bad row is told with its reason."""
    sheets, _ = _sheets(path), texts()
    verdict = with_database(lambda one: _import(RegistryTable(one, judge()), sheets, dry_run, _), by)
    _print(verdict, _)
    if verdict.faults:
        raise typer.Exit(2)


async def _import(table: RegistryTable, sheets: Sequence[Sheet], dry_run: bool, _: Translate) -> Verdict:
    if dry_run:
        return await table.examine(sheets)
    with counting() as progress:
        try:
            return await _store(table, sheets, progress, _)
        except Refused as refused:
            return refused.verdict


async def _store(table: RegistryTable, sheets: Sequence[Sheet], progress: Progress, _: Translate) -> Verdict:
    """Rows that say nothing new are done before the first one is stored."""
    total = sum(len(sheet.rows) for sheet in sheets)
    task = progress.add_task(_("rows"), total=total)
    verdict = await table.store(sheets, lambda subject, rows: progress.advance(task, rows))
    progress.update(task, completed=total)
    return verdict


def _sheets(path: Path) -> list[Sheet]:
    files = [one for one in sorted(path.iterdir()) if one.stem in SUBJECTS] if path.is_dir() else [path]
    if not files:
        raise ConfigurationError(f"{path} holds no file named after a sheet: {', '.join(SUBJECTS)}.")
    return [sheet for file in files for sheet in sheets_of(file.stem, _data(file))]


def _data(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error}.") from error


def _write(path: Path, tables: Mapping[str, Sequence[Row]]) -> None:
    try:
        if path.suffix.lower() == ".xlsx":
            path.write_bytes(write_xlsx(tables))
            return
        path.mkdir(parents=True, exist_ok=True)
        for name, subject in SUBJECTS.items():
            (path / f"{name}.csv").write_bytes(write_csv(subject, tables[name]))
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error}.") from error


def _print(verdict: Verdict, _: Translate) -> None:
    console = Console(highlight=False)
    if verdict.faults:
        faults = Table(
            _("sheet"), _("row"), _("column"), _("reason"), box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0)
        )
        for one in verdict.faults:
            faults.add_row(one.sheet, str(one.row or ""), one.column, one.reason)
        console.print(faults)
        print(_("{count} faults; nothing was stored.").format(count=verdict.faults_in_all))
        return
    sheets = Table(_("sheet"), _("added"), _("changed"), _("unchanged"), box=box.SIMPLE_HEAD)
    for counts in verdict.counts:
        sheets.add_row(counts.sheet, str(counts.added), str(counts.changed), str(counts.unchanged))
    console.print(sheets)
    print(_("stored") if verdict.stored else _("checked; nothing was stored"))
