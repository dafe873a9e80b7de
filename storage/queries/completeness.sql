-- name: watched
select point.id as usage_point_id, point.code, point.name, point.zone, point.district, point.service_centre,
    meter.id as meter_id, meter.serial, zone_of_meter(meter.id, meter.zone) as meter_zone, meter.line_id, meter.polled, meter.model,
    meter.registered_at, installed.installed_at, installed.removed_at, point.settings
from (
    select usage_point.id, usage_point.code, usage_point.name, usage_point.zone, site.district, site.service_centre,
        poll_plan.settings
    from usage_point
    join site on site.id = usage_point.site_id
    left join poll_plan on poll_plan.usage_point_id = usage_point.id
    where usage_point.id > $1 and exists (select from installation where usage_point_id = usage_point.id)
        and ($2::bigint is null or usage_point.id = $2)
        and ($3::text is null or site.district = $3)
        and ($4::text is null or site.service_centre = $4)
        and in_area(site.service_centre, site.district, $6, $7)
    order by usage_point.id
    limit $5
) point
cross join lateral (
    select meter_id, min(installed_at) as installed_at,
        case when bool_and(removed_at is not null) then max(removed_at) end as removed_at
    from installation
    where usage_point_id = point.id
    group by meter_id
) installed
join meter on meter.id = installed.meter_id
order by point.id, installed.installed_at, meter.id;

-- name: shared_settings
select model, settings from poll_plan where usage_point_id is null;

-- name: stored
select wanted.number, count(*) as slots
from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[])
    with ordinality as wanted (meter_id, kind, first, last, number)
cross join lateral (
    select distinct slot_start
    from archive_value
    where meter_id = wanted.meter_id and kind = wanted.kind and slot_start between wanted.first and wanted.last
) stored
group by wanted.number;

-- name: gaps
select wanted.number, gap.reason, count(*) as slots
from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[])
    with ordinality as wanted (meter_id, kind, first, last, number)
join gap on gap.meter_id = wanted.meter_id and gap.kind = wanted.kind
    and gap.slot_start between wanted.first and wanted.last
group by wanted.number, gap.reason
order by wanted.number, gap.reason;

-- name: held
select wanted.number, count(distinct held_slot.slot_start) as slots
from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[])
    with ordinality as wanted (meter_id, kind, first, last, number)
join held_slot on held_slot.meter_id = wanted.meter_id and held_slot.kind = wanted.kind
    and held_slot.slot_start between wanted.first and wanted.last
join held_poll on held_poll.poll_id = held_slot.poll_id and held_poll.state = 'waiting'
where not exists (
    select from archive_value stored
    where stored.meter_id = wanted.meter_id and stored.kind = wanted.kind
        and stored.slot_start = held_slot.slot_start
)
and not exists (
    select from gap
    where gap.meter_id = wanted.meter_id and gap.kind = wanted.kind and gap.slot_start = held_slot.slot_start
)
group by wanted.number;

-- name: causes
select asked.meter_id, coalesce(
    (
        select outcome from poll_day
        where meter_id = asked.meter_id and day between $2 and $3 and outcome <> 'ok'
        group by outcome order by sum(polls) desc, outcome limit 1
    ),
    nullif(meter_state.outcome, 'ok')
) as outcome
from unnest($1::bigint[]) as asked (meter_id)
left join meter_state on meter_state.meter_id = asked.meter_id;
