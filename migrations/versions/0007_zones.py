"""Changes of the zones in which meters' clocks are set, as rows."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    create table meter_zone (
        meter_id bigint not null references meter,
        since timestamptz not null check (isfinite(since) and since = date_trunc('second', since)),
        zone text not null check (zone ~ '^[^;=]+$'),
        decreed_by text not null check (decreed_by <> ''),
        entered_at timestamptz not null,
        primary key (meter_id, since)
    )
    """,
    """
    create function zone_of_meter(meter_id bigint, zone text) returns text language sql stable
    return zone_of_meter.zone || coalesce((
        select string_agg(
            to_char(change.since at time zone 'UTC', '";"YYYY-MM-DD"T"HH24:MI:SS"Z="') || change.zone, ''
            order by change.since
        )
        from meter_zone change
        where change.meter_id = zone_of_meter.meter_id
    ), '')
    """,
)

_COMMENTS = {
    "table meter_zone": "From when on a meter''s clock is set in another zone than before, by law or by hand",
    "column meter_zone.decreed_by": "The law, or whoever set the clock over",
    "function zone_of_meter(bigint, text)": "The zone of a meter''s clock with all its changes, as one text: "
    "+06:00;2024-02-29T18:00:00Z=+05:00",
}


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    for thing, comment in _COMMENTS.items():
        op.execute(f"comment on {thing} is '{comment}'")
