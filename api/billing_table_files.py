"""Tables of lines as XLSX and Parquet, written to a file chunk by chunk: memory does not grow with a run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from api.billing_table import COLUMNS, Cell, Kind
from api.schemas import rfc_3339
from metering.exact import decimal_text

MOST_ROWS_OF_XLSX: Final = 1_048_575
"""Below the row of headings."""
_LONGEST_TEXT: Final = 32_767
_DIGITS: Final = 38
_MOST_PLACES: Final = 24
_ROUNDING: Final = Context(prec=_DIGITS, rounding=ROUND_HALF_EVEN)


class TableFile(Protocol):
    """A file that takes rows in the order of COLUMNS, and is whole when its block is left."""

    def __enter__(self) -> TableFile: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def add(self, rows: Sequence[Sequence[Cell]]) -> None: ...


class XlsxFile:
    """A number that a spreadsheet cannot hold exactly is a text, as are times: they keep their zone."""

    def __init__(self, path: Path) -> None:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(str(path), {**options, "tmpdir": str(path.parent)})
        self._sheet = self._book.add_worksheet("lines")
        self._sheet.write_row(0, 0, list(COLUMNS), self._book.add_format({"bold": True}))
        self._sheet.freeze_panes(1, 0)
        self._row = 0

    def __enter__(self) -> XlsxFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._book.close()

    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        for row in rows:
            self._row += 1
            for column, cell in enumerate(row):
                if cell is not None:
                    self._sheet.write(self._row, column, _in_a_spreadsheet(cell))


class ParquetFile:
    """Amounts are decimal128 with as many places as the run needs, at most 24."""

    def __init__(self, path: Path, places: int) -> None:
        self._places = min(places, _MOST_PLACES)
        amount = pa.decimal128(_DIGITS, self._places)
        self._schema = pa.schema([(name, _TYPES.get(kind, amount)) for name, kind in COLUMNS.items()])
        self._writer = pq.ParquetWriter(str(path), self._schema, compression="zstd")

    def __enter__(self) -> ParquetFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        columns = [[self._fitting(cell) for cell in column] for column in zip(*rows, strict=True)]
        arrays = [pa.array(column, one.type) for column, one in zip(columns, self._schema, strict=True)]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))

    def _fitting(self, cell: Cell) -> Cell:
        if not isinstance(cell, Decimal):
            return cell
        return cell.quantize(Decimal(1).scaleb(-self._places), context=_ROUNDING)


_TYPES: Final[dict[Kind, Any]] = {
    Kind.TEXT: pa.string(),
    Kind.NUMBER: pa.int64(),
    Kind.TRUTH: pa.bool_(),
    Kind.INSTANT: pa.timestamp("us", tz="UTC"),
}


def _in_a_spreadsheet(cell: Cell) -> object:
    if isinstance(cell, datetime):
        return rfc_3339(cell)
    if isinstance(cell, Decimal):
        number = float(cell)
        return number if Decimal(f"{number:.15g}") == cell else decimal_text(cell)
    return cell[:_LONGEST_TEXT] if isinstance(cell, str) else cell
