-- name: lock_meter
select id from meter where id = $1 for no key update;

-- name: insert_poll
insert into poll (id, meter_id, collector, started_at, finished_at, outcome, message,
                  identity, configuration, clock_difference, findings)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (id) do nothing
returning id;

-- name: create_incoming
create temporary table if not exists incoming_value (
    kind text not null,
    slot_start timestamptz not null,
    slot_end timestamptz,
    circuit integer not null,
    quantity text not null,
    meter_time timestamp,
    value numeric,
    absence text,
    raw_value numeric,
    raw_unit text not null,
    factor numeric not null,
    factor_set text not null,
    flags text[] not null,
    frame integer not null,
    state text not null default 'new'
) on commit delete rows;

-- name: compare
update incoming_value incoming
set state = case
    when stored.value is not distinct from incoming.value
        and stored.absence is not distinct from incoming.absence then 'unchanged'
    when (poll.finished_at, poll.id) <= ($5::timestamptz, $4::uuid) then 'later'
    else 'earlier'
end
from archive_value stored
join poll on poll.id = stored.poll_id
where stored.meter_id = $1 and stored.slot_start between $2 and $3
    and stored.kind = incoming.kind and stored.slot_start = incoming.slot_start
    and stored.circuit = incoming.circuit and stored.quantity = incoming.quantity;

-- name: revise
insert into revision (meter_id, circuit, kind, slot_start, quantity, slot_end, meter_time, value, absence,
                      raw_value, raw_unit, factor, factor_set, flags, poll_id, frame, replaced_by, recorded_at)
select $1, circuit, kind, slot_start, quantity, lost.slot_end, lost.meter_time, lost.value, lost.absence,
    lost.raw_value, lost.raw_unit, lost.factor, lost.factor_set, lost.flags, lost.poll_id, lost.frame,
    lost.replaced_by, $5::timestamptz
from incoming_value incoming
join archive_value stored using (kind, slot_start, circuit, quantity)
cross join lateral (
    select stored.slot_end, stored.meter_time, stored.value, stored.absence, stored.raw_value, stored.raw_unit,
        stored.factor, stored.factor_set, stored.flags, stored.poll_id, stored.frame, $4::uuid as replaced_by
    where incoming.state = 'later'
    union all
    select incoming.slot_end, incoming.meter_time, incoming.value, incoming.absence, incoming.raw_value,
        incoming.raw_unit, incoming.factor, incoming.factor_set, incoming.flags, $4::uuid, incoming.frame,
        stored.poll_id
    where incoming.state = 'earlier'
) lost
where stored.meter_id = $1 and slot_start between $2 and $3;

-- name: replace
update archive_value stored
set slot_end = incoming.slot_end, meter_time = incoming.meter_time, value = incoming.value,
    absence = incoming.absence, raw_value = incoming.raw_value, raw_unit = incoming.raw_unit,
    factor = incoming.factor, factor_set = incoming.factor_set, flags = incoming.flags,
    poll_id = $4, frame = incoming.frame
from incoming_value incoming
where incoming.state = 'later'
    and stored.meter_id = $1 and stored.slot_start between $2 and $3
    and stored.kind = incoming.kind and stored.slot_start = incoming.slot_start
    and stored.circuit = incoming.circuit and stored.quantity = incoming.quantity;

-- name: insert_archive
insert into archive_value (meter_id, circuit, kind, slot_start, quantity, slot_end, meter_time, value, absence,
                           raw_value, raw_unit, factor, factor_set, flags, poll_id, frame)
select $1, circuit, kind, slot_start, quantity, slot_end, meter_time, value, absence,
    raw_value, raw_unit, factor, factor_set, flags, $2, frame
from incoming_value
where state = 'new' and kind <> 'snapshot';

-- name: insert_snapshots
insert into snapshot_value (meter_id, read_at, circuit, quantity, meter_time, value, absence,
                            raw_value, raw_unit, factor, factor_set, flags, poll_id, frame)
select $1, slot_start, circuit, quantity, meter_time, value, absence,
    raw_value, raw_unit, factor, factor_set, flags, $2, frame
from incoming_value
where kind = 'snapshot'
on conflict (meter_id, read_at, circuit, quantity) do nothing;

-- name: close_gaps
delete from gap
using incoming_value incoming
where gap.meter_id = $1 and gap.kind = incoming.kind and gap.slot_start = incoming.slot_start;

-- name: count
select count(*) filter (where state = 'new') as stored,
    count(*) filter (where state = 'unchanged') as unchanged,
    count(*) filter (where state in ('later', 'earlier')) as revised
from incoming_value;

-- name: insert_gaps
insert into gap (meter_id, kind, slot_start, slot_end, reason, poll_id, frame, recorded_at)
select $1, missing.kind, missing.slot_start, missing.slot_end, missing.reason, $2, missing.frame, $3
from unnest($4::text[], $5::timestamptz[], $6::timestamptz[], $7::text[], $8::integer[])
    as missing (kind, slot_start, slot_end, reason, frame)
where not exists (
    select from archive_value stored
    where stored.meter_id = $1 and stored.kind = missing.kind and stored.slot_start = missing.slot_start
)
on conflict (meter_id, kind, slot_start) do update
set slot_end = excluded.slot_end, reason = excluded.reason, poll_id = excluded.poll_id,
    frame = excluded.frame, recorded_at = excluded.recorded_at
where gap.recorded_at <= excluded.recorded_at;

-- name: list
select id, meter_id, collector, started_at, finished_at, outcome, message,
    identity, configuration, clock_difference, findings
from poll
where ($1::bigint is null or meter_id = $1)
    and ($2::timestamptz is null or started_at >= $2)
    and ($3::uuid is null or (started_at, id) < (select before.started_at, before.id from poll before where id = $3))
order by started_at desc, id desc
limit $4;

-- name: poll
select id, meter_id, collector, started_at, finished_at, outcome, message,
    identity, configuration, clock_difference, findings
from poll where id = $1;

-- name: frames
select number, at, direction, data
from raw_frame
where poll_id = $1
order by number;

-- name: last_poll_per_meter
select last.id, last.meter_id, last.collector, last.started_at, last.finished_at, last.outcome, last.message,
    last.identity, last.configuration, last.clock_difference, last.findings
from meter
cross join lateral (
    select * from poll where poll.meter_id = meter.id order by started_at desc, id desc limit 1
) last;

-- name: histories
select meter.id as meter_id, max(recent.finished_at) filter (where recent.outcome <> 'battery_spared') as last_at,
    coalesce(
        min(recent.position - (recent.outcome = 'ok')::integer) filter (where recent.outcome in ('ok', 'partly_read')),
        count(*) filter (where recent.outcome <> 'battery_spared')
    )::integer as failures,
    coalesce(line.asked_at > max(recent.started_at), false) as asked,
    max(recent.outcome) filter (where recent.position = 1 and recent.outcome <> 'battery_spared') as outcome,
    spared.until as spared_until
from meter
join line on line.id = meter.line_id
left join unnest($2::text[], $3::integer[]) as budget (model, polls) on budget.model = meter.model
cross join lateral (
    select started_at, finished_at, outcome,
        count(*) filter (where outcome <> 'battery_spared') over (order by started_at desc, id desc) as position
    from poll
    where poll.meter_id = meter.id
    order by started_at desc, id desc
    limit 20
) recent
left join lateral (
    select started_at + interval '24 hours' as until
    from poll
    where budget.polls is not null and poll.meter_id = meter.id and outcome <> all($4::text[])
    order by started_at desc
    offset budget.polls - 1 limit 1
) spared on true
where $1::bigint is null or meter.line_id = $1
group by meter.id, line.asked_at, spared.until;

-- name: summary
select count(*) as polls, count(distinct meter_id) filter (where outcome = 'ok') as meters_read,
    (select min(read_at) from snapshot_value) as first_read_at
from poll;

-- name: forget_conditions
delete from condition
using incoming_value incoming
where condition.meter_id = $1 and incoming.state = 'later'
    and condition.kind = incoming.kind and condition.at = incoming.slot_start;

-- name: insert_conditions
insert into condition (meter_id, poll_id, kind, at, circuit, name, place, code, frame)
select $1, $2, raised.kind, raised.at, raised.circuit, raised.name, raised.place, raised.code, raised.frame
from unnest($3::text[], $4::timestamptz[], $5::integer[], $6::text[], $7::text[], $8::text[], $9::integer[])
    as raised (kind, at, circuit, name, place, code, frame)
where not exists (
    select from incoming_value incoming
    where incoming.state = 'earlier' and incoming.kind = raised.kind and incoming.slot_start = raised.at
)
on conflict do nothing;
