"""Sheets of the registry: read as people write them, checked as a whole, every bad row told of."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from billing.registry_table import cells
from billing.registry_table.checking import Judge, LineParts, check
from billing.registry_table.columns import SUBJECTS
from billing.registry_table.csv_sheets import read_csv, write_csv
from billing.registry_table.importing import sheets_of
from billing.registry_table.merging import merge
from billing.registry_table.reading import read_sheet
from billing.registry_table.sheets import LARGEST_FILE, MOST_ROWS, Fault, Sheet
from billing.registry_table.xlsx_sheets import read_xlsx, write_xlsx
from metering.errors import ConfigurationError
from storage import registry_tables
from storage.registry_tables import Row, Stored

SINCE = datetime(2025, 12, 31, 19, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
SITE = {
    **{"code": "ABAI-10", "name": "Абая, 10", "address": "", "kind": "building"},
    **{"service_centre": "Орталық", "district": "Алмалы", "heated_area": Decimal("1844.70")},
}
POINT = {
    **{column.name: column.usual for column in SUBJECTS["usage_points"].columns if not column.needed},
    **{"code": "ABAI-10-1", "site": "ABAI-10", "name": "boiler room", "zone": "Asia/Almaty"},
    **{"calculated_load": Decimal("0.25"), "contract": "0012-7"},
}
LINE = {
    **{
        "url": "tcp://10.0.0.5:4001",
        "collector": None,
        "modem_site": "",
        "phone": "+77015550001",
        "imei": "",
    },
    **{"iccid": "8970101234567890123", "operator": "Kcell", "allowance": 50_000_000, "month_starts_on": 1},
}
METER = {
    **{"model": "vkt-7", "serial": "06855817", "line": "tcp://10.0.0.5:4001", "address": "1"},
    **{"zone": "+05:00", "polled": True},
}
COMPONENT = {
    **{"meter_model": "vkt-7", "meter_serial": "06855817", "kind": "calculator", "since": date(2026, 1, 1)},
    **{"until": None, "type": "ВКТ-7", "serial": "0012", "seal": "", "verified_on": date(2025, 12, 1)},
    **{"verification_due": date(2029, 12, 1)},
}
INSTALLATION = {
    **{"usage_point": "ABAI-10-1", "circuit": 1, "installed_at": SINCE, "removed_at": None},
    **{"meter_model": "vkt-7", "meter_serial": "06855817"},
}
TABLES: dict[str, list[Row]] = {
    "service_centres": [{"name": "Орталық", "title": ""}],
    "districts": [{"service_centre": "Орталық", "name": "Алмалы"}],
    "sites": [SITE],
    "usage_points": [POINT],
    "lines": [LINE],
    "meters": [METER],
    "components": [COMPONENT],
    "installations": [INSTALLATION],
}
NOTHING = Stored({name: [] for name in SUBJECTS})


def line(url: str) -> LineParts:
    if "://" not in url:
        raise ConfigurationError(f"{url} is no URL.")
    return LineParts(url.partition("://")[2].partition("?")[0], None, modem=False, pushes=False)


def meter(model: str, address: str) -> None:
    if address == "999":
        raise ConfigurationError(f"A {model} has no address 999.")


JUDGE = Judge(line, meter)


def faults(sheets: list[Sheet], stored: Stored = NOTHING) -> list[tuple[str, int, str]]:
    """Where anything is wrong."""
    read = [read_sheet(sheet) for sheet in sheets]
    merged, found = merge(stored, read)
    found += [fault for sheet in read for fault in sheet.faults]
    return sorted({(one.sheet, one.row, one.column) for one in (*found, *check(merged, JUDGE))})


def sheet_of(subject: str, *rows: Row) -> Sheet:
    return read_csv(subject, write_csv(SUBJECTS[subject], rows))


def with_rows(subject: str, *rows: Row) -> list[Sheet]:
    """The whole registry, and these rows of one subject behind its own."""
    return [sheet_of(name, *TABLES[name], *(rows if name == subject else ())) for name in SUBJECTS]


def test_the_same_subjects_are_stored() -> None:
    assert tuple(SUBJECTS) == registry_tables.SUBJECTS


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_what_is_written_is_read_again(form: str) -> None:
    sheets = read_xlsx("all", write_xlsx(TABLES)) if form == "xlsx" else with_rows("")
    read = {sheet.name: read_sheet(sheet) for sheet in sheets}
    assert [one.faults for one in read.values()] == [()] * len(SUBJECTS)
    assert {name: [row.values for row in one.rows] for name, one in read.items()} == TABLES
    assert faults(sheets) == []


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
def test_csv_as_spreadsheets_write_it(delimiter: str, encoding: str) -> None:
    text = f"name{delimiter}title\r\nЦентр{delimiter}Первый\r\n\r\nВосток{delimiter}\r\n"
    sheet = read_csv("service_centres", text.encode(encoding))
    assert (sheet.header, sheet.rows) == (("name", "title"), ((2, ("Центр", "Первый")), (4, ("Восток", ""))))


def named(value: object) -> str:
    """The same in every process: a function by its name and not by where it lies."""
    return getattr(value, "__qualname__", str(value)[:40])


@pytest.mark.parametrize(
    ("read", "cell", "value"),
    [
        (cells.decimal, "12,5", Decimal("12.5")),
        (cells.decimal, 0.1, Decimal("0.1")),
        (cells.day, "01.03.2026", date(2026, 3, 1)),
        (cells.day, datetime(2026, 3, 1), date(2026, 3, 1)),
        (cells.instant, "2026-01-01T00:00:00+05:00", SINCE),
        (cells.whole(1, 31), 25.0, 25),
        (cells.text, 12, "12"),
        (cells.yes_or_no, "Да", True),
        (cells.yes_or_no, False, False),
        (cells.number_text, "0012", "0012"),
    ],
    ids=named,
)
def test_a_cell_is_read(read: cells.Reader, cell: cells.Cell, value: object) -> None:
    assert read(cell) == value


@pytest.mark.parametrize(
    ("read", "cell", "word"),
    [
        (cells.number_text, 6855817, "format the cell as text"),
        (cells.text, True, "no text"),
        (cells.text, "a\nb", "one line"),
        (cells.text, "x" * 501, "500"),
        (cells.decimal, "1e9", "12.5"),
        (cells.decimal, float("nan"), "12.5"),
        (cells.above_zero, "0", "above 0"),
        (cells.whole(1, 31), "32", "1 to 31"),
        (cells.whole(1, 31), 2.5, "1 to 31"),
        (cells.day, "31.02.2026", "2026-03-01"),
        (cells.day, "0001-01-01", "1970"),
        (cells.instant, datetime(2026, 1, 1), "offset"),
        (cells.instant, "soon", "2026-03-01T00"),
        (cells.yes_or_no, "maybe", "yes or no"),
        (cells.zone, "Asia/Alma", "Asia/Alma"),
        (cells.one_of(["a", "b"]), "c", "a, b"),
    ],
    ids=named,
)
def test_a_cell_that_cannot_be_says_how_it_is_written(
    read: cells.Reader, cell: cells.Cell, word: str
) -> None:
    with pytest.raises(ValueError, match=word):
        read(cell)


def test_every_bad_row_is_told_of() -> None:
    bad = [
        METER | {"serial": "1", "line": "tcp://nowhere:1"},
        METER | {"serial": "2", "address": "999"},
        METER,
        METER | {"serial": "4", "address": "1"},
    ]
    assert faults(with_rows("meters", *bad)) == [
        ("meters", 2, "address"),
        ("meters", 3, "line"),
        ("meters", 4, "model"),
        ("meters", 5, "serial"),
        ("meters", 6, "address"),
    ]


@pytest.mark.parametrize(
    ("subject", "row", "expected"),
    [
        ("districts", {"service_centre": "Шығыс", "name": "Медеу"}, ("districts", 3, "service_centre")),
        ("sites", SITE | {"code": "B", "district": "Медеу"}, ("sites", 3, "district")),
        ("usage_points", POINT | {"code": "B", "closing_day": 25}, ("usage_points", 3, "closing_hour")),
        ("usage_points", POINT | {"code": "B", "site": "C"}, ("usage_points", 3, "site")),
        ("lines", LINE | {"url": "modbus-tcp://10.0.0.5:4001"}, ("lines", 3, "url")),
        ("lines", LINE | {"url": "nonsense"}, ("lines", 3, "url")),
        ("components", COMPONENT | {"since": date(2026, 2, 1)}, ("components", 3, "since")),
        (
            "components",
            COMPONENT | {"kind": "flow_supply", "meter_serial": "9"},
            ("components", 3, "meter_serial"),
        ),
        (
            "components",
            COMPONENT | {"kind": "flow_supply", "until": date(2026, 1, 1)},
            ("components", 3, "until"),
        ),
        ("installations", INSTALLATION | {"installed_at": JUNE}, ("installations", 3, "installed_at")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_row_that_does_not_fit_the_others(subject: str, row: Row, expected: tuple[str, int, str]) -> None:
    found = faults(with_rows(subject, row))
    assert set(found) == {expected}


def test_what_lasts_longest_stands_in_the_way_of_all_that_follow() -> None:
    kinds = [
        COMPONENT | {"since": date(2026, 2, 1), "until": date(2026, 3, 1)},
        COMPONENT | {"since": date(2026, 4, 1)},
    ]
    assert faults(with_rows("components", *kinds)) == [("components", 3, "since"), ("components", 4, "since")]


def test_a_row_is_held_against_what_stands_already() -> None:
    stored = Stored(TABLES)
    later = INSTALLATION | {"installed_at": JUNE}
    assert faults([sheet_of("installations", later)], stored) == [("installations", 2, "installed_at")]
    ended = INSTALLATION | {"removed_at": JUNE}
    assert faults([sheet_of("installations", ended, later)], stored) == []


def test_a_column_that_is_not_there_leaves_what_stands() -> None:
    sheet = read_csv("usage_points", b"code,consumer\nABAI-10-1,School 12\n")
    merged, found = merge(Stored(TABLES), [read_sheet(sheet)])
    (entry,) = merged.named("usage_points")
    assert (found, entry.row) == ([], POINT | {"consumer": "School 12"})


def test_an_empty_cell_clears_what_stands() -> None:
    sheet = read_csv("usage_points", b"code,contract,calculated_load\nABAI-10-1,,\n")
    merged, _ = merge(Stored(TABLES), [read_sheet(sheet)])
    (entry,) = merged.named("usage_points")
    assert (entry.row["contract"], entry.row["calculated_load"]) == ("", None)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"code,name\nX,Y\n", [("usage_points", 2, "site"), ("usage_points", 2, "zone")]),
        (b"name,site\nX,Y\n", [("usage_points", 1, "code")]),
        (b"code,colour\nX,Y\n", [("usage_points", 1, "colour")]),
        (b"code,code\nX,Y\n", [("usage_points", 1, "code")]),
        (b"code,name\nABAI-10-1,Y,Z\n", [("usage_points", 2, "")]),
        (b"code,name\nABAI-10-1,=1+1\n", [("usage_points", 2, "name")]),
        (b"code,name\nABAI-10-1,\n", [("usage_points", 2, "name")]),
    ],
    ids=["new row", "no key", "unknown column", "column twice", "long row", "formula", "empty"],
)
def test_a_sheet_that_is_not_understood(data: bytes, expected: list[tuple[str, int, str]]) -> None:
    assert faults([read_csv("usage_points", data)], Stored(TABLES)) == expected


def workbook(**sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_workbook_made_by_hand() -> None:
    data = workbook(
        service_centres=[["name", "title", None], ["Шығыс", "=1+1"], [None, None], ["Батыс", 12]],
        meters=[["model", "serial"], ["vkt-7", 6855817]],
        notes=[["whatever"]],
    )
    centres, meters, notes = (read_sheet(sheet) for sheet in sheets_of("file.xlsx", data))
    assert [(row.number, row.values) for row in centres.rows] == [(4, {"name": "Батыс", "title": "12"})]
    assert [(one.row, one.column) for one in centres.faults] == [(2, "title")]
    assert [(one.row, one.column) for one in meters.faults] == [(2, "serial")]
    assert notes.faults[0].reason.startswith("no such sheet")


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parts:
        for number in range(501):
            parts.writestr(str(number), b"")
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"PK\x03\x04 and nothing", "no XLSX"),
        (bomb(), "501|500 parts"),
        (b"\x98\0", "Windows-1251"),
        (b'a,b\n"c', "no CSV"),
        (b"x" * (LARGEST_FILE + 1), "larger"),
    ],
    ids=["cut", "many parts", "binary", "open quotes", "huge"],
)
def test_what_is_no_file_of_ours(data: bytes, word: str) -> None:
    with pytest.raises(ConfigurationError, match=word):
        sheets_of("sites", data)


def test_too_many_rows_are_refused() -> None:
    sheet = read_csv("service_centres", b"name\n" + b"x\n" * (MOST_ROWS + 5))
    assert len(sheet.rows) == MOST_ROWS + 1
    assert read_sheet(sheet).faults == (
        Fault("service_centres", 0, "", f"more than {MOST_ROWS} rows: split the file"),
    )
