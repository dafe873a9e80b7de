-- name: enter
insert into boundary_register (
    meter_id, at, side, entered_by, entered_at, note, circuit, quantity, value, raw_value, raw_unit, factor, factor_set
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: take_closing
insert into boundary_register (
    meter_id, at, side, entered_by, entered_at, note, circuit, quantity, value, raw_value, raw_unit, factor,
    factor_set, poll_id, frame
)
select distinct on (circuit, quantity) $1::bigint, $2::timestamptz, $3, $4, $5::timestamptz, $6, circuit, quantity, value, raw_value, raw_unit,
    factor, factor_set, poll_id, frame
from snapshot_value
where meter_id = $1 and read_at > $2 - $7::interval and read_at <= $2
    and quantity = any($8::text[]) and value is not null and not flags && $9::text[]
order by circuit, quantity, read_at desc
on conflict do nothing;

-- name: take_opening
insert into boundary_register (
    meter_id, at, side, entered_by, entered_at, note, circuit, quantity, value, raw_value, raw_unit, factor,
    factor_set, poll_id, frame
)
select distinct on (circuit, quantity) $1::bigint, $2::timestamptz, $3, $4, $5::timestamptz, $6, circuit, quantity, value, raw_value, raw_unit,
    factor, factor_set, poll_id, frame
from snapshot_value
where meter_id = $1 and read_at >= $2 and read_at < $2 + $7::interval
    and quantity = any($8::text[]) and value is not null and not flags && $9::text[]
order by circuit, quantity, read_at
on conflict do nothing;

-- name: of_meters
select meter_id, circuit, quantity, at, side, value, raw_value, raw_unit, factor, factor_set, poll_id, frame,
    entered_by, entered_at, note
from boundary_register
where meter_id = any($1::bigint[])
order by at, side, meter_id, circuit, quantity;
