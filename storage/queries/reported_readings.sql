-- name: places
-- At the instant of a replacement the meter that was put in counts, unless the other one is named.
select point.factor_set, point.billed_quantity, installation.meter_id, installation.circuit
from usage_point point
left join installation on installation.usage_point_id = point.id
    and installation.installed_at <= $2
    and (
        installation.removed_at is null or installation.removed_at > $2
        or (installation.removed_at = $2 and installation.meter_id = $3)
    )
    and ($3::bigint is null or installation.meter_id = $3)
    and ($4::integer is null or installation.circuit = $4)
where point.id = $1
order by installation.meter_id, installation.circuit;

-- name: enter
insert into reported_reading (
    usage_point_id, meter_id, circuit, quantity, at, value, raw_value, raw_unit, factor, factor_set,
    source, reported_by, entered_by, entered_at, note
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
on conflict (meter_id, circuit, quantity, at, source) where withdrawn_at is null do nothing
returning *;

-- name: same
select * from reported_reading
where meter_id = $1 and circuit = $2 and quantity = $3 and at = $4 and source = $5 and withdrawn_at is null;

-- name: withdraw
update reported_reading set withdrawn_at = $2, withdrawn_by = $3, withdrawn_because = $4
where id = $1 and withdrawn_at is null
returning *;

-- name: get
select * from reported_reading where id = $1;

-- name: list
select *
from reported_reading
where usage_point_id = $1 and at >= $2 and at < $3 and id > $4
order by id
limit $5;

-- name: points_of_codes
select id, code, zone from usage_point where code = any($1::text[]);

-- name: compare
-- The meter's own valid levels next to each reported one.
select reported.*,
    earlier.at as earlier_at, earlier.value as earlier_value,
    later.at as later_at, later.value as later_value
from (
    select * from reported_reading
    where usage_point_id = $1 and at >= $2 and at < $3 and id > $4 and withdrawn_at is null
    order by id
    limit $5
) reported
left join lateral (
    select level.at, level.value from register_level level
    where level.meter_id = reported.meter_id and level.circuit = reported.circuit
        and level.quantity = reported.quantity and not level.flags && $6::text[]
        and level.at between reported.at - $7::interval and reported.at
    order by level.at desc, level.source desc
    limit 1
) earlier on true
left join lateral (
    select level.at, level.value from register_level level
    where level.meter_id = reported.meter_id and level.circuit = reported.circuit
        and level.quantity = reported.quantity and not level.flags && $6::text[]
        and level.at between reported.at and reported.at + $7::interval
    order by level.at, level.source desc
    limit 1
) later on true
order by reported.id;

-- name: meters_of_points
select installation.usage_point_id, meter.serial, meter.id
from installation
join meter on meter.id = installation.meter_id
where installation.usage_point_id = any($1::bigint[])
order by meter.id;
