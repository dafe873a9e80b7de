"""The lines of a run as a table: one list of columns for CSV, XLSX and Parquet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from api.billing_lines import reason_text, told
from metering.billing_changes import SENTENCES as CHANGES
from metering.billing_changes import Change
from metering.outcomes import Translate
from storage.billing_runs import StoredLine

Cell = str | int | bool | Decimal | datetime | None


class Kind(Enum):
    """What the cells of a column are."""

    TEXT = "text"
    NUMBER = "number"
    TRUTH = "truth"
    AMOUNT = "amount"
    INSTANT = "instant"


COLUMNS: Final[Mapping[str, Kind]] = {
    "run": Kind.NUMBER,
    "line": Kind.NUMBER,
    "usage_point_id": Kind.NUMBER,
    "usage_point_code": Kind.TEXT,
    "usage_point_name": Kind.TEXT,
    "contract": Kind.TEXT,
    "account": Kind.TEXT,
    "site_code": Kind.TEXT,
    "district": Kind.TEXT,
    "service_centre": Kind.TEXT,
    "from": Kind.INSTANT,
    "to": Kind.INSTANT,
    "quantity": Kind.TEXT,
    "unit": Kind.TEXT,
    "factor_set": Kind.TEXT,
    "status": Kind.TEXT,
    "billable": Kind.TRUTH,
    "value": Kind.AMOUNT,
    "measured": Kind.AMOUNT,
    "estimated": Kind.AMOUNT,
    "value_difference": Kind.AMOUNT,
    "measured_difference": Kind.AMOUNT,
    "estimated_difference": Kind.AMOUNT,
    "billed_difference": Kind.AMOUNT,
    "changes": Kind.TEXT,
    "reasons": Kind.TEXT,
}
"""By name; the differences and changes are empty in what is no correction."""


def cells(run: int, line: StoredLine, translate: Translate) -> list[Cell]:
    """The line in the order of COLUMNS; None is an absent value."""
    contents = told(line)
    particulars: dict[str, Any] = {
        **contents,
        **_corrected(line.contents, translate),
        "run": run,
        "line": line.number,
        "from": contents["period"]["start"],
        "to": contents["period"]["end"],
        "reasons": " ".join(reason_text(one, translate) for one in contents["reasons"]),
    }
    return [_READ[kind](particulars[name]) for name, kind in COLUMNS.items()]


def _corrected(contents: Mapping[str, Any], translate: Translate) -> dict[str, Any]:
    differences = contents.get("difference", {})
    words = contents.get("because", ())
    return {
        **{
            f"{name}_difference": differences.get(name)
            for name in ("value", "measured", "estimated", "billed")
        },
        "changes": " ".join(translate(CHANGES[Change(word)]) for word in words),
    }


def _amount(text: str | None) -> Cell:
    return None if text is None else Decimal(text)


def _same(value: Cell) -> Cell:
    return value


_READ: Final = {
    Kind.TEXT: _same,
    Kind.NUMBER: _same,
    Kind.TRUTH: _same,
    Kind.AMOUNT: _amount,
    Kind.INSTANT: datetime.fromisoformat,
}
