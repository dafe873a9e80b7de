"""What stands in a workbook when another program opens it: numbers are numbers, texts are never formulas."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import openpyxl
import pytest

from reports.sheet import Cell, Column, Field, Format, Group, Mark, Row, Section, Sheet, Table
from reports.xlsx import xlsx

MADE = datetime(2026, 2, 1, 9, 30, tzinfo=UTC)
LIKE_FORMULAS = ("=1+1", "+7 701", "-5", "@SUM(A1)", "http://x.example", "\t=1", "{=1}", "=HYPERLINK(1)")


def sheet(*rows: Row, columns: tuple[Column, ...] = (Column("A"),), **more: Any) -> Sheet:
    table = Table(columns, (Group(rows),))
    return Sheet("Title", more.pop("language", "en"), MADE, (Section(table=table),), **more)


def opened(made: Sheet) -> Any:
    return openpyxl.load_workbook(BytesIO(xlsx(made))).active


def column_of(page: Any) -> list[Any]:
    """The cells of the first column below its heading."""
    cells = [row[0] for row in page.iter_rows()]
    heading = next(number for number, cell in enumerate(cells) if cell.value == "A")
    return cells[heading + 1 :]


@pytest.mark.parametrize("text", LIKE_FORMULAS)
def test_a_text_stays_a_text(text: str) -> None:
    made = sheet(Row((Cell(text),)), fields=(Field(text, Cell(text)),), subtitle=text, notes=(text,))
    cells = [cell for row in opened(made).iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
    assert sum(text.strip() == str(cell.value).strip() for cell in cells) == 5
    assert not any(cell.hyperlink for cell in cells)


@pytest.mark.parametrize("written", ["0", "0.000", "96.594231", "-12.5", "123456789.012345", "1000000"])
def test_a_number_is_the_same_number(written: str) -> None:
    page = opened(
        sheet(Row((Cell(Decimal(written)),)), columns=(Column("A", format=Format.NUMBER, places=3),))
    )
    cell = column_of(page)[0]
    assert cell.data_type == "n"
    assert Decimal(str(cell.value)) == Decimal(written)


@pytest.mark.parametrize("written", ["1234567890.1234567", "0.1234567890123456", "NaN"])
def test_a_number_that_a_spreadsheet_would_round_stays_whole(written: str) -> None:
    assert column_of(opened(sheet(Row((Cell(Decimal(written)),)))))[0].value == written


def test_absence_is_an_empty_cell_and_zero_is_not() -> None:
    page = opened(sheet(Row((Cell(None, Mark.GAP),)), Row((Cell(Decimal(0)),))))
    assert [cell.value for cell in column_of(page)[:2]] == [None, 0]


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_days_and_moments_are_dates_in_every_language(language: str) -> None:
    rows = (Row((Cell(date(2026, 1, 31)),)), Row((Cell(datetime(2026, 1, 31, 15, 30)),)))
    page = opened(sheet(*rows, columns=(Column("A", format=Format.MOMENT),), language=language))
    day, moment = column_of(page)[:2]
    assert day.is_date and moment.is_date
    assert (day.value.date(), moment.value) == (date(2026, 1, 31), datetime(2026, 1, 31, 15, 30))


def test_the_hours_of_a_month_are_all_there() -> None:
    first = datetime(2026, 1, 1)
    rows = tuple(
        Row((Cell(first + timedelta(hours=number)), Cell(Decimal(number) / 8))) for number in range(744)
    )
    columns = (Column("A", format=Format.MOMENT), Column("Q", "Gcal", Format.NUMBER, places=3))
    read = [(row[0], row[1]) for row in opened(sheet(*rows, columns=columns)).iter_rows(values_only=True)]
    hours = [(at, value) for at, value in read if isinstance(at, datetime)]
    assert hours == [(first + timedelta(hours=number), number / 8) for number in range(744)]


@pytest.mark.parametrize("text", ["a\x00b", "a\x0bb", "a\ud800b", "\x1b[31mred"])
def test_signs_that_no_workbook_takes_are_left_out(text: str) -> None:
    assert column_of(opened(sheet(Row((Cell(text),)))))[0].value.startswith(("a", "["))


def test_the_same_sheet_is_the_same_file() -> None:
    assert xlsx(sheet(Row((Cell("x"),)))) == xlsx(sheet(Row((Cell("x"),))))
