"""The period or month that a question is about."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Final

from fastapi import Depends, Query
from pydantic import StringConstraints

from api.errors import InvalidRequest
from api.limits import LONGEST_PERIOD
from api.schemas import Instant
from metering.calendar import BillingPeriod

_MONTH: Final = re.compile(r"(20\d\d|21\d\d)-(0[1-9]|1[0-2])")
MonthText = Annotated[str, StringConstraints(max_length=7)]


def month_of(text: str) -> date:
    """The first day of a month written like 2026-01; InvalidRequest for anything else."""
    found = _MONTH.fullmatch(text)
    if found is None:
        raise InvalidRequest(f"{text!r} is no month; write it like 2026-01.")
    return date(int(found[1]), int(found[2]), 1)


def _start(described: str = "Start of the period, included.") -> Any:
    return Query(alias="from", description=described, examples=["2026-01-01T00:00:00Z"])


def _end(described: str = "End of the period, not included.") -> Any:
    return Query(alias="to", description=described, examples=["2026-02-01T00:00:00Z"])


def _period(start: Annotated[Instant, _start()], end: Annotated[Instant, _end()]) -> BillingPeriod:
    if end <= start:
        raise InvalidRequest(f"`to` must be later than `from`: {start.isoformat()} .. {end.isoformat()}.")
    if end - start > LONGEST_PERIOD:
        raise InvalidRequest(f"A period may have at most {LONGEST_PERIOD.days} days; ask for several.")
    return BillingPeriod(start, end)


def _billed(
    start: Annotated[Instant | None, _start("Start of one period for all points, included.")] = None,
    end: Annotated[Instant | None, _end("End of that period, not included.")] = None,
    month: Annotated[
        MonthText | None,
        Query(
            description="Instead of `from` and `to`: the bill of this month, by each point's own calendar.",
            examples=["2026-01"],
        ),
    ] = None,
) -> date | BillingPeriod:
    if month is None and start is not None and end is not None:
        return _period(start, end)
    if month is not None and start is None and end is None:
        return month_of(month)
    raise InvalidRequest("query: write `from` and `to`, or `month`; a period has both ends, a month neither.")


Period = Annotated[BillingPeriod, Depends(_period)]
"""The half-open period [from, to) of the query."""
Billed = Annotated[date | BillingPeriod, Depends(_billed)]
"""What is to be billed: the period [from, to) of the query, or the first day of its month."""
