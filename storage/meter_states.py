"""What is kept of each meter's polls beside the polls: how they end now, and what they cost by day."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from metering.carried import followed
from metering.holding import teaches_configuration
from metering.meters import MeterConfiguration
from metering.polls import NO_POLL, Direction, Outcome, PollHistory, PollReport
from storage import sql

_SQL = sql.statements("meter_states")

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _State:
    """A row of meter_state, in the order of its columns; what was read under `configuration` is accepted."""

    meter_id: int
    poll_id: UUID
    started_at: datetime
    last_at: datetime
    outcome: str
    failures: int
    read_at: datetime | None = None
    ok_at: datetime | None = None
    clock_difference: timedelta | None = None
    clock_at: datetime | None = None
    configuration: str | None = None


async def tell(connection: Any, reports: Sequence[PollReport]) -> None:
    """Carries the states of the reports' meters on, within the transaction that stores their polls."""
    told = [report for report in reports if report.outcome not in NO_POLL]
    if not told:
        return
    rows = await connection.fetch(_SQL["states"], sorted({report.meter_id for report in told}))
    states = {row["meter_id"]: _State(**row) for row in rows}
    for report in told:
        states[report.meter_id] = _carried_on(states.get(report.meter_id), report)
    await connection.execute(_SQL["tell"], *_columns(map(astuple, states.values())))


async def count(connection: Any, reports: Sequence[PollReport]) -> None:
    """Adds the reports to their meters' days: by the UTC day on which each poll began."""
    if not reports:
        return
    rows = [
        (
            report.meter_id,
            report.started_at,
            report.finished_at,
            report.outcome.value,
            report.carried(Direction.SENT),
            report.carried(Direction.RECEIVED),
        )
        for report in reports
    ]
    await connection.execute(_SQL["count"], *_columns(rows))


async def accept_configuration(connection: Any, report: PollReport) -> None:
    """From now on the meter's readings are accepted under the configuration of this report."""
    if report.configuration:
        await connection.execute(
            _SQL["accept_configuration"], report.meter_id, _written(report.configuration)
        )


def _carried_on(before: _State | None, report: PollReport) -> _State:
    """A report that comes late changes nothing but what it alone knows: that the meter was read then."""
    known = before or _first(report)
    after = followed(PollHistory(failures=known.failures, read_at=known.read_at), report)
    state = replace(
        known,
        read_at=_latest(known.read_at, after.read_at),
        ok_at=_latest(known.ok_at, report.finished_at if report.outcome is Outcome.OK else None),
    )
    if before is not None and report.started_at <= before.started_at:
        return state
    return _ended(replace(state, failures=after.failures), report)


def _first(report: PollReport) -> _State:
    return _State(report.meter_id, report.id, report.started_at, report.finished_at, report.outcome, 0)


def _ended(state: _State, report: PollReport) -> _State:
    state = replace(
        state,
        poll_id=report.id,
        started_at=report.started_at,
        last_at=report.finished_at,
        outcome=report.outcome,
    )
    if report.clock_difference is not None:
        state = replace(state, clock_difference=report.clock_difference, clock_at=report.finished_at)
    if report.configuration and teaches_configuration(report):
        state = replace(state, configuration=_written(report.configuration))
    return state


def _latest(*instants: datetime | None) -> datetime | None:
    return max((at for at in instants if at), default=None)


def _written(configuration: MeterConfiguration) -> str:
    return json.dumps(dict(configuration.settings))


def _columns(rows: Iterable[Row]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
