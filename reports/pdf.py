"""A sheet as PDF.

The template is fixed and is handed the sheet as JSON, so that no text in it can be taken for markup. The
fonts come with the program: nothing is fetched, and a sheet looks the same on every computer.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

import fontpkg_pt_sans
import typst

from metering.errors import ConfigurationError
from reports.formats import printable, shown
from reports.sheet import Cell, Column, Field, Format, Group, Mark, Row, Section, Sheet, Table

_AT_THE_RIGHT: Final = (Format.NUMBER,)
_DASH: Final = "—"


def pdf(sheet: Sheet) -> bytes:
    """The same bytes for the same sheet."""
    made_at = int(sheet.made_at.timestamp())
    return _one_file(
        typst.compile(
            _template(), font_paths=_fonts(), timestamp=made_at, pdf_tags=False, sys_inputs=_inputs(sheet)
        )
    )


def images(sheet: Sheet, resolution: float = 100) -> list[bytes]:
    """Each page as PNG, as the PDF shows it; `resolution` in dots per inch."""
    compiled = typst.compile(
        _template(), font_paths=_fonts(), format="png", ppi=resolution, sys_inputs=_inputs(sheet)
    )
    return [_one_file(compiled)] if isinstance(compiled, bytes) else list(compiled or [])


def _one_file(compiled: bytes | list[bytes] | None) -> bytes:
    if not isinstance(compiled, bytes):
        raise ConfigurationError("The typesetter gave no file: is the package typst of the right version?")
    return compiled


@cache
def _template() -> bytes:
    return resources.files("reports").joinpath("sheet.typ").read_bytes()


@cache
def _fonts() -> typst.Fonts:
    folder = Path(fontpkg_pt_sans.__file__).parent / "files"
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(folder)])


def _inputs(sheet: Sheet) -> dict[str, str]:
    return {"sheet": json.dumps(_sheet(sheet), ensure_ascii=False)}


def _sheet(sheet: Sheet) -> dict[str, object]:
    return {
        "title": printable(sheet.title),
        "subtitle": printable(sheet.subtitle),
        "language": sheet.language,
        "made": sheet.made.format(at=shown(sheet.made_at, sheet.language)),
        "page": sheet.page,
        "landscape": sheet.orientation == "landscape",
        "fields": [_field(one, sheet.language) for one in sheet.fields],
        "sections": [_section(one, sheet.language) for one in sheet.sections],
        "notes": [printable(note) for note in sheet.notes],
        "signatures": [[printable(one.role), printable(one.name)] for one in sheet.signatures],
    }


def _section(section: Section, language: str) -> dict[str, object]:
    return {
        "heading": printable(section.heading),
        "paragraphs": [printable(text) for text in section.paragraphs],
        "fields": [_field(one, language) for one in section.fields],
        "table": None if section.table is None else _table(section.table, language),
    }


def _field(field: Field, language: str) -> dict[str, str]:
    text = shown(field.value.value, language, field.format, field.places)
    unit = f" {field.unit}" if field.unit and text else ""
    return {
        "label": printable(field.label),
        "text": printable(text + unit),
        "mark": field.value.mark.value,
        "format": field.format.value,
    }


def _table(table: Table, language: str) -> dict[str, object]:
    return {
        "columns": [_column(one) for one in table.columns],
        "groups": [_group(one, table.columns, language) for one in table.groups],
        "sums": [_row(one, table.columns, language) for one in table.sums],
    }


def _column(column: Column) -> dict[str, object]:
    return {
        "heading": printable(column.heading),
        "unit": printable(column.unit),
        "width": column.width,
        "right": column.format in _AT_THE_RIGHT,
        "format": column.format.value,
    }


def _group(group: Group, columns: tuple[Column, ...], language: str) -> dict[str, object]:
    return {
        "heading": printable(group.heading),
        "rows": [_row(one, columns, language) for one in group.rows],
        "sums": [_row(one, columns, language) for one in group.sums],
    }


def _row(row: Row, columns: tuple[Column, ...], language: str) -> list[list[str]]:
    return [_cell(cell, column, language) for cell, column in zip(row.cells, columns, strict=True)]


def _cell(cell: Cell, column: Column, language: str) -> list[str]:
    text = shown(cell.value, language, column.format, column.places)
    missing = _DASH if cell.mark is Mark.GAP and not text else ""
    doubt = "*" if cell.mark is Mark.DOUBTFUL else ""
    return [printable(text) + missing + doubt, cell.mark.value]
