-- name: create
insert into api_key (name, scopes, digest, service_centres, districts, requests_per_minute)
values ($1, $2, $3, $4, $5, $6)
returning id;

-- name: find
select * from api_key where digest = $1 and revoked_at is null;

-- name: revoke
update api_key set revoked_at = now() where id = $1 and revoked_at is null returning id;

-- name: list
select * from api_key order by id;

-- name: sees_usage_point
select point_in_area($1, $2, $3);

-- name: sees_meter
-- By where it stands, or stood last; what came from it, by where it stood then.
select meter_in_area($1, 'infinity', $2, $3);

-- name: sees_line
-- By all the meters on it: what else hangs there is another's.
select count(*) > 0 and bool_and(coalesce(in_area(service_centre, district, $2, $3), false))
from meter
left join installation on meter_id = meter.id
left join usage_point on usage_point.id = usage_point_id
left join site on site.id = site_id
where line_id = $1;

-- name: sees_poll
select exists (select from poll where id = $1 and meter_in_area(meter_id, started_at, $2, $3));

-- name: sees_poll_request
select exists (select from poll_request where id = $1 and meter_in_area(meter_id, requested_at, $2, $3));

-- name: sees_register_event
select exists (select from register_event where id = $1 and meter_in_area(meter_id, at, $2, $3));

-- name: sees_act
select exists (select from act where id = $1 and point_in_area(usage_point_id, $2, $3));

-- name: sees_reported_reading
select exists (select from reported_reading where id = $1 and point_in_area(usage_point_id, $2, $3));

-- name: sees_billing_run
-- By what it was asked about: all of that is there.
select exists (select from billing_run where number = $1 and scope_in_area(scope, $2, $3));

-- name: points_seen
select count(*)
from usage_point
join site on site.id = site_id
where usage_point.id = any ($1::bigint[]) and in_area(service_centre, district, $2, $3);
