-- name: insert_polls
insert into poll (id, meter_id, collector, started_at, finished_at, outcome, message,
                  identity, configuration, clock_difference, findings, request_id, held)
select id, meter_id, collector, started_at, finished_at, outcome, message,
    identity, configuration, clock_difference, string_to_array(findings, ','), request_id, held
from unnest($1::uuid[], $2::bigint[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[],
            $8::jsonb[], $9::jsonb[], $10::interval[], $11::text[], $12::uuid[], $13::text[])
    as ended (id, meter_id, collector, started_at, finished_at, outcome, message,
              identity, configuration, clock_difference, findings, request_id, held)
on conflict (id) do nothing
returning id;

-- name: list
select id, meter_id, collector, started_at, finished_at, outcome, message,
    identity, configuration, clock_difference, findings, request_id, held
from poll
where ($1::bigint is null or meter_id = $1)
    and ($5::bigint is null or meter_id in (select meter.id from meter where line_id = $5))
    and ($6::text is null or outcome = $6)
    and ($2::timestamptz is null or started_at >= $2)
    and ($3::uuid is null or (started_at, id) < (select before.started_at, before.id from poll before where id = $3))
order by started_at desc, id desc
limit $4;

-- name: poll
select id, meter_id, collector, started_at, finished_at, outcome, message,
    identity, configuration, clock_difference, findings, request_id, held
from poll where id = $1;

-- name: last_poll_per_meter
select last.id, last.meter_id, last.collector, last.started_at, last.finished_at, last.outcome, last.message,
    last.identity, last.configuration, last.clock_difference, last.findings,
    last.request_id, last.held
from meter
cross join lateral (
    select * from poll where poll.meter_id = meter.id order by started_at desc, id desc limit 1
) last;

-- name: summary
-- Of polls by which meters were asked: what came by itself stands under the name of its source.
select count(*) as polls, count(distinct meter_id) filter (where outcome = 'ok') as meters_read,
    (
        select min(snapshot.read_at)
        from snapshot_value snapshot
        join poll asking on asking.id = snapshot.poll_id and asking.collector not like 'mqtt:%'
    ) as first_read_at
from poll
where collector not like 'mqtt:%';
