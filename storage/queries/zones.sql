-- name: lock
lock table meter_zone in share row exclusive mode;

-- name: meters_in
select meter.id
from meter
where coalesce(
    (select change.zone from meter_zone change
     where change.meter_id = meter.id and change.since < $2 order by change.since desc limit 1),
    substring(meter.zone from '[^;=]+$')
) = $1
order by meter.id;

-- name: change
insert into meter_zone (meter_id, since, zone, decreed_by, entered_at)
select meter_id, $2, $3, $4, $5 from unnest($1::bigint[]) as changed (meter_id)
on conflict (meter_id, since) do update
set zone = excluded.zone, decreed_by = excluded.decreed_by, entered_at = excluded.entered_at
where meter_zone.zone <> excluded.zone
returning meter_id;

-- name: texts
select distinct zone_of_meter(id, zone) as zone from meter where id = any($1::bigint[]);

-- name: of_meter
select meter_id, since, zone, decreed_by, entered_at from meter_zone where meter_id = $1 order by since;

-- name: usage_points_in
select code from usage_point where substring(zone from '[^;=]+$') = $1 order by code;
