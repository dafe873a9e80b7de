"""Signal levels: a series per modem, where it is heading, and how often the modem fails at such a level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from metering.calls import OUR_MODEMS_FAULT, CallResult
from metering.polls import Outcome
from metering.signals import RadioTechnology, Registration, SignalLevel, SignalReport, SignalSource
from storage import sql
from storage.pool import Database

_SQL = sql.statements("signals")
_SPANS: Final = (timedelta(hours=24), timedelta(days=30))
_ATTEMPTS: Final = 1000
"""So many of the latest are looked at."""

_SAYS_NOTHING: Final = sorted({*OUR_MODEMS_FAULT, CallResult.NO_FREE_MODEM})
"""Outcomes of polls that never got as far as the meter's modem."""
_NOT_HEARD: Final = sorted(
    {
        Outcome.NO_LINK,
        Outcome.LINE_LOST,
        Outcome.METER_SILENT,
        Outcome.TRANSFER_ERRORS,
        Outcome.BUSY,
        Outcome.NO_CARRIER,
        Outcome.NO_ANSWER,
        Outcome.CALL_BARRED,
        Outcome.MODEM_AWAY,
        Outcome.GATEWAY_WEDGED,
    }
)
"""Outcomes of polls that the way to the meter may have spoilt; after the others its words came through."""


@dataclass(frozen=True, slots=True)
class SpanTrend:
    """The levels of a span that ends now: their mean in dBm, and the change in dB against the span before.

    None where a span has no samples.
    """

    span: timedelta
    mean: Decimal | None
    change: Decimal | None
    samples: int


@dataclass(frozen=True, slots=True)
class Trend:
    """Where a modem's level is heading: over 24 hours and over 30 days."""

    day: SpanTrend
    month: SpanTrend


@dataclass(frozen=True, slots=True)
class Share:
    """Of so many attempts, so many failed."""

    attempts: int
    failed: int


class Signals:
    """Of levels that a modem had at the same instant the one stored first stands."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, modem_id: int, levels: Sequence[SignalLevel], survey_id: UUID | None = None) -> None:
        """ReadingConflict when there is no such modem."""
        async with self._database.transaction() as connection:
            await add(connection, modem_id, levels, survey_id)

    async def series(
        self,
        modem_id: int,
        start: datetime,
        end: datetime,
        after: datetime | None = None,
        limit: int = 1000,
    ) -> list[SignalLevel]:
        """A page of [start, end), oldest first; `after` is when the last level of the page before was."""
        rows = await self._database.rows(_SQL["series"], modem_id, start, end, after, limit)
        return [_level(row) for row in rows]

    async def latest(self, modem_id: int) -> SignalLevel | None:
        """What the modem said last, a level or that it knows none."""
        row = await self._database.row(_SQL["latest"], modem_id)
        return _level(row) if row else None

    async def latest_of(self, modem_ids: Sequence[int]) -> dict[int, SignalLevel]:
        """What each of these modems said last, by modem; one that never said anything is left out."""
        rows = await self._database.rows(_SQL["latest_of"], list(modem_ids))
        levels = [dict(row) for row in rows]
        return {level.pop("modem_id"): _level(level) for level in levels}

    async def trend(self, modem_id: int, now: datetime) -> Trend:
        """Spans are half-open, (now - span, now]."""
        rows = await self._database.rows(_SQL["trend"], modem_id, now, list(_SPANS))
        return Trend(*(SpanTrend(**row) for row in rows))

    async def failed_share(self, modem_id: int, level: Decimal, within: Decimal) -> Share:
        """How those of the latest thousand attempts ended that were made at this level, `within` dB of it.

        Of a modem of ours: its calls, by what it heard before it dialled. Of a meter's: the polls of its
        line's meters, by the last level known before each.
        """
        span = (modem_id, level, within, _ATTEMPTS)
        if await self._database.value(_SQL["is_own"], modem_id):
            return Share(**await self._database.row(_SQL["calls_at_level"], *span))
        return Share(**await self._database.row(_SQL["polls_at_level"], *span, _NOT_HEARD, _SAYS_NOTHING))


async def add(connection: Any, modem_id: int, levels: Sequence[SignalLevel], survey_id: UUID | None) -> None:
    """Adds to the series, within the caller's transaction; the modem's operator is the last one named."""
    columns = list(zip(*(_row(one) for one in levels), strict=True))
    if not columns:
        return
    await connection.execute(_SQL["add"], modem_id, survey_id, *(list(column) for column in columns))
    operators = [one.report.operator for one in levels if one.report.operator]
    if operators:
        await connection.execute(_SQL["remember_operator"], modem_id, operators[-1])


def _row(one: SignalLevel) -> tuple[object, ...]:
    report = one.report
    return (
        one.at,
        one.source,
        report.raw,
        report.level,
        report.bit_errors,
        report.reference_power,
        report.reference_quality,
        report.technology,
        report.registration,
        report.operator,
        report.cell,
    )


def _level(row: Any) -> SignalLevel:
    columns = dict(row)
    at, source = columns.pop("at"), SignalSource(columns.pop("source"))
    technology, registration = columns.pop("technology"), columns.pop("registration")
    return SignalLevel(
        at,
        source,
        SignalReport(
            **columns,
            technology=RadioTechnology(technology) if technology is not None else None,
            registration=Registration(registration) if registration is not None else None,
        ),
    )
