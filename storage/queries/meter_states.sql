-- name: states
select meter_id, poll_id, started_at, last_at, outcome, failures, read_at, ok_at,
    clock_difference, clock_at, configuration
from meter_state
where meter_id = any($1::bigint[]);

-- name: tell
insert into meter_state (meter_id, poll_id, started_at, last_at, outcome, failures, read_at, ok_at,
                         clock_difference, clock_at, configuration)
select * from unnest($1::bigint[], $2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::integer[],
    $7::timestamptz[], $8::timestamptz[], $9::interval[], $10::timestamptz[], $11::jsonb[])
on conflict (meter_id) do update
set poll_id = excluded.poll_id, started_at = excluded.started_at, last_at = excluded.last_at,
    outcome = excluded.outcome, failures = excluded.failures, read_at = excluded.read_at, ok_at = excluded.ok_at,
    clock_difference = excluded.clock_difference, clock_at = excluded.clock_at,
    configuration = excluded.configuration;

-- name: accept_configuration
update meter_state set configuration = $2 where meter_id = $1;

-- name: count
insert into poll_day (meter_id, day, outcome, polls, air_time, sent, received)
select meter_id, (started_at at time zone 'UTC')::date, outcome, count(*),
    sum(finished_at - started_at), sum(sent), sum(received)
from unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::bigint[], $6::bigint[])
    as ended (meter_id, started_at, finished_at, outcome, sent, received)
group by 1, 2, 3
order by 1, 2, 3
on conflict (meter_id, day, outcome) do update
set polls = poll_day.polls + excluded.polls, air_time = poll_day.air_time + excluded.air_time,
    sent = poll_day.sent + excluded.sent, received = poll_day.received + excluded.received;
