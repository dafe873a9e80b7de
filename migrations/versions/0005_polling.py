"""Poll plans, what models keep, the state of meters, requests, quarantined readings, packed frames."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KIND = "check (kind in ('hour', 'day', 'month', 'total'))"

_STATEMENTS = (
    """
    alter table site
        add district text not null default '',
        add service_centre text not null default ''
    """,
    "alter table meter add registered_at timestamptz not null default now()",
    "alter table line drop asked_at, add home text, add visited_by text, add visited_since timestamptz",
    """
    alter table collector
        add spool_entries integer not null default 0 check (spool_entries >= 0),
        add spool_size bigint not null default 0 check (spool_size >= 0),
        add spool_limit bigint not null default 0 check (spool_limit >= 0),
        add spool_oldest_at timestamptz
    """,
    "create index line_visited on line (visited_by) where visited_by is not null",
    """
    create table model (
        name text primary key check (name <> ''),
        title text not null,
        protocol text not null,
        totals_every text not null check (totals_every in ('day', 'month')),
        polls_per_day integer check (polls_per_day > 0)
    )
    """,
    f"""
    create table model_archive (
        model text not null references model,
        kind text not null {_KIND},
        depth integer not null check (depth > 0),
        primary key (model, kind)
    )
    """,
    """
    create table poll_plan (
        id bigint generated always as identity primary key,
        usage_point_id bigint unique references usage_point,
        model text unique check (model <> ''),
        settings jsonb not null,
        changed_by text not null check (changed_by <> ''),
        changed_at timestamptz not null,
        check (num_nonnulls(usage_point_id, model) <= 1)
    )
    """,
    """
    create unique index poll_plan_of_all on poll_plan ((true))
    where usage_point_id is null and model is null
    """,
    """
    create table poll_plan_change (
        id bigint generated always as identity primary key,
        usage_point_id bigint references usage_point,
        model text,
        settings jsonb,
        changed_by text not null,
        changed_at timestamptz not null
    )
    """,
    """
    create table meter_state (
        meter_id bigint primary key references meter,
        poll_id uuid not null references poll,
        started_at timestamptz not null,
        last_at timestamptz not null,
        outcome text not null,
        failures integer not null check (failures >= 0),
        read_at timestamptz,
        ok_at timestamptz,
        clock_difference interval,
        clock_at timestamptz,
        configuration jsonb,
        level_at timestamptz
    )
    """,
    """
    create table poll_day (
        meter_id bigint not null references meter,
        day date not null,
        outcome text not null,
        polls integer not null check (polls > 0),
        air_time interval not null,
        sent bigint not null,
        received bigint not null,
        primary key (meter_id, day, outcome)
    )
    """,
    "create index poll_day_by_day on poll_day (day, outcome)",
    "update poll set outcome = 'over_budget' where outcome = 'battery_spared'",
    """
    insert into meter_state (meter_id, poll_id, started_at, last_at, outcome, failures, read_at, ok_at)
    select last.meter_id, last.id, last.started_at, last.finished_at, last.outcome,
        (last.outcome <> 'ok')::integer, ok.at, ok.at
    from (
        select distinct on (meter_id) * from poll where outcome <> 'over_budget'
        order by meter_id, started_at desc, id desc
    ) last
    left join (select meter_id, max(finished_at) as at from poll where outcome = 'ok' group by meter_id) ok
        using (meter_id)
    """,
    """
    insert into poll_day (meter_id, day, outcome, polls, air_time, sent, received)
    select meter_id, (started_at at time zone 'UTC')::date, outcome, count(*), sum(finished_at - started_at),
        0, 0
    from poll group by 1, 2, 3
    """,
    """
    create table stored_slots (
        meter_id bigint not null references meter,
        kind text not null check (kind in ('hour', 'day', 'month', 'total')),
        spans tstzmultirange not null,
        primary key (meter_id, kind)
    )
    """,
    """
    insert into stored_slots (meter_id, kind, spans)
    select meter_id, kind, range_agg(tstzrange(slot_start, slot_end)) from archive_value
    group by meter_id, kind
    """,
    """
    create table poll_request (
        id uuid primary key,
        meter_id bigint not null references meter,
        kind text not null check (kind in ('now', 'archive', 'link')),
        operator text not null check (operator <> ''),
        requested_at timestamptz not null,
        archive text check (archive in ('hour', 'day', 'month', 'total')),
        range_start timestamptz,
        range_end timestamptz check (range_end > range_start),
        state text not null check (state in ('queued', 'running', 'done', 'failed', 'refused', 'cancelled')),
        started_at timestamptz,
        finished_at timestamptz check (finished_at >= requested_at),
        steps_done integer not null default 0 check (steps_done >= 0),
        steps_wanted integer not null default 0 check (steps_wanted >= 0),
        message text not null default '',
        poll_id uuid,
        records integer not null default 0 check (records >= 0),
        gaps integer not null default 0 check (gaps >= 0),
        round_trip interval,
        check (
            (kind = 'archive') = (archive is not null and range_start is not null and range_end is not null)
        )
    )
    """,
    "create index poll_request_waiting on poll_request (meter_id) where state in ('queued', 'running')",
    "create index poll_request_of_meter on poll_request (meter_id, requested_at desc, id desc)",
    "alter table poll add request_id uuid, add held text",
    """
    create table held_poll (
        poll_id uuid primary key references poll,
        meter_id bigint not null references meter,
        reason text not null check (reason <> ''),
        state text not null check (state in ('waiting', 'accepted', 'rejected')),
        held_at timestamptz not null,
        packed bytea not null,
        decided_by text,
        decided_at timestamptz,
        note text not null default '',
        check ((state = 'waiting') = (decided_at is null)),
        check ((decided_by is null) = (decided_at is null))
    )
    """,
    "create index held_poll_waiting on held_poll (meter_id, held_at) where state = 'waiting'",
    f"""
    create table held_slot (
        poll_id uuid not null references held_poll on delete cascade,
        meter_id bigint not null references meter,
        kind text not null {_KIND},
        slot_start timestamptz not null,
        slot_end timestamptz not null,
        primary key (poll_id, kind, slot_start)
    )
    """,
    "create index held_slot_of_meter on held_slot (meter_id, kind, slot_start)",
    "alter table gap add asked integer not null default 1 check (asked >= 0), add first_at timestamptz",
    "update gap set first_at = recorded_at, asked = (reason <> 'not_yet_closed')::integer",
    "alter table gap alter first_at set not null",
    """
    alter table revision
        add cause text not null default 'read' check (cause in ('read', 'redecoded', 'accepted'))
    """,
    "create table contact_batch (id uuid primary key, stored_at timestamptz not null default now())",
    "create index contact_batch_by_age on contact_batch (stored_at)",
    "drop table raw_frame",
    """
    create table transcript (
        poll_id uuid not null references poll,
        at timestamptz not null,
        frames integer not null check (frames > 0),
        size bigint not null check (size >= 0),
        packed bytea not null,
        primary key (poll_id, at)
    )
    """,
    "create index transcript_by_time on transcript (at)",
)

_COMMENTS = {
    "table model": "What collectors know of the models of their meters, told at their start",
    "table model_archive": "How many slots of each archive a model''s memory holds",
    "table poll_plan": "Settings of poll plans: a usage point''s, a model''s, or everybody''s (both null)",
    "table poll_plan_change": "The journal of poll_plan; settings null: the row was removed",
    "table meter_state": "How each meter''s last polls ended; what is due is seen from here",
    "table stored_slots": "Which slots of each archive have records in archive_value",
    "table poll_day": "Polls by meter, UTC day and outcome, with what they cost",
    "table poll_request": "What people asked of meters, and what came of it",
    "table held_poll": "Readings kept apart until an engineer decides; packed: the poll''s report",
    "table held_slot": "Archive slots whose records wait in quarantine",
    "table contact_batch": "Batches of modem contacts whose bytes are counted: one told again is not",
    "table transcript": "The bytes of a poll as they went over the line, packed; at: the poll''s start",
    "column meter_state.level_at": "At which instant the newest valid level of a register stood",
    "column poll_request.records": "Archive slots that were read for it, those that were stored already too",
    "column poll_request.round_trip": "The usual time from a question to the first byte of its answer",
    "column collector.spool_entries": "What waits on its disk, as of seen_at; size and limit are bytes",
    "column line.home": "The collector that serves the line while the database is away",
    "column line.visited_by": "The collector that was serving the line when the database came back",
    "column gap.asked": "How many polls in which the meter said that it has no such record, "
    "too early ones left out",
}


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    for thing, comment in _COMMENTS.items():
        op.execute(f"comment on {thing} is '{comment}'")
    if _ask("select count(*) from pg_extension where extname = 'timescaledb'"):
        op.execute("select create_hypertable('transcript', by_range('at', interval '7 days'))")


def _ask(question: str) -> object:
    return op.get_bind().exec_driver_sql(question).scalar()
