-- name: entries
-- A register that bills may rest on was seen near the closing, or somebody reported one; or else the last act
-- before the closing took the meter out of use.
select asked.usage_point_id,
    exists (
        select from installation
        where installation.usage_point_id = asked.usage_point_id
            and installation.installed_at <= asked.closing + asked.tolerance
            and (installation.removed_at is null or installation.removed_at >= asked.closing - asked.tolerance)
            and (
                exists (
                    select from register_level level
                    where level.meter_id = installation.meter_id and level.circuit = installation.circuit
                        and level.quantity = asked.quantity and not level.flags && $5::text[]
                        and level.at between asked.closing - asked.tolerance and asked.closing + asked.tolerance
                )
                or exists (
                    select from boundary_register boundary
                    where boundary.meter_id = installation.meter_id
                        and boundary.circuit = installation.circuit and boundary.quantity = asked.quantity
                        and boundary.at between asked.closing - asked.tolerance and asked.closing + asked.tolerance
                )
            )
    )
    or exists (
        select from reported_reading reported
        where reported.usage_point_id = asked.usage_point_id and reported.quantity = asked.quantity
            and reported.withdrawn_at is null
            and reported.at between asked.closing - asked.tolerance and asked.closing + asked.tolerance
    ) as entered,
    coalesce(last_act.kind = 'withdrawal', false) as withdrawn
from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::interval[])
    as asked (usage_point_id, quantity, closing, tolerance)
left join lateral (
    select act.kind from act
    where act.usage_point_id = asked.usage_point_id and act.annulled_at is null
        and act.kind in ('admission', 'withdrawal') and act.at <= asked.closing
    order by act.at desc, act.id desc
    limit 1
) last_act on true;

-- name: visits
select point.id as usage_point_id, point.contract, point.name, site.address, meter.model as meter_type,
    meter.serial, due.verification_due
from usage_point point
join site on site.id = point.site_id
join lateral (
    select distinct meter_id from installation where usage_point_id = point.id and removed_at is null
) installed on true
join meter on meter.id = installed.meter_id
left join lateral (
    select min(component.verification_due) as verification_due
    from component
    where component.meter_id = meter.id and component.since <= $4 and (component.until is null or component.until > $4)
) due on true
where (point.id = any($1::bigint[]) or point.code = any($2::text[]) or meter.serial = any($3::text[]))
    and ($6::text[] is null or site.service_centre = any($6))
    and ($7::text[] is null or site.district = any($7))
order by site.service_centre, site.district, site.address, point.code, meter.serial
limit $5;

-- name: due
select site.service_centre, site.district, point.contract, point.name, site.address,
    meter.serial as meter_serial, component.kind, component.type, component.serial, component.verified_on,
    component.verification_due
from component
join meter on meter.id = component.meter_id
join lateral (
    select distinct usage_point_id from installation where meter_id = meter.id and removed_at is null
) installed on true
join usage_point point on point.id = installed.usage_point_id
join site on site.id = point.site_id
where component.verification_due <= $1 and (component.until is null or component.until > $2)
    and ($4::text[] is null or site.service_centre = any($4))
    and ($5::text[] is null or site.district = any($5))
order by site.service_centre, site.district, component.verification_due, site.address, point.code,
    meter.serial, component.kind, component.serial
limit $3;
