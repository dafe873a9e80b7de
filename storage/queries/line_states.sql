-- name: list
select line.id, line.url, line.collector, line.pool, line.home, line.visited_by, line.visited_since,
    polled.condition, polled.meters, polled.silent, polled.last_poll_at, polled.outcome, polled.read_at,
    coalesce(job.state, 'none') as job, polled.waiting_requests, spent.air_time, spent.sent, spent.received,
    coalesce(sim.carried, 0)::bigint as carried, sim.allowance
from line
cross join lateral (
    select case
            when count(meter.id) = 0 then 'not_polled'
            when count(state.meter_id) = 0 then 'never_polled'
            when count(meter.id) = count(*) filter (where state.outcome = any($3::text[])) then 'down'
            else 'up'
        end as condition,
        count(meter.id) as meters,
        count(*) filter (where state.outcome = 'meter_silent' and state.failures >= $4) as silent,
        max(state.started_at) as last_poll_at,
        (array_agg(state.outcome order by state.started_at desc) filter (where state.meter_id is not null))[1] as outcome,
        max(state.read_at) as read_at,
        (
            select count(*) from poll_request
            join meter asked on asked.id = poll_request.meter_id
            where asked.line_id = line.id and poll_request.state in ('queued', 'running')
        ) as waiting_requests
    from meter
    left join meter_state state on state.meter_id = meter.id
    where meter.line_id = line.id and meter.polled
) polled
cross join lateral (
    select coalesce(sum(air_time), interval '0') as air_time, coalesce(sum(sent), 0)::bigint as sent,
        coalesce(sum(received), 0)::bigint as received
    from meter
    join poll_day on poll_day.meter_id = meter.id and poll_day.day >= $5::date
    where meter.line_id = line.id
) spent
left join lateral (
    select modem.allowance, sum(traffic.sent + traffic.received) as carried
    from modem
    cross join sim_month($6::date, modem.month_starts_on) as month
    left join traffic on traffic.modem_id = modem.id and traffic.day >= lower(month) and traffic.day < upper(month)
    where modem.line_id = line.id
    group by modem.allowance
) sim on true
left join lateral (
    select status::text as state from pgqueuer
    where dedupe_key = 'line:' || line.id and status in ('queued', 'picked')
    limit 1
) job on true
where line.id > $1 and ($2::text is null or polled.condition = $2)
order by line.id
limit $7;

-- name: counts
select condition, count(*) as lines
from (
    select case
            when count(meter.id) = 0 then 'not_polled'
            when count(state.meter_id) = 0 then 'never_polled'
            when count(meter.id) = count(*) filter (where state.outcome = any($1::text[])) then 'down'
            else 'up'
        end as condition
    from line
    left join meter on meter.line_id = line.id and meter.polled
    left join meter_state state on state.meter_id = meter.id
    group by line.id
) lines
group by condition;
