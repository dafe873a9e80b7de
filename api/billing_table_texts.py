"""Tables of lines as CSV, for programs of today and for billing importers of long ago."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from io import StringIO
from typing import Final

from api.billing_table import COLUMNS, Cell
from api.schemas import rfc_3339
from metering.exact import decimal_text


class Encoding(StrEnum):
    """Of the characters."""

    UTF_8 = "utf-8"
    WINDOWS_1251 = "windows-1251"


class Separator(StrEnum):
    """Between two cells."""

    COMMA = "comma"
    SEMICOLON = "semicolon"


class DecimalMark(StrEnum):
    """Before the fraction of a number."""

    POINT = "point"
    COMMA = "comma"


_SEPARATORS: Final = {Separator.COMMA: ",", Separator.SEMICOLON: ";"}
_NOT_IN_1251: Final = str.maketrans("ӘҒҚҢӨҰҮҺәғқңөұүһ", "АГКНОУУХагкноуух")
"""Kazakh letters that Windows-1251 lacks, each as the Russian one it is written with where it is missing."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table is written. In Windows-1251 a Kazakh letter becomes the Russian one like it, and every
    other character that is missing there a question mark.
    """

    encoding: Encoding = Encoding.UTF_8
    separator: Separator = Separator.COMMA
    decimal_mark: DecimalMark = DecimalMark.POINT

    def head(self) -> bytes:
        """The row of headings."""
        return self._encoded([list(COLUMNS)])

    def rows(self, rows: Iterable[Iterable[Cell]]) -> bytes:
        """The rows; an empty cell is an absent value."""
        return self._encoded([self._text(cell) for cell in row] for row in rows)

    def _encoded(self, rows: Iterable[list[str]]) -> bytes:
        text = StringIO()
        csv.writer(text, delimiter=_SEPARATORS[self.separator]).writerows(rows)
        if self.encoding is Encoding.UTF_8:
            return text.getvalue().encode()
        return text.getvalue().translate(_NOT_IN_1251).encode("cp1251", errors="replace")

    def _text(self, cell: Cell) -> str:
        if cell is None:
            return ""
        if isinstance(cell, bool):
            return "true" if cell else "false"
        if isinstance(cell, datetime):
            return rfc_3339(cell)
        if isinstance(cell, Decimal):
            text = decimal_text(cell)
            return text.replace(".", ",") if self.decimal_mark is DecimalMark.COMMA else text
        return str(cell)
