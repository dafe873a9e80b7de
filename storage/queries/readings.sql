-- name: archive
select meter_id, circuit, kind, slot_start, slot_end, quantity, meter_time, value, absence, flags,
    poll_id, frame, raw_value, raw_unit, factor, factor_set
from archive_value
where meter_id = $1 and kind = $2 and slot_start >= $3 and slot_start < $4
    and ($5::text is null or quantity = $5)
    and ($6::timestamptz is null or (slot_start, circuit, quantity) > ($6, $7::integer, $8::text))
order by slot_start, circuit, quantity
limit $9;

-- name: snapshots
select meter_id, circuit, read_at, quantity, meter_time, value, absence, flags,
    poll_id, frame, raw_value, raw_unit, factor, factor_set
from snapshot_value
where meter_id = $1 and read_at >= $2 and read_at < $3
order by read_at desc, circuit, quantity
limit $4;

-- name: latest_snapshot
select meter_id, circuit, read_at, quantity, meter_time, value, absence, flags,
    poll_id, frame, raw_value, raw_unit, factor, factor_set
from snapshot_value
where meter_id = $1 and read_at = (
    select read_at from snapshot_value where meter_id = $1 order by read_at desc limit 1
)
order by circuit, quantity;

-- name: gaps
select meter_id, kind, slot_start, slot_end, reason, poll_id, frame, recorded_at, first_at, asked
from gap
where meter_id = $1 and slot_start >= $2 and slot_start < $3
    and ($4::timestamptz is null or (slot_start, kind) > ($4, $5::text))
order by slot_start, kind
limit $6;

-- name: revisions
select id, meter_id, circuit, kind, slot_start, slot_end, quantity, meter_time, value, absence, flags,
    poll_id, frame, raw_value, raw_unit, factor, factor_set, replaced_by, recorded_at, cause
from revision
where meter_id = $1 and slot_start >= $2 and slot_start < $3
    and ($4::timestamptz is null or (slot_start, id) > ($4, $5::bigint))
order by slot_start, id
limit $6;

-- name: last_levels
-- Registers that the meter has shown of late; then back in time, as one that is in doubt may be so for long.
select shown.meter_id, shown.circuit, shown.quantity, level.raw_value, level.raw_unit
from (
    select distinct recent.meter_id, recent.circuit, recent.quantity
    from unnest($1::bigint[]) as asked (meter_id)
    cross join lateral (
        select read_at from snapshot_value
        where meter_id = asked.meter_id and read_at >= $2
        order by read_at desc limit 1
    ) newest
    join snapshot_value recent on recent.meter_id = asked.meter_id and recent.read_at >= $2
        and recent.read_at > newest.read_at - interval '1 day' and recent.quantity = any($3::text[])
) shown
cross join lateral (
    select raw_value, raw_unit from snapshot_value stored
    where stored.meter_id = shown.meter_id and stored.read_at >= $2 and stored.circuit = shown.circuit
        and stored.quantity = shown.quantity and value is not null and not flags && $4::text[]
    order by read_at desc limit 1
) level
order by 1, 2, 3;
