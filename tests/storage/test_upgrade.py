"""A database that worked before polling had plans is brought up to date with all that is in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Final

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from metering.books import Span
from metering.calendar import ArchiveKind
from metering.plans import PollPlan
from metering.polls import Outcome
from storage.books import Books
from storage.journal import Journal
from storage.pool import Database, acting
from storage.service_centres import ServiceCentres
from storage.usage_points import Registry
from teplo.migrate import migrate

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
_FILLED: Final = """
    insert into site (code, name) values ('s', 'School');
    insert into line (url, endpoint) values ('tcp://10.0.0.1:4001', '10.0.0.1:4001');
    insert into meter (serial, model, address, line_id, zone)
    select number::text, 'kamstrup-multical-403', number::text, 1, '+05:00' from generate_series(1, 4) number;
    insert into poll (id, meter_id, collector, started_at, finished_at, outcome, message)
    select ('00000000-0000-0000-0000-00000000000' || number)::uuid, meter_id, 'main', at, at + interval '2 s',
        outcome, ''
    from (values
        (1, 1, timestamptz '2026-01-01 06:00Z', 'ok'),
        (2, 1, timestamptz '2026-01-01 07:00Z', 'no_answer'),
        (3, 1, timestamptz '2026-01-01 07:30Z', 'battery_spared'),
        (4, 2, timestamptz '2026-01-01 06:00Z', 'ok'),
        (5, 3, timestamptz '2026-01-01 06:00Z', 'battery_spared')
    ) told (number, meter_id, at, outcome);
    insert into archive_value (meter_id, kind, slot_start, circuit, quantity, slot_end, meter_time, value,
                               raw_value, raw_unit, factor, factor_set, poll_id, frame)
    select 1, 'hour', at, 1, quantity, at + interval '1 h', at at time zone '+05:00', 1, 1, 'Gcal', 1,
        'exact', '00000000-0000-0000-0000-000000000001', 2
    from unnest(array['2026-01-01 00:00Z', '2026-01-01 01:00Z', '2026-01-01 03:00Z']::timestamptz[]) at
    cross join unnest(array['energy_heating', 'energy_cooling']) quantity;
    insert into gap (meter_id, kind, slot_start, slot_end, reason, poll_id, frame, recorded_at)
    select 1, 'hour', at, at + interval '1 h', reason, '00000000-0000-0000-0000-000000000001', 2,
        '2026-01-01 06:00:02Z'
    from (values
        (timestamptz '2026-01-01 02:00Z', 'no_record'), (timestamptz '2026-01-01 05:00Z', 'not_yet_closed')
    ) told (at, reason);
"""


async def upgraded(url: str) -> None:
    """To the schema before plans, filled as it was filled then, and on to today's."""
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url), poolclass=NullPool
    )
    async with engine.begin() as connection:
        await connection.run_sync(_to_0004)
    await engine.dispose()
    async with Database(url) as database, database.connection() as filling:
        await filling.execute(_FILLED)
    await migrate(url)


def _to_0004(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(resources.files("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, "0004")


async def test_places_that_were_there_have_their_centres_and_what_billing_starts_from(
    empty_database_url: str,
) -> None:
    await upgraded(empty_database_url)
    async with Database(empty_database_url) as database:
        (site,) = await Registry(database).sites()
        assert (site.code, site.kind, site.heated_area) == ("s", "building", None)
        assert await ServiceCentres(database).list() == []
        assert await Journal(database).changes() == []
        acting("A. Serikova")
        await Registry(database).add_site("s", "School 5", service_centre="North", district="Almaly")
        changes = await Journal(database).changes()
        assert {(one.subject, one.changed_by) for one in changes} == {
            (subject, "A. Serikova") for subject in ("site", "service_centre", "district")
        }


async def test_what_was_read_before_is_known_after(empty_database_url: str) -> None:
    await upgraded(empty_database_url)
    async with Database(empty_database_url) as database:
        book = await Books(database).line(1, PollPlan(), START + 8 * HOUR)
        days = await database.rows("select meter_id, outcome, polls from poll_day order by 1, 2")
        asked = await database.rows(
            "select slot_start, asked, first_at = recorded_at as first from gap order by 1"
        )
    assert book is not None
    first, second, spared, unasked = book.meters
    hours = first.known[ArchiveKind.HOUR]
    assert hours == (Span(START, START + 2 * HOUR), Span(START + 3 * HOUR, START + 4 * HOUR))
    assert first.asked == {ArchiveKind.HOUR: {START + 2 * HOUR: 1}}
    assert (first.history.failures, first.history.outcome) == (1, Outcome.NO_ANSWER)
    assert first.history.last_at == START + 7 * HOUR + timedelta(seconds=2)
    assert first.history.read_at == START + 6 * HOUR + timedelta(seconds=2)
    assert (second.history.failures, second.history.outcome, second.known) == (0, Outcome.OK, {})
    assert [one.history.last_at for one in (spared, unasked)] == [None, None]
    assert list(map(tuple, days)) == [
        (1, "no_answer", 1),
        (1, "ok", 1),
        (1, "over_budget", 1),
        (2, "ok", 1),
        (3, "over_budget", 1),
    ]
    assert list(map(tuple, asked)) == [(START + 2 * HOUR, 1, True), (START + 5 * HOUR, 0, True)]
