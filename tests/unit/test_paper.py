"""What a sheet is on paper: texts are never markup, long tables go on, numbers are written as people do."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from reports.formats import shown
from reports.pdf import images, pdf
from reports.sheet import Cell, Column, Field, Format, Group, Row, Section, Sheet, Signature, Table, Value

MADE = datetime(2026, 2, 1, 9, 30, tzinfo=UTC)
MARKUP = '#panic() $x^2 *bold* _it_ `raw` <label> @ref \\ // /* [ ] { } = "'
HEIGHT_OF_A_PAGE = 1169
"""A4 at 100 dots per inch."""


def of_rows(*rows: Row, columns: tuple[Column, ...]) -> Sheet:
    return Sheet("Title", "ru", MADE, (Section("Rows", table=Table(columns, (Group(rows),))),))


def size(image: bytes) -> tuple[int, int]:
    """Width and height, as the header of a PNG has them."""
    return int.from_bytes(image[16:20], "big"), int.from_bytes(image[20:24], "big")


def test_no_text_is_markup() -> None:
    row = Row((Cell(MARKUP),))
    table = Table((Column(MARKUP, MARKUP),), (Group((row,), MARKUP, (row,)),), (row,))
    section = Section(MARKUP, (MARKUP,), (Field(MARKUP, Cell(MARKUP), MARKUP),), table)
    fields, signatures = (Field(MARKUP, Cell(MARKUP)),), (Signature(MARKUP, MARKUP),)
    made = Sheet(MARKUP, "kk", MADE, (section,), MARKUP, fields, (MARKUP,), signatures)
    assert pdf(made).startswith(b"%PDF-")
    assert pdf(made) == pdf(made)


def test_the_hours_of_a_month_go_on_over_pages() -> None:
    columns = (Column("Hour"), Column("Q", "Gcal", Format.NUMBER, places=3))
    rows = [Row((Cell(str(hour)), Cell(Decimal(hour) / 8))) for hour in range(744)]
    many = images(of_rows(*rows, columns=columns))
    assert len(many) > 5
    assert {size(page)[1] for page in many} == {HEIGHT_OF_A_PAGE}
    assert len(images(of_rows(*rows[:10], columns=columns))) == 1


def test_an_identifier_longer_than_its_column_is_broken_into_lines() -> None:
    """Else it would be written over the next column; the sheet grows by the lines it needs."""

    def pages(text: str) -> int:
        columns = (Column("Code", format=Format.CODE, width=10), Column("Next", width=90))
        return len(images(of_rows(*[Row((Cell(text), Cell("x")))] * 40, columns=columns), resolution=20))

    assert pages("7" * 10) == 1 < pages("7" * 120)


def test_a_table_without_rows_is_a_sheet_too() -> None:
    assert len(images(of_rows(columns=(Column("A"), Column("B"))))) == 1
    assert len(images(Sheet("Title", "en", MADE, ()))) == 1


@pytest.mark.parametrize(
    ("value", "places", "english", "russian"),
    [
        (None, 3, "", ""),
        (Decimal(0), 3, "0.000", "0,000"),
        (Decimal("0.0005"), 3, "0.001", "0,001"),
        (Decimal("-0.0004"), 3, "0.000", "0,000"),
        (Decimal("-12.345"), 2, "−12.35", "−12,35"),
        (Decimal("1234567.8"), 1, "1\u202f234\u202f567.8", "1\u202f234\u202f567,8"),
        (1234, 0, "1\u202f234", "1\u202f234"),
        (date(2026, 1, 31), 0, "2026-01-31", "31.01.2026"),
        (datetime(2026, 1, 31, 15, 30), 0, "2026-01-31 15:30", "31.01.2026 15:30"),
        ("=1+1", 3, "=1+1", "=1+1"),
    ],
    ids=str,
)
def test_a_value_is_written_as_its_language_does(
    value: Value, places: int, english: str, russian: str
) -> None:
    written = [shown(value, language, Format.NUMBER, places) for language in ("en", "ru", "kk")]
    assert written == [english, russian, russian]
