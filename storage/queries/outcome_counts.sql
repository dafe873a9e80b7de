-- name: counts
select id, name, outcome, sum(polls)::bigint as polls, sum(air_time) as air_time,
    sum(sent)::bigint as sent, sum(received)::bigint as received
from (
    select outcome, polls, air_time, sent, received,
        case $1::text when 'meter' then meter.id when 'line' then line.id when 'modem' then modem.id else 0 end as id,
        case $1::text
            when 'meter' then meter.serial
            when 'line' then line.url
            when 'modem' then modem.identity
            when 'day' then poll_day.day::text
            when 'district' then coalesce(place.district, '')
            else coalesce(place.service_centre, '')
        end collate "C" as name
    from poll_day
    join meter on meter.id = poll_day.meter_id
    join line on line.id = meter.line_id
    left join modem on modem.line_id = line.id
    left join lateral (
        select site.district, site.service_centre
        from installation
        join usage_point on usage_point.id = installation.usage_point_id
        join site on site.id = usage_point.site_id
        where installation.meter_id = meter.id
        order by installation.installed_at desc, installation.circuit
        limit 1
    ) place on $1::text in ('district', 'service_centre')
    where poll_day.day >= $2 and poll_day.day < $3
        and ($4::bigint is null or line.id = $4)
        and ($5::bigint is null or meter.id = $5)
        and ($1::text <> 'modem' or modem.id is not null)
) counted
where $6::bigint is null or (id, name, outcome collate "C") > ($6, $7::text, $8::text)
group by id, name, outcome
order by id, name, outcome collate "C"
limit $9;

-- name: last_outcomes
select meter_state.outcome, count(*) as meters
from meter_state
join meter on meter.id = meter_state.meter_id and meter.polled
group by meter_state.outcome;
