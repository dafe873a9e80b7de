-- name: registers
with point as (
    select id, coalesce($5::text, billed_quantity) as quantity
    from usage_point
    where ($4::bigint is null and id > $7) or id = $4
    order by id
    limit $8
), segment as (
    select usage_point_id, meter_id, circuit, quantity, installed_at, removed_at,
        greatest(installed_at, $1::timestamptz) as opens_at,
        least(removed_at, $2::timestamptz) as closes_at,
        installed_at >= $1 as begins
    from point
    join installation on usage_point_id = point.id
    where installed_at < $2 and (removed_at is null or removed_at > $1)
)
select point.id as usage_point_id, segment.meter_id, segment.circuit, segment.installed_at, segment.removed_at,
    opening.register as opening, closing.register as closing
from point
left join segment on segment.usage_point_id = point.id
left join lateral (
    (
        select level as register from register_level level
        where not segment.begins
            and level.meter_id = segment.meter_id and level.circuit = segment.circuit
            and level.quantity = segment.quantity and not level.flags && $6::text[]
            and level.at >= greatest(segment.opens_at - $3::interval, segment.installed_at)
            and level.at <= segment.opens_at
        order by level.at desc, level.source desc
        limit 1
    )
    union all
    (
        select level as register from register_level level
        where segment.begins
            and level.meter_id = segment.meter_id and level.circuit = segment.circuit
            and level.quantity = segment.quantity and not level.flags && $6::text[]
            and level.at >= segment.opens_at
            and level.at <= segment.opens_at + $3::interval
        order by level.at, level.source desc
        limit 1
    )
) opening on true
left join lateral (
    select level as register from register_level level
    where level.meter_id = segment.meter_id and level.circuit = segment.circuit
        and level.quantity = segment.quantity and not level.flags && $6::text[]
        and level.at >= greatest(segment.closes_at - $3::interval, segment.installed_at)
        and level.at <= segment.closes_at
    order by level.at desc, level.source desc
    limit 1
) closing on true
order by point.id, segment.installed_at, segment.circuit, segment.meter_id;

-- name: log_query
insert into billing_query (api_key_id, period_start, period_end, lines, total)
values ($1, $2, $3, $4, $5)
returning id;

-- name: queries
select id, api_key_id, asked_at, period_start, period_end, lines, total
from billing_query
where id > $1
order by id
limit $2;
