-- name: meters
select meter.id, meter.line_id, meter.serial, meter.model, meter.address,
    zone_of_meter(meter.id, meter.zone) as zone, meter.registered_at,
    model.polls_per_day, state.last_at, state.failures, state.outcome, state.read_at, state.level_at,
    case when $1::bigint[] is not null then state.configuration::text end as configuration,
    coalesce(waiting.requests, 0) as requests
from meter
left join model on model.name = meter.model
left join meter_state state on state.meter_id = meter.id
left join (
    select meter_id, count(*)::integer as requests from poll_request where state in ('queued', 'running') group by meter_id
) waiting on waiting.meter_id = meter.id
where meter.polled and ($1::bigint[] is null or meter.line_id = any($1))
order by meter.line_id, meter.id;

-- name: lines
select line.id, line.url, line.collector, line.pool,
    coalesce('pool:' || line.pool, line.collector, holder.name) as queue,
    modem.id as modem_id, modem.allowance, upper(month)::timestamp at time zone 'UTC' as sim_until,
    (
        select coalesce(sum(sent + received), 0)::bigint from traffic
        where traffic.modem_id = modem.id and traffic.day >= lower(month) and traffic.day < upper(month)
    ) as carried
from line
left join modem on modem.line_id = line.id
left join collector holder on holder.name = modem.held_by and holder.alive_until > now()
left join lateral sim_month(($2::timestamptz at time zone 'UTC')::date, modem.month_starts_on) as month on true
where line.id = any($1::bigint[])
order by line.id;

-- name: factor_sets
select installation.meter_id, installation.circuit, usage_point.factor_set
from installation
join usage_point on usage_point.id = installation.usage_point_id
where installation.meter_id = any($1::bigint[])
    and (installation.removed_at is null or installation.removed_at > $2)
order by installation.installed_at;

-- name: requests
select id, meter_id, kind, operator, requested_at, archive, range_start, range_end
from poll_request
where meter_id = any($1::bigint[]) and state in ('queued', 'running')
order by requested_at, id
limit $2;

-- name: known
select wanted.meter_id, wanted.kind, lower(span) as first, upper(span) as "end"
from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::integer[])
    as wanted (meter_id, kind, since, most_asked)
left join stored_slots stored on stored.meter_id = wanted.meter_id and stored.kind = wanted.kind
left join lateral (
    select range_agg(tstzrange(slot_start, slot_end)) as spans
    from gap
    where gap.meter_id = wanted.meter_id and gap.kind = wanted.kind and gap.slot_start >= wanted.since
        and gap.reason = any($5::text[]) and gap.asked >= wanted.most_asked
        and gap.recorded_at - gap.slot_end >= $6::interval
) settled on true
left join lateral (
    select range_agg(tstzrange(slot_start, slot_end)) as spans
    from held_slot
    join held_poll using (poll_id)
    where held_slot.meter_id = wanted.meter_id and held_slot.kind = wanted.kind
        and held_slot.slot_start >= wanted.since and held_poll.state = 'waiting'
) held on true
cross join unnest(
    coalesce(stored.spans * tstzmultirange(tstzrange(wanted.since, null)), '{}')
    + coalesce(settled.spans, '{}') + coalesce(held.spans, '{}')
) as span
order by 1, 2, 3;

-- name: asked
select wanted.meter_id, wanted.kind, gap.slot_start, gap.asked
from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::integer[])
    as wanted (meter_id, kind, since, most_asked)
join gap on gap.meter_id = wanted.meter_id and gap.kind = wanted.kind and gap.slot_start >= wanted.since
where gap.asked > 0 and not (
    gap.reason = any($5::text[]) and gap.asked >= wanted.most_asked
    and gap.recorded_at - gap.slot_end >= $6::interval
)
order by gap.slot_start desc
limit $7;
