"""A backlog of an outage is compared with what is stored in one pass, though no statistics know its days yet.

Days of readings, as many as a spool hands on at once, once took so long that they were never stored: the
server believed that nothing was stored of those days, and compared each incoming value with each stored one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from storage import sql

DAYS = timedelta(days=125)
LATELY = datetime(2026, 1, 25, tzinfo=UTC)
_SQL = sql.statements("values")
# Foreign keys do not matter here.
_STORED = """
    insert into archive_value (meter_id, circuit, kind, slot_start, slot_end, quantity, meter_time, value,
        raw_value, raw_unit, factor, factor_set, flags, poll_id, frame)
    select 1, 1, 'hour', start, start + interval '1 hour', 'volume', '2026-01-01', 1, 1, 'm3', 1, 'f', '{}',
        '00000000-0000-0000-0000-000000000001', 1
    from generate_series($1::timestamptz, $2::timestamptz, interval '1 hour') start
"""
_ARRIVING = """
    insert into incoming_value (meter_id, poll_id, finished_at, kind, slot_start, circuit, quantity, slot_end,
        meter_time, value, raw_value, raw_unit, factor, factor_set, flags, frame)
    select meter_id, poll_id, slot_end, kind, slot_start, circuit, quantity, slot_end, meter_time, value,
        raw_value, raw_unit, factor, factor_set, flags, frame
    from archive_value where slot_start >= $1
"""


async def test_a_backlog_is_compared_in_one_pass(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("set session_replication_role = replica")
        await connection.execute(_STORED, LATELY - 10 * DAYS, LATELY - timedelta(hours=1))
        await connection.execute("analyze archive_value")
        await connection.execute(_STORED, LATELY, LATELY + DAYS)
        async with connection.transaction():
            await connection.execute(_SQL["create_incoming"])
            await connection.execute(_ARRIVING, LATELY)
            span = LATELY, LATELY + DAYS
            plan = await connection.fetchval(
                f"explain (analyze, format json) {_SQL['compare']}", *span, "read"
            )
    finally:
        await connection.close()
    touched = sum(map(rows_of, nodes(json.loads(plan)[0]["Plan"])))
    assert touched < 20 * 11 * (DAYS / timedelta(hours=1))


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def rows_of(node: dict[str, Any]) -> float:
    """How many rows a step of a plan has looked at."""
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Join Filter", 0)
    return float((node["Actual Rows"] + removed) * node["Actual Loops"])
