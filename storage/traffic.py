"""How many bytes a modem carries: by UTC day, and by the month of its SIM's plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from metering.polls import Direction, PollReport
from storage import sql
from storage.pool import Database

_SQL = sql.statements("traffic")


@dataclass(frozen=True, slots=True)
class Carried:
    """Bytes to and from a modem, and when."""

    modem_id: int
    at: datetime
    sent: int
    received: int


@dataclass(frozen=True, slots=True)
class DayTraffic:
    """The bytes of one UTC day."""

    day: date
    sent: int
    received: int


@dataclass(frozen=True, slots=True)
class MonthTraffic:
    """The bytes of one month of the SIM's plan, [start, end), and what the plan allows; None: not known."""

    start: date
    end: date
    sent: int
    received: int
    allowance: int | None


async def add(connection: Any, carried: Sequence[Carried]) -> None:
    """Adds to the days' sums, within the transaction of whoever learned of the bytes."""
    await connection.execute(
        _SQL["add"],
        [one.modem_id for one in carried],
        [one.at for one in carried],
        [one.sent for one in carried],
        [one.received for one in carried],
    )


async def add_of_gateways(connection: Any, reports: Sequence[PollReport]) -> None:
    """What the SIMs of gateways to which we connect carried in these polls, and that they were heard.

    The bytes of calls, and of connections to us, are counted by who holds the call or connection.
    """
    rows = await connection.fetch(_SQL["of_gateways"], sorted({report.meter_id for report in reports}))
    modems = {row["meter_id"]: row["modem_id"] for row in rows}
    carried = [
        Carried(
            modems[one.meter_id],
            one.finished_at,
            one.carried(Direction.SENT),
            one.carried(Direction.RECEIVED),
        )
        for one in reports
        if one.meter_id in modems and one.carried(Direction.RECEIVED)
    ]
    if carried:
        await connection.execute(
            _SQL["heard"], [one.modem_id for one in carried], [one.at for one in carried]
        )
        await add(connection, carried)


async def days(database: Database, modem_id: int, since: date, until: date) -> list[DayTraffic]:
    """The days of [since, until) on which anything was carried, oldest first."""
    return [DayTraffic(**row) for row in await database.rows(_SQL["days"], modem_id, since, until)]


async def month(database: Database, modem_id: int, today: date) -> MonthTraffic | None:
    """The month in which this day lies; None when there is no such modem."""
    row = await database.row(_SQL["month"], modem_id, today)
    return MonthTraffic(**row) if row else None
