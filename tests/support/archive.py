"""Archives filled straight in the database, for tests that count what is there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from storage.pool import Database

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MIDNIGHT = datetime(2026, 1, 9, 19, tzinfo=UTC)
"""Of 10 January 2026 at +05:00."""
_ARCHIVE = """
    insert into archive_value (meter_id, kind, slot_start, circuit, quantity, slot_end, meter_time, value,
                               raw_unit, factor, factor_set, poll_id, frame)
    select $1, $2, at, 1, quantity, at + $3::interval, at at time zone 'UTC', 1, 'Gcal', 1, 'exact', $4, 1
    from unnest($5::timestamptz[]) at, unnest(array['energy_heating', 'volume_supply']) quantity
"""


def hours(*numbers: int) -> list[datetime]:
    """Starts of these hours of 10 January."""
    return [MIDNIGHT + number * HOUR for number in numbers]


async def known_model(database: Database) -> None:
    """The model of the meters of tests.support.registry keeps 1000 hours and 400 levels of days."""
    await database.rows(
        "insert into model (name, title, protocol, totals_every) "
        "values ('kamstrup-multical-403', 'Multical 403', 'mbus', 'day')"
    )
    await database.rows(
        "insert into model_archive (model, kind, depth) values "
        "('kamstrup-multical-403', 'hour', 1000), ('kamstrup-multical-403', 'total', 400)"
    )


async def polled(database: Database, meter: int, finished_at: datetime, outcome: str = "ok") -> UUID:
    """A poll of this moment, counted on its day."""
    poll = uuid4()
    await database.rows(
        "insert into poll (id, meter_id, collector, started_at, finished_at, outcome, message) "
        "values ($1, $2, 'main', $3, $3, $4, '')",
        *(poll, meter, finished_at, outcome),
    )
    await database.rows(
        "insert into poll_day (meter_id, day, outcome, polls, air_time, sent, received) "
        "values ($1, $2::timestamptz::date, $3, 1, '3 s', 20, 100) "
        "on conflict (meter_id, day, outcome) do update set polls = poll_day.polls + 1",
        *(meter, finished_at, outcome),
    )
    return poll


async def store(
    database: Database, meter: int, poll: UUID, starts: Iterable[datetime], kind: str = "hour"
) -> None:
    """Two values of each of these slots."""
    await database.rows(_ARCHIVE, meter, kind, HOUR if kind == "hour" else DAY, poll, list(starts))


async def state(
    database: Database, meter: int, outcome: str, last_at: datetime, failures: int = 0, **columns: object
) -> None:
    """How the meter's polls went until now; `columns` of meter_state beside these."""
    poll = await polled(database, meter, last_at, outcome)
    row = {"meter_id": meter, "poll_id": poll, "started_at": last_at, "last_at": last_at}
    row |= {"outcome": outcome, "failures": failures, **columns}
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    await database.rows(f"insert into meter_state ({', '.join(row)}) values ({places})", *row.values())


async def held(
    database: Database,
    meter: int,
    poll: UUID,
    start: datetime,
    *,
    waiting: bool = True,
    reason: str = "clock_wrong",
) -> None:
    """One hour of a poll that waits in quarantine, or was rejected."""
    decided = ("waiting", None, None) if waiting else ("rejected", "an engineer", MIDNIGHT)
    await database.rows(
        "insert into held_poll (poll_id, meter_id, reason, state, held_at, packed, decided_by, decided_at) "
        "values ($1, $2, $3, $5, $4, '', $6, $7)",
        *(poll, meter, reason, MIDNIGHT, *decided),
    )
    await database.rows(
        "insert into held_slot (poll_id, meter_id, kind, slot_start, slot_end) "
        "values ($1, $2, 'hour', $3, $3::timestamptz + interval '1 hour')",
        *(poll, meter, start),
    )
