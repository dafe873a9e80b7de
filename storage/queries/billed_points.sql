-- name: page
-- A point's poll plan says when its month closes unless the point itself does: everybody's settings, over
-- them its meter's model's, over them its own.
select point.id, point.code, point.name, point.purpose, point.contract, point.account, point.zone, point.factor_set,
    point.billed_quantity, point.closing_day, point.closing_hour, point.calculated_load, point.largest_load,
    point.nominal_diameter, point.indoor_temperature, point.design_outdoor_temperature,
    site.code as site_code, site.district, site.service_centre, plan.settings as plan_settings,
    period.starts_at, period.ends_at
from usage_point point
join site on site.id = point.site_id
left join billing_period period on period.usage_point_id = point.id and period.month = $6
left join lateral (
    select meter.model
    from installation
    join meter on meter.id = installation.meter_id
    where installation.usage_point_id = point.id
    order by installation.removed_at desc nulls first, installation.circuit
    limit 1
) latest on true
left join lateral (
    select array_agg(settings::text order by usage_point_id nulls first, model nulls first) as settings
    from poll_plan
    where poll_plan.usage_point_id = point.id
        or (poll_plan.usage_point_id is null and (poll_plan.model is null or poll_plan.model = latest.model))
) plan on true
where point.id > $1
    and ($2::text[] is null or site.service_centre = any($2))
    and ($3::text[] is null or site.district = any($3))
    and ($4::bigint[] is null or point.id = any($4))
order by point.id
limit $5;
