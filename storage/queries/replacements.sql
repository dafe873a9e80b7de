-- name: place
select model, address, line_id, zone from meter where id = $1;

-- name: registered
select id, line_id, address, polled from meter where model = $1 and serial = $2;

-- name: take_off
update meter set polled = false where line_id = $1 and address = $2 and polled returning id;

-- name: end_requests
update poll_request
set state = 'refused', finished_at = greatest(now(), requested_at), message = $2
where meter_id = $1 and state in ('queued', 'running');

-- name: register
insert into meter (serial, model, address, line_id, zone) values ($1, $2, $3, $4, $5)
on conflict (model, serial) do update
set address = excluded.address, line_id = excluded.line_id, zone = excluded.zone, polled = true
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
