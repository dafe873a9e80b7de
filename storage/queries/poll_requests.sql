-- name: lock_meter
select meter.id, meter.line_id, meter.serial, meter.model, meter.polled
from meter
join line on line.id = meter.line_id
where meter.id = $1
for no key update of line;

-- name: lock_meters_of_line
select meter.id, meter.line_id, meter.serial, meter.model, meter.polled
from meter
join line on line.id = meter.line_id
where meter.line_id = $1 and meter.polled
order by meter.id
for no key update of line;

-- name: keeps
select not exists (select from model_archive where model = $1)
    or exists (select from model_archive where model = $1 and kind = $2);

-- name: waiting_count
select count(*) filter (where meter.id = $1) as of_meter, count(*) as of_line
from poll_request request
join meter on meter.id = request.meter_id
where meter.line_id = $2 and state in ('queued', 'running');

-- name: same
select id from poll_request
where meter_id = $1 and kind = $2 and archive is not distinct from $3
    and range_start is not distinct from $4 and range_end is not distinct from $5
    and state in ('queued', 'running')
order by requested_at, id
limit 1;

-- name: insert
insert into poll_request (id, meter_id, kind, operator, requested_at, archive, range_start, range_end, state)
values ($1, $2, $3, $4, $5, $6, $7, $8, 'queued');

-- name: get
select request.id, meter_id, request.kind, operator, requested_at, archive, range_start, range_end, state,
    started_at, finished_at, steps_done, steps_wanted, message, poll_id, records, gaps, round_trip,
    meter.line_id, meter.serial
from poll_request request
join meter on meter.id = meter_id
where request.id = any($1::uuid[])
order by requested_at, request.id;

-- name: list
select request.id, meter_id, request.kind, operator, requested_at, archive, range_start, range_end, state,
    started_at, finished_at, steps_done, steps_wanted, message, poll_id, records, gaps, round_trip,
    meter.line_id, meter.serial
from poll_request request
join meter on meter.id = meter_id
where ($1::bigint is null or meter_id = $1)
    and ($2::uuid is null or (requested_at, request.id) < (
        select before.requested_at, before.id from poll_request before where before.id = $2
    ))
order by requested_at desc, request.id desc
limit $3;

-- name: waiting
select request.id, meter_id, request.kind, operator, requested_at, archive, range_start, range_end
from poll_request request
join meter on meter.id = meter_id
where meter.line_id = $1 and meter.polled and state in ('queued', 'running')
order by requested_at, request.id;

-- name: progress
update poll_request
set state = 'running', started_at = coalesce(started_at, greatest($2, requested_at)),
    steps_done = least($3::integer, $4), steps_wanted = $4
where id = $1 and state in ('queued', 'running')
returning id;

-- name: cancel
update poll_request
set state = 'cancelled', finished_at = greatest($2, requested_at), message = $3
where id = $1 and state in ('queued', 'running')
returning id;

-- name: end
update poll_request
set state = case when open then $2 else state end,
    message = case when open then $3 else message end,
    started_at = coalesce(started_at, greatest($4, requested_at)),
    finished_at = case when open then greatest($5, started_at, requested_at) else finished_at end,
    poll_id = $6, records = $7::integer, gaps = $8::integer, round_trip = $9,
    steps_done = greatest(steps_done, $7 + $8),
    steps_wanted = greatest(steps_wanted, $7 + $8)
from (select id as known, state in ('queued', 'running') as open from poll_request where id = $1) before
where id = known and (open or poll_id is null);

-- name: learned
select poll.outcome, poll.identity ->> 'serial' as serial, poll.clock_difference,
    said.level as signal, said.at as signal_at
from poll
join meter on meter.id = poll.meter_id
left join modem on modem.line_id = meter.line_id
left join lateral (
    select level, at from signal_level where modem_id = modem.id and level is not null order by at desc limit 1
) said on true
where poll.id = $1;
