"""Modems and their pools, signal levels, calls, traffic, surveys, and strangers in quarantine."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = (
    """
    create table modem_pool (
        name text primary key check (name <> ''),
        collector text check (collector <> '')
    )
    """,
    "alter table line add pool text references modem_pool",
    """
    create table modem (
        id bigint generated always as identity primary key,
        kind text not null check (kind in ('own', 'remote')),
        identity text not null unique check (identity <> ''),
        pool text references modem_pool,
        url text,
        pin text,
        pin_refused boolean not null default false,
        line_id bigint unique references line,
        site text not null default '',
        phone text not null default '',
        imei text not null default '',
        iccid text not null default '',
        imsi text not null default '',
        operator text not null default '',
        maker text not null default '',
        model text not null default '',
        firmware text not null default '',
        allowance bigint check (allowance >= 0),
        month_starts_on integer not null default 1 check (month_starts_on between 1 and 28),
        address text not null default '',
        created_at timestamptz not null default now(),
        last_contact_at timestamptz,
        held_by text,
        held_since timestamptz,
        leased_by text,
        leased_until timestamptz,
        used_at timestamptz,
        rest_until timestamptz,
        failures integer not null default 0 check (failures >= 0),
        fault text not null default '',
        check ((kind = 'own') = (pool is not null and url is not null)),
        check (kind = 'remote' or line_id is null),
        check ((held_by is null) = (held_since is null)),
        check ((leased_by is null) = (leased_until is null))
    )
    """,
    "create index modem_of_pool on modem (pool, used_at) where kind = 'own'",
    "create index modem_held_by on modem (held_by) where held_by is not null",
    """
    create table signal_survey (
        id uuid primary key,
        line_id bigint references line,
        modem_id bigint references modem,
        state text not null check (state in ('queued', 'running', 'done', 'failed')),
        requested_at timestamptz not null,
        started_at timestamptz,
        finished_at timestamptz check (finished_at >= started_at),
        samples_wanted integer not null check (samples_wanted > 0),
        every interval not null check (every >= interval '0'),
        rule jsonb not null,
        url text not null default '',
        site text not null default '',
        sim text not null default '',
        operator text not null default '',
        engineer text not null default '',
        note text not null default '',
        message text not null default '',
        findings jsonb,
        samples jsonb not null default '[]'
    )
    """,
    "create index survey_of_line on signal_survey (line_id, requested_at desc, id desc)",
    "create index survey_by_time on signal_survey (requested_at desc, id desc)",
    "create index survey_waiting on signal_survey (line_id) where state in ('queued', 'running')",
    """
    create table signal_level (
        modem_id bigint not null references modem,
        at timestamptz not null,
        source text not null check (source <> ''),
        raw text not null,
        level numeric check (level <> 'NaN'),
        bit_errors integer,
        reference_power numeric check (reference_power <> 'NaN'),
        reference_quality numeric check (reference_quality <> 'NaN'),
        technology text,
        registration text,
        operator text not null default '',
        cell text not null default '',
        survey_id uuid references signal_survey,
        primary key (modem_id, at)
    )
    """,
    # Levels come in the order of their time: a few pages find the last weeks among years.
    "create index signal_level_by_time on signal_level using brin (at)",
    """
    create table call (
        id uuid primary key,
        modem_id bigint not null references modem,
        line_id bigint references line,
        number text not null check (number <> ''),
        collector text not null,
        started_at timestamptz not null,
        connected_at timestamptz check (connected_at >= started_at),
        ended_at timestamptz not null check (ended_at >= started_at),
        result text not null check (result <> ''),
        hung_up_by text,
        cause text not null default '',
        sent bigint not null check (sent >= 0),
        received bigint not null check (received >= 0),
        level numeric,
        raw text
    )
    """,
    "create index call_of_modem on call (modem_id, started_at desc, id desc)",
    "create index call_of_line on call (line_id, started_at desc, id desc)",
    "create index call_by_time on call (started_at desc, id desc)",
    """
    create table traffic (
        modem_id bigint not null references modem,
        day date not null,
        sent bigint not null check (sent >= 0),
        received bigint not null check (received >= 0),
        primary key (modem_id, day)
    )
    """,
    """
    create table stranger (
        identity text primary key check (identity <> ''),
        kind text not null,
        address text not null,
        first_at timestamptz not null,
        last_at timestamptz not null check (last_at >= first_at),
        times bigint not null check (times > 0),
        hello bytea not null check (length(hello) <= 512),
        listener text not null,
        collector text not null
    )
    """,
    "create index stranger_by_time on stranger (last_at desc, identity desc)",
    """
    create function sim_month(today date, starts_on integer) returns daterange
    language sql immutable as $$
        select daterange(start, (start + interval '1 month')::date)
        from (
            select case when today >= this_month then this_month
                else (this_month - interval '1 month')::date end as start
            from (select date_trunc('month', today::timestamp)::date + starts_on - 1 as this_month) month
        ) started
    $$
    """,
)

_COMMENTS = {
    "table modem_pool": "Modems of ours that stand in for each other; collector: the only one to reach them",
    "table modem": "A modem, ours (own) or a meter''s (remote); identity is an own one''s URL, else the "
    "line''s endpoint; allowance: bytes in a SIM month; address: the network address it last had",
    "table signal_level": "What a modem said of its signal: level and reference_power in dBm, "
    "reference_quality in dB, raw in its own words",
    "table call": "One attempt to call through a modem of ours; sent and received count bytes",
    "table traffic": "Bytes to and from a modem by UTC day",
    "table signal_survey": "A signal survey: what was asked, by which rule it was judged, what was found",
    "table stranger": "Devices that connected to us and are not registered, each with its latest hello",
    "function sim_month": "The month of a SIM''s plan in which a day lies",
}

_CHUNK = "30 days"
# As of readings: late entries are rare by then.
_COMPRESS_AFTER = "120 days"


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    for thing, comment in _COMMENTS.items():
        op.execute(f"comment on {thing} is '{comment}'")
    if _ask("select count(*) from pg_extension where extname = 'timescaledb'"):
        op.execute(f"select create_hypertable('signal_level', by_range('at', interval '{_CHUNK}'))")
        # Compression is not in the Apache edition, which some hosters run.
        if _ask("select current_setting('timescaledb.license') = 'timescale'"):
            _compress()


def _compress() -> None:
    op.execute(
        "alter table signal_level set (timescaledb.compress, "
        "timescaledb.compress_segmentby = 'modem_id', timescaledb.compress_orderby = 'at')"
    )
    op.execute(f"select add_compression_policy('signal_level', interval '{_COMPRESS_AFTER}')")


def _ask(question: str) -> object:
    return op.get_bind().exec_driver_sql(question).scalar()
