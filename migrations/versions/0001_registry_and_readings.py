"""The registry, polls with their frames, readings with their origin, keys and billing queries."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# A reading's columns, the same wherever readings are kept.
_READING = """
    value numeric,
    absence text,
    raw_value numeric,
    raw_unit text not null,
    factor numeric not null,
    factor_set text not null,
    flags text[] not null default '{}',
    poll_id uuid not null references poll,
    frame integer not null check (frame >= 0),
    check ((value is null) = (absence is not null)),
    check (value is null or (value <> 'NaN' and abs(value) <> 'Infinity')),
    check (factor > 0)
"""

_KIND = "kind text not null check (kind in ('hour', 'day', 'month', 'total'))"
_CIRCUIT = "circuit integer not null check (circuit between 1 and 99)"

_TABLES = (
    """
    create table site (
        id bigint generated always as identity primary key,
        code text not null unique check (code <> ''),
        name text not null,
        address text not null default ''
    )
    """,
    """
    create table usage_point (
        id bigint generated always as identity primary key,
        code text not null unique check (code <> ''),
        name text not null,
        site_id bigint not null references site,
        zone text not null check (zone <> ''),
        factor_set text not null check (factor_set <> ''),
        billed_quantity text not null check (billed_quantity <> '')
    )
    """,
    """
    create table line (
        id bigint generated always as identity primary key,
        url text not null check (url <> ''),
        endpoint text not null unique check (endpoint <> ''),
        collector text check (collector <> ''),
        asked_at timestamptz
    )
    """,
    """
    create table meter (
        id bigint generated always as identity primary key,
        serial text not null check (serial <> ''),
        model text not null check (model <> ''),
        address text not null,
        line_id bigint not null references line,
        zone text not null check (zone <> ''),
        polled boolean not null default true,
        unique (model, serial)
    )
    """,
    "create unique index meter_address on meter (line_id, address) where polled",
    # Number ranges stand in for plain numbers: GiST indexes them without an extension.
    f"""
    create table installation (
        usage_point_id bigint not null references usage_point,
        meter_id bigint not null references meter,
        {_CIRCUIT},
        installed_at timestamptz not null,
        removed_at timestamptz check (removed_at > installed_at),
        primary key (usage_point_id, circuit, installed_at),
        constraint one_meter_at_a_time exclude using gist (
            int8range(usage_point_id, usage_point_id, '[]') with &&,
            int4range(circuit, circuit, '[]') with &&,
            tstzrange(installed_at, removed_at) with &&
        ),
        constraint one_place_at_a_time exclude using gist (
            int8range(meter_id, meter_id, '[]') with &&,
            int4range(circuit, circuit, '[]') with &&,
            tstzrange(installed_at, removed_at) with &&
        )
    )
    """,
    "create index installation_of_meter on installation (meter_id)",
    """
    create table poll (
        id uuid primary key,
        meter_id bigint not null references meter,
        collector text not null,
        started_at timestamptz not null,
        finished_at timestamptz not null check (finished_at >= started_at),
        outcome text not null check (outcome <> ''),
        message text not null,
        identity jsonb,
        configuration jsonb,
        clock_difference interval,
        findings text[] not null default '{}'
    )
    """,
    "create index poll_of_meter on poll (meter_id, started_at desc, id desc)",
    "create index poll_by_time on poll (started_at desc, id desc)",
    """
    create table raw_frame (
        poll_id uuid not null references poll,
        number integer not null check (number > 0),
        at timestamptz not null,
        direction text not null check (direction in ('sent', 'received')),
        data bytea not null check (length(data) <= 65536),
        primary key (poll_id, number, at)
    )
    """,
    f"""
    create table archive_value (
        meter_id bigint not null references meter,
        {_KIND},
        slot_start timestamptz not null,
        {_CIRCUIT},
        quantity text not null check (quantity <> ''),
        slot_end timestamptz not null,
        meter_time timestamp not null,
        {_READING},
        check (slot_end > slot_start),
        primary key (meter_id, kind, slot_start, circuit, quantity)
    )
    """,
    f"""
    create table snapshot_value (
        meter_id bigint not null references meter,
        read_at timestamptz not null,
        {_CIRCUIT},
        quantity text not null check (quantity <> ''),
        meter_time timestamp,
        {_READING},
        primary key (meter_id, read_at, circuit, quantity)
    )
    """,
    f"""
    create table gap (
        meter_id bigint not null references meter,
        {_KIND},
        slot_start timestamptz not null,
        slot_end timestamptz not null check (slot_end > slot_start),
        reason text not null check (reason <> ''),
        poll_id uuid not null references poll,
        frame integer not null check (frame >= 0),
        recorded_at timestamptz not null,
        primary key (meter_id, kind, slot_start)
    )
    """,
    f"""
    create table revision (
        id bigint generated always as identity primary key,
        meter_id bigint not null references meter,
        {_KIND},
        slot_start timestamptz not null,
        {_CIRCUIT},
        quantity text not null check (quantity <> ''),
        slot_end timestamptz not null,
        meter_time timestamp not null,
        {_READING},
        replaced_by uuid not null references poll,
        recorded_at timestamptz not null
    )
    """,
    "create index revision_of_slot on revision (meter_id, slot_start)",
    """
    create table api_key (
        id bigint generated always as identity primary key,
        name text not null check (name <> ''),
        scopes text[] not null,
        digest bytea not null unique check (length(digest) = 32),
        created_at timestamptz not null default now(),
        revoked_at timestamptz
    )
    """,
    """
    create table billing_query (
        id bigint generated always as identity primary key,
        api_key_id bigint references api_key,
        asked_at timestamptz not null default now(),
        period_start timestamptz not null,
        period_end timestamptz not null check (period_end > period_start),
        lines integer not null check (lines >= 0),
        total numeric
    )
    """,
    """
    create view register_level as
    select meter_id, circuit, quantity, slot_start as at, 'total' as source, value, flags,
        poll_id, frame, raw_value, raw_unit, factor, factor_set
    from archive_value
    where kind = 'total' and value is not null
    union all
    select meter_id, circuit, quantity, read_at, 'snapshot', value, flags,
        poll_id, frame, raw_value, raw_unit, factor, factor_set
    from snapshot_value
    where value is not null
    """,
)

_COMMENTS = {
    "table site": "A place that is heated",
    "table usage_point": "Where heat is billed; outlives its meters",
    "table line": "A shared medium with one talker at a time; endpoint is what can be opened only once",
    "table meter": "A meter on a line; zone is that of its clock",
    "table installation": "Which circuit of which meter measures a usage point, half-open in time",
    "table poll": "One conversation with a meter and its end; clock_difference: the meter''s minus ours",
    "table raw_frame": "The bytes of a poll as they went over the line, numbered within the poll",
    "table archive_value": "Archive records: amounts of an hour, day or month, means of instant quantities, "
    "and register levels as they stood at slot_start (total); meter_time is the meter''s own stamp",
    "table snapshot_value": "Current values; for registers their level at read_at, by our clock",
    "table gap": "Slots for which the meter has no record; a record that comes later removes its gap",
    "table revision": "Values that do not stand: the poll replaced_by read another one for the same slot",
    "table api_key": "SHA-256 of each key of the API, and what it opens",
    "table billing_query": "Who asked for which period, and what was answered; total in Gcal",
    "view register_level": "Every level a register was seen at, whatever it was read from",
}

_HYPERTABLES = (
    ("archive_value", "slot_start", "30 days", "meter_id, kind", "slot_start, circuit, quantity"),
    ("snapshot_value", "read_at", "7 days", "meter_id", "read_at, circuit, quantity"),
    ("raw_frame", "at", "7 days", "poll_id", "at, number"),
)
"""Table, its time, the span of a chunk, and how a compressed chunk is segmented and ordered."""

# Meters answer for months: a chunk is compressed only when late records have become rare.
_COMPRESS_AFTER = "120 days"


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    for thing, comment in _COMMENTS.items():
        op.execute(f"comment on {thing} is '{comment}'")
    if _ask("select count(*) from pg_available_extensions where name = 'timescaledb'"):
        _make_hypertables()


def _make_hypertables() -> None:
    op.execute("create extension if not exists timescaledb")
    for table, time, chunk, _, _ in _HYPERTABLES:
        op.execute(f"select create_hypertable('{table}', by_range('{time}', interval '{chunk}'))")
    # Compression is not in the Apache edition, which some hosters run.
    if _ask("select current_setting('timescaledb.license') = 'timescale'"):
        _compress()


def _compress() -> None:
    for table, _, _, segment, order in _HYPERTABLES:
        op.execute(
            f"alter table {table} set (timescaledb.compress, "
            f"timescaledb.compress_segmentby = '{segment}', timescaledb.compress_orderby = '{order}')"
        )
        op.execute(f"select add_compression_policy('{table}', interval '{_COMPRESS_AFTER}')")


def _ask(question: str) -> object:
    return op.get_bind().exec_driver_sql(question).scalar()
