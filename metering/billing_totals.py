"""What the lines of a run come to: per service centre, district and status, and all in all.

Every greater total is the sum of the rows and not counted a second time, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from functools import reduce
from typing import Any, Final

from metering.billing_content import FrozenLine
from metering.billing_differences import Difference
from metering.billing_lines import Status
from metering.exact import decimal_text, exact_sum

_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Sums:
    """Of so many lines. `billed` is what of `value` stands on bills; an absent value adds nothing."""

    lines: int = 0
    billable: int = 0
    value: Decimal = _ZERO
    measured: Decimal = _ZERO
    estimated: Decimal = _ZERO
    billed: Decimal = _ZERO

    def __add__(self, other: Sums) -> Sums:
        amounts = {
            name: exact_sum((getattr(self, name), getattr(other, name)))
            for name in ("value", "measured", "estimated", "billed")
        }
        return Sums(self.lines + other.lines, self.billable + other.billable, **amounts)


@dataclass(frozen=True, slots=True)
class Row:
    """The sums of one group; None in a word: of all of them."""

    quantity: str
    unit: str
    sums: Sums
    service_centre: str | None = None
    district: str | None = None
    status: Status | None = None


class Totals:
    """Grows by lines; needs as much memory as there are groups."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, str, str, str], Row] = {}

    def add(self, lines: Iterable[FrozenLine]) -> None:
        """Lines of a run."""
        for line in lines:
            self._add(line, _sums(line))

    def correct(self, found: Iterable[Difference]) -> None:
        """Lines of a correction: signed, in the groups of the newer line."""
        for one in found:
            billable = one.after is not None and one.after.billable
            self._add(one.line, Sums(1, int(billable), one.value, one.measured, one.estimated, one.billed))

    def _add(self, line: FrozenLine, sums: Sums) -> None:
        key = (line.service_centre, line.district, line.status.value, line.quantity, line.unit)
        words = (line.service_centre, line.district, line.status)
        row = self._rows.get(key) or Row(line.quantity, line.unit, Sums(), *words)
        self._rows[key] = replace(row, sums=row.sums + sums)

    @property
    def rows(self) -> list[Row]:
        """Per service centre, district, status and quantity, in this order."""
        return [self._rows[key] for key in sorted(self._rows)]

    def described(self) -> dict[str, Any]:
        """All groupings, as texts and numbers."""
        return {
            name: [_described(row) for row in grouped(self.rows, *names)] for name, names in GROUPINGS.items()
        }


def _sums(line: FrozenLine) -> Sums:
    amounts = (line.value or _ZERO, line.measured or _ZERO, line.estimated or _ZERO, line.billed)
    return Sums(1, int(line.billable), *amounts)


def grouped(rows: Iterable[Row], *names: str) -> list[Row]:
    """The rows added up by these of `service_centre`, `district` and `status`; and by quantity."""
    kept = ("quantity", "unit", *names)
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(getattr(row, name) for name in kept), []).append(row)
    return [
        Row(sums=reduce(Sums.__add__, (row.sums for row in group)), **dict(zip(kept, key, strict=True)))  # type: ignore[arg-type]
        for key, group in sorted(found.items())
    ]


GROUPINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "total": (),
    "by_status": ("status",),
    "by_service_centre": ("service_centre",),
    "by_district": ("service_centre", "district"),
    "by_district_and_status": ("service_centre", "district", "status"),
}


def _described(row: Row) -> dict[str, Any]:
    words = {
        name: getattr(row, name)
        for name in ("service_centre", "district", "status")
        if getattr(row, name) is not None
    }
    amounts = {name: _text(value) for name, value in asdict(row.sums).items()}
    return {**words, "quantity": row.quantity, "unit": row.unit, **amounts}


def _text(value: Decimal | int) -> str | int:
    return decimal_text(value) if isinstance(value, Decimal) else value
