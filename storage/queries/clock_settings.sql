-- name: request
insert into clock_setting (id, meter_id, serial, operator, requested_at, across_hour, state)
select $1, meter.id, meter.serial, $3, $4, $5, 'queued'
from meter where meter.id = $2
returning id;

-- name: of_line
select setting.id, meter_id, setting.serial, operator, requested_at, across_hour, state, finished_at, before_setting,
    sent, after_setting, message, poll_id
from clock_setting setting
join meter on meter.id = setting.meter_id
where meter.line_id = $1 and state in ('queued', 'running')
order by requested_at, setting.id;

-- name: get
select id, meter_id, serial, operator, requested_at, across_hour, state, finished_at, before_setting, sent,
    after_setting, message, poll_id
from clock_setting where id = $1;

-- name: of_meter
select id, meter_id, serial, operator, requested_at, across_hour, state, finished_at, before_setting, sent,
    after_setting, message, poll_id
from clock_setting
where ($1::bigint is null or meter_id = $1)
order by requested_at desc, id desc
limit $2;

-- name: start
update clock_setting set state = 'running' where id = $1 and state = 'queued' returning id;

-- name: finish
update clock_setting
set state = $2, finished_at = greatest($3, requested_at), before_setting = $4, sent = $5, after_setting = $6,
    message = $7, poll_id = $8
where id = $1 and state in ('queued', 'running');

-- name: lines
select distinct meter.line_id
from clock_setting
join meter on meter.id = clock_setting.meter_id
where state in ('queued', 'running');
