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
order by slot_start, kind;

-- name: revisions
select id, meter_id, circuit, kind, slot_start, slot_end, quantity, meter_time, value, absence, flags,
    poll_id, frame, raw_value, raw_unit, factor, factor_set, replaced_by, recorded_at, cause
from revision
where meter_id = $1 and slot_start >= $2 and slot_start < $3
order by slot_start, id;

-- name: last_levels
select distinct on (meter_id, circuit, quantity) meter_id, circuit, quantity, raw_value, raw_unit
from snapshot_value
where meter_id = any($1::bigint[]) and read_at >= $2 and quantity = any($3::text[])
    and value is not null and not flags && $4::text[]
order by meter_id, circuit, quantity, read_at desc;
