-- name: lock
lock table act in share row exclusive mode;

-- name: last_ordinal
select coalesce(max(substring(number from length($1) + 1)::bigint), 0)
from act where starts_with(number, $1) and substring(number from length($1) + 1) ~ '^[0-9]{1,15}$';

-- name: add
insert into act (number, kind, usage_point_id, meter_id, at, contents, poll_id, entered_by, entered_at)
values ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9)
on conflict (number) do nothing
returning id;

-- name: annul
update act set annulled_at = $2, annulled_by = $3, annulled_because = $4
where id = $1 and annulled_at is null;

-- name: get
select id, number, kind, usage_point_id, meter_id, at, contents, poll_id, entered_by, entered_at,
    annulled_at, annulled_by, annulled_because
from act where id = $1;

-- name: of_number
select id, number, kind, usage_point_id, meter_id, at, contents, poll_id, entered_by, entered_at,
    annulled_at, annulled_by, annulled_because
from act where number = $1;

-- name: list
select id, number, kind, usage_point_id, meter_id, at, contents, poll_id, entered_by, entered_at,
    annulled_at, annulled_by, annulled_because
from act
where ($1::bigint is null or usage_point_id = $1) and ($2::text is null or kind = $2)
    and ($3::bigint is null or id < $3)
    and exists (
        select from usage_point
        join site on site.id = site_id
        where usage_point.id = usage_point_id and in_area(service_centre, district, $5, $6)
    )
order by id desc
limit $4;

-- name: of_points
select usage_point_id, number, kind, at
from act
where usage_point_id = any($1::bigint[]) and annulled_at is null
order by usage_point_id, at, id;

-- name: components_of_points
select usage_point_id, installed_at, removed_at, component.kind, component.type, component.serial,
    component.since, component.until, component.seal, component.verified_on, component.verification_due
from (
    select distinct usage_point_id, meter_id, installed_at, removed_at from installation
    where usage_point_id = any($1::bigint[]) and installed_at < $3 and (removed_at is null or removed_at > $2)
) as measured
join component using (meter_id)
order by usage_point_id, installed_at, component.since, component.kind;
