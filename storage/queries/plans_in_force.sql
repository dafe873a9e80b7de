-- name: settings
select null::bigint as meter_id, model, settings::text, null::integer as closing_day, null::integer as closing_hour
from poll_plan where usage_point_id is null
union all
-- Of several usage points that one meter measures, that of its first circuit counts.
(
    select distinct on (installation.meter_id) installation.meter_id, null, poll_plan.settings::text,
        point.closing_day, point.closing_hour
    from installation
    join usage_point point on point.id = installation.usage_point_id
    left join poll_plan on poll_plan.usage_point_id = point.id
    where num_nonnulls(poll_plan.settings, point.closing_day) > 0
        and installation.installed_at <= $1 and (installation.removed_at is null or installation.removed_at > $1)
    order by installation.meter_id, installation.circuit
);
