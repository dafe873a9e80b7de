"""Which collectors are alive: a modem that is connected to a dead one is connected to nobody."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table collector (
            name text primary key check (name <> ''),
            instance uuid not null,
            seen_at timestamptz not null,
            alive_until timestamptz not null
        )
        """
    )
    op.execute(
        "comment on table collector is "
        "'Who polls: one process, instance, per name; alive_until is renewed while it lives'"
    )
