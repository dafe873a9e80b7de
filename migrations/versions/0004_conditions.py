"""What meters report of their state, and which of their clocks were set."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    create table condition (
        meter_id bigint not null references meter,
        kind text not null check (kind in ('snapshot', 'hour', 'day', 'month', 'total')),
        at timestamptz not null,
        circuit integer not null check (circuit >= 0),
        name text not null check (name <> ''),
        place text not null,
        code text not null,
        poll_id uuid not null references poll,
        frame integer not null check (frame >= 0),
        primary key (meter_id, at, kind, circuit, name, place, code)
    )
    """,
    """
    create table clock_setting (
        id uuid primary key,
        meter_id bigint not null references meter,
        serial text not null check (serial <> ''),
        operator text not null check (operator <> ''),
        requested_at timestamptz not null,
        across_hour boolean not null,
        state text not null check (state in ('queued', 'running', 'set', 'refused', 'failed')),
        finished_at timestamptz check (finished_at >= requested_at),
        before_setting timestamp,
        sent timestamp,
        after_setting timestamp,
        message text not null default '',
        poll_id uuid references poll
    )
    """,
    "create index clock_setting_of_meter on clock_setting (meter_id, requested_at desc)",
    "create index clock_setting_waiting on clock_setting (meter_id) where state in ('queued', 'running')",
)

_COMMENTS = {
    "table condition": "What a meter reported of its state beside a snapshot (at: read_at) or "
    "a record (at: slot start)",
    "table clock_setting": "The journal of meter clocks that were to be set: who asked, when, and "
    "what came of it",
}


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    for thing, comment in _COMMENTS.items():
        op.execute(f"comment on {thing} is '{comment}'")
