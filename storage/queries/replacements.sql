-- name: place
select model, address, line_id, zone from meter where id = $1;

-- name: registered
select id, line_id, address, polled from meter where model = $1 and serial = $2;

-- name: occupant
select id from meter where line_id = $1 and address = $2 and polled;

-- name: take_off
update meter set polled = false where id = $1 and polled;

-- name: end_requests
update poll_request
set state = 'refused', finished_at = greatest(now(), requested_at), message = $2
where meter_id = $1 and state in ('queued', 'running');

-- name: register
-- Nobody asks a meter that pushes what it measures.
insert into meter (serial, model, address, line_id, zone, polled)
select $1, $2, $3, line.id, $5, line.url not like 'mqtt:%' from line where line.id = $4
on conflict (model, serial) do update
set address = excluded.address, line_id = excluded.line_id, zone = excluded.zone, polled = excluded.polled
returning id;

-- name: forget_zones
delete from meter_zone where meter_id = $2 and $1 <> $2;

-- name: inherit_zones
insert into meter_zone (meter_id, since, zone, decreed_by, entered_at)
select $2, since, zone, decreed_by, entered_at from meter_zone where meter_id = $1
on conflict do nothing;

-- name: hand_over
with removed as (
    update installation set removed_at = $3
    where meter_id = $1 and removed_at is null
    returning usage_point_id, circuit
)
insert into installation (usage_point_id, meter_id, circuit, installed_at)
select usage_point_id, $2, circuit, $3 from removed;

-- name: measured
select installation.usage_point_id, installation.circuit, point.factor_set, point.billed_quantity
from installation
join usage_point point on point.id = installation.usage_point_id
where installation.meter_id = $1 and installation.removed_at is null
order by installation.circuit;

-- name: handed_over
select distinct before.meter_id, later.installed_at
from installation later
join installation before on before.usage_point_id = later.usage_point_id and before.circuit = later.circuit
    and before.removed_at = later.installed_at and before.meter_id <> later.meter_id
where later.meter_id = $1
    and later.installed_at = (select min(started_at) from poll where id = any($2::uuid[]));
