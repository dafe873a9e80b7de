-- name: add
insert into signal_level (modem_id, at, source, raw, level, bit_errors, reference_power, reference_quality,
                          technology, registration, operator, cell, survey_id)
select $1, at, source, raw, level, bit_errors, reference_power, reference_quality,
    technology, registration, operator, cell, $2
from unnest($3::timestamptz[], $4::text[], $5::text[], $6::numeric[], $7::integer[], $8::numeric[],
            $9::numeric[], $10::text[], $11::text[], $12::text[], $13::text[])
    as said (at, source, raw, level, bit_errors, reference_power, reference_quality, technology, registration,
             operator, cell)
on conflict (modem_id, at) do nothing;

-- name: remember_operator
update modem set operator = $2 where id = $1 and operator <> $2;

-- name: series
select at, source, raw, level, bit_errors, reference_power, reference_quality, technology, registration,
    operator, cell
from signal_level
where modem_id = $1 and at >= $2 and at < $3 and ($4::timestamptz is null or at > $4)
order by at
limit $5;

-- name: latest
select at, source, raw, level, bit_errors, reference_power, reference_quality, technology, registration,
    operator, cell
from signal_level
where modem_id = $1
order by at desc
limit 1;

-- name: latest_of
select modem_id, at, source, raw, level, bit_errors, reference_power, reference_quality, technology, registration,
    operator, cell
from unnest($1::bigint[]) as asked (modem)
cross join lateral (
    select * from signal_level where modem_id = modem order by at desc limit 1
) said;

-- name: trend
select span, round(avg(level) filter (where at > $2::timestamptz - span), 1) as mean,
    round(avg(level) filter (where at > $2::timestamptz - span) - avg(level) filter (where at <= $2::timestamptz - span), 1) as change,
    count(level) filter (where at > $2::timestamptz - span) as samples
from unnest($3::interval[]) as span
left join signal_level on modem_id = $1 and at > $2::timestamptz - 2 * span and at <= $2::timestamptz
group by span
order by span;

-- name: calls_at_level
select count(*) as attempts, count(*) filter (where result <> 'connected') as failed
from (select result, level from call where modem_id = $1 order by started_at desc limit $4) recent
where level between $2::numeric - $3::numeric and $2 + $3;

-- name: polls_at_level
select count(*) as attempts, count(*) filter (where outcome = any($5::text[])) as failed
from (
    select poll.outcome, poll.started_at
    from modem
    join meter on meter.line_id = modem.line_id
    join poll on poll.meter_id = meter.id
    where modem.id = $1 and poll.outcome <> all($6::text[])
    order by poll.started_at desc
    limit $4
) recent
cross join lateral (
    select level from signal_level
    where modem_id = $1 and at <= recent.started_at and level is not null
    order by at desc
    limit 1
) before
where before.level between $2::numeric - $3::numeric and $2 + $3;

-- name: is_own
select kind = 'own' from modem where id = $1;
