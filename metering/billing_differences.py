"""What a second look at a period changes of what was frozen: signed, by point and period, with the reasons.

A difference is found by comparing contents: whatever led to it, it cannot be left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from metering.billing_changes import Change, Wholes, changes
from metering.billing_content import FrozenLine, LineKey, plain
from metering.calendar import BillingPeriod
from metering.exact import exact_sum


@dataclass(frozen=True, slots=True)
class Difference:
    """One line before and after; None where there was or is none. All amounts are after minus before.

    An absent value counts as nothing here: a bill could not be made of it. `billed`: of what stands on bills.
    """

    before: FrozenLine | None
    after: FrozenLine | None
    value: Decimal
    measured: Decimal
    estimated: Decimal
    billed: Decimal
    because: tuple[Change, ...]

    @property
    def line(self) -> FrozenLine:
        """The newer one, or the one that is gone."""
        line = self.after or self.before
        assert line is not None
        return line


def differences(previous: Iterable[FrozenLine], current: Iterable[FrozenLine]) -> list[Difference]:
    """By usage point, quantity and period; nothing for lines that say the same as before."""
    before, after = _by_key(previous), _by_key(current)
    known, now = _wholes(before.values()), _wholes(after.values())
    return [
        _difference(before.get(key), after.get(key), (known.get(key[:2]), now.get(key[:2])))
        for key in sorted({*before, *after})
        if _text(before.get(key)) != _text(after.get(key))
    ]


def described(difference: Difference) -> dict[str, Any]:
    """The difference as it is kept, with both lines whole."""
    return {
        "before": dict(difference.before.contents) if difference.before else None,
        "after": dict(difference.after.contents) if difference.after else None,
        "difference": {
            name: plain(getattr(difference, name)) for name in ("value", "measured", "estimated", "billed")
        },
        "because": [change.value for change in difference.because],
    }


def _by_key(lines: Iterable[FrozenLine]) -> dict[LineKey, FrozenLine]:
    return {line.key: line for line in lines}


def _wholes(lines: Iterable[FrozenLine]) -> dict[tuple[int, str], BillingPeriod]:
    """By usage point and quantity, what its lines are together: its period may have been told in parts."""
    found: dict[tuple[int, str], BillingPeriod] = {}
    for line in lines:
        known = found.get(line.key[:2], line.period)
        start, end = min(known.start, line.period.start), max(known.end, line.period.end)
        found[line.key[:2]] = BillingPeriod(start, end)
    return found


def _text(line: FrozenLine | None) -> str | None:
    return line.content if line else None


def _difference(before: FrozenLine | None, after: FrozenLine | None, wholes: Wholes) -> Difference:
    amounts = {
        name: _minus(getattr(after, name, None), getattr(before, name, None))
        for name in ("value", "measured", "estimated", "billed")
    }
    return Difference(before, after, **amounts, because=tuple(changes(before, after, wholes)))


def _minus(after: Decimal | None, before: Decimal | None) -> Decimal:
    return exact_sum((after or Decimal(0), (before or Decimal(0)).copy_negate()))
