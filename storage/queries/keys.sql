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
        and ($2::text[] is null or service_centre = any ($2)) and ($3::text[] is null or district = any ($3))
);

-- name: sees_meter
-- By where the meter stands or stood.
select exists (
    select from installation
    join usage_point on usage_point.id = usage_point_id
    join site on site.id = site_id
    where meter_id = $1
        and ($2::text[] is null or service_centre = any ($2)) and ($3::text[] is null or district = any ($3))
);

-- name: sees_line
-- By all the meters on it: what else hangs there is another's.
select count(*) > 0 and bool_and(coalesce(
    ($2::text[] is null or service_centre = any ($2)) and ($3::text[] is null or district = any ($3)), false
))
from meter
left join installation on meter_id = meter.id
left join usage_point on usage_point.id = usage_point_id
left join site on site.id = site_id
where line_id = $1;
