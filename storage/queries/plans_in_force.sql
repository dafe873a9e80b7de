-- name: settings
select null::bigint as meter_id, model, settings::text from poll_plan where usage_point_id is null
union all
-- Of several usage points that one meter measures, that of its first circuit counts.
(
    select distinct on (installation.meter_id) installation.meter_id, null, settings::text
    from poll_plan
    join installation using (usage_point_id)
    where installation.installed_at <= $1 and (installation.removed_at is null or installation.removed_at > $1)
    order by installation.meter_id, installation.circuit
);
