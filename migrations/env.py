"""Run by alembic inside a connection that the caller opened and handed over in `attributes`."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, text

connection: Connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=None)

with context.begin_transaction():
    # Two processes that start together migrate one after the other.
    connection.execute(text("select pg_advisory_xact_lock(hashtext('teplo.migrations'))"))
    context.run_migrations()
