"""Registry workbooks that are broken: the file is blamed for its own faults, and for no others."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest

from billing.registry_table import xlsx_sheets
from billing.registry_table.xlsx_sheets import read_xlsx, write_xlsx
from metering.errors import ConfigurationError

SHEET = "xl/worksheets/sheet1.xml"
WHOLE = write_xlsx({})

CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda part: part[: len(part) // 2],
    "no XML": lambda part: b"-",
    "a number that is none": lambda part: part.replace(b' t="s"><v>0<', b"><v>zero<", 1),
    "a text that the workbook does not have": lambda part: part.replace(b"<v>0<", b"<v>99999<", 1),
}


def changed(path: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one of its parts changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(WHOLE)) as before, zipfile.ZipFile(file, "w") as after:
        for name in before.namelist():
            part = before.read(name)
            told = change(part) if name == path else part
            assert name != path or told != part
            after.writestr(name, told)
    return file.getvalue()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_broken_sheet_is_told_of(change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(ConfigurationError, match="no XLSX workbook that can be read"):
        read_xlsx("registry.xlsx", changed(SHEET, change))


@pytest.mark.parametrize("path", ["[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"])
def test_a_broken_workbook_is_told_of(path: str) -> None:
    with pytest.raises(ConfigurationError, match="no XLSX workbook that can be read"):
        read_xlsx("registry.xlsx", changed(path, lambda part: part[: len(part) // 2]))


def test_a_fault_of_ours_is_not_the_file_s(monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(cell: object) -> None:
        raise AttributeError("ours")

    monkeypatch.setattr(xlsx_sheets, "_cell", faulty)
    with pytest.raises(AttributeError, match="ours"):
        read_xlsx("registry.xlsx", write_xlsx({"service_centres": [{"name": "Батыс", "title": "West"}]}))
