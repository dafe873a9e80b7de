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
select exists (
    select from usage_point join site on site.id = site_id
    where usage_point.id = $1
        and in_area(service_centre, district, $2, $3)
);

-- name: sees_meter
-- By where the meter stands or stood.
select exists (
    select from installation
    join usage_point on usage_point.id = usage_point_id
    join site on site.id = site_id
    where meter_id = $1
        and in_area(service_centre, district, $2, $3)
);

-- name: sees_line
-- By all the meters on it: what else hangs there is another's.
select count(*) > 0 and bool_and(coalesce(in_area(service_centre, district, $2, $3), false))
from meter
left join installation on meter_id = meter.id
left join usage_point on usage_point.id = usage_point_id
left join site on site.id = site_id
where line_id = $1;

-- name: sees_poll
-- By where its meter stood or stands.
select exists (
    select from poll
    join installation on installation.meter_id = poll.meter_id
    join usage_point on usage_point.id = usage_point_id
    join site on site.id = site_id
    where poll.id = $1 and in_area(service_centre, district, $2, $3)
);

-- name: sees_poll_request
select exists (
    select from poll_request
    join installation on installation.meter_id = poll_request.meter_id
    join usage_point on usage_point.id = usage_point_id
    join site on site.id = site_id
    where poll_request.id = $1 and in_area(service_centre, district, $2, $3)
);

-- name: sees_act
select exists (
    select from act
    join usage_point on usage_point.id = usage_point_id
    join site on site.id = site_id
    where act.id = $1 and in_area(service_centre, district, $2, $3)
);

-- name: sees_reported_reading
select exists (
    select from reported_reading
    join usage_point on usage_point.id = usage_point_id
    join site on site.id = site_id
    where reported_reading.id = $1 and in_area(service_centre, district, $2, $3)
);

-- name: sees_register_event
select exists (
    select from register_event
    join installation on installation.meter_id = register_event.meter_id
    join usage_point on usage_point.id = usage_point_id
    join site on site.id = site_id
    where register_event.id = $1 and in_area(service_centre, district, $2, $3)
);

-- name: sees_billing_run
-- By what it was asked about: all of that is there.
select exists (select from billing_run where number = $1 and scope_in_area(scope, $2, $3));

-- name: points_seen
select count(*)
from usage_point
join site on site.id = site_id
where usage_point.id = any ($1::bigint[]) and in_area(service_centre, district, $2, $3);
