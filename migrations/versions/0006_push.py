"""Messages that could not be understood, and collectors that have a broker only."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    create table dead_letter (
        digest bytea primary key check (length(digest) = 32),
        topic text not null,
        payload bytea not null,
        size integer not null check (size >= length(payload)),
        reason text not null check (reason <> ''),
        first_at timestamptz not null,
        last_at timestamptz not null check (last_at >= first_at),
        times bigint not null check (times > 0)
    )
    """,
    "create index dead_letter_by_time on dead_letter (last_at desc, digest desc)",
    """
    create table regional_collector (
        name text primary key check (name <> ''),
        online boolean not null,
        heard_at timestamptz not null,
        spool_entries bigint not null default 0 check (spool_entries >= 0),
        spool_size bigint not null default 0 check (spool_size >= 0),
        spool_oldest_at timestamptz
    )
    """,
)

_COMMENTS = {
    "table dead_letter": "Messages that nobody understood; payload is its first part, size that of all",
    "column dead_letter.digest": "SHA-256 of topic and payload: a message that comes again is counted",
    "table regional_collector": "What collectors without a database last said of themselves over MQTT",
}


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    for thing, comment in _COMMENTS.items():
        op.execute(f"comment on {thing} is '{comment}'")
