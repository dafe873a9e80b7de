-- name: lock_meters
select id from meter where id = any($1::bigint[]) order by id for no key update;

-- name: create_incoming
create temporary table if not exists incoming_value (
    meter_id bigint not null,
    poll_id uuid not null,
    finished_at timestamptz not null,
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
-- Nobody analyses this table: without the index the planner may compare each row with every other.
create index if not exists incoming_value_slot
    on incoming_value (meter_id, kind, slot_start, circuit, quantity);
delete from incoming_value;

-- name: compare
update incoming_value incoming
set state = case
    when stored.value is not distinct from incoming.value
        and stored.absence is not distinct from incoming.absence then 'unchanged'
    when (poll.finished_at, poll.id) <= (incoming.finished_at, incoming.poll_id) then 'later'
    -- What does not stand was told apart when it was read, and need not be told again.
    when $3 = 'redecoded' then 'unchanged'
    else 'earlier'
end
from archive_value stored
join poll on poll.id = stored.poll_id
where stored.slot_start between $1 and $2
    and stored.meter_id = incoming.meter_id and stored.kind = incoming.kind
    and stored.slot_start = incoming.slot_start
    and stored.circuit = incoming.circuit and stored.quantity = incoming.quantity;

-- name: count
select count(*) filter (where state = 'new') as stored,
    count(*) filter (where state = 'unchanged') as unchanged,
    count(*) filter (where state in ('later', 'earlier')) as revised
from incoming_value;

-- name: revise
insert into revision (meter_id, circuit, kind, slot_start, quantity, slot_end, meter_time, value, absence,
                      raw_value, raw_unit, factor, factor_set, flags, poll_id, frame, replaced_by, recorded_at,
                      cause)
select meter_id, circuit, kind, slot_start, quantity, lost.slot_end, lost.meter_time, lost.value, lost.absence,
    lost.raw_value, lost.raw_unit, lost.factor, lost.factor_set, lost.flags, lost.poll_id, lost.frame,
    lost.replaced_by, incoming.finished_at, $3
from incoming_value incoming
join archive_value stored using (meter_id, kind, slot_start, circuit, quantity)
cross join lateral (
    select stored.slot_end, stored.meter_time, stored.value, stored.absence, stored.raw_value, stored.raw_unit,
        stored.factor, stored.factor_set, stored.flags, stored.poll_id, stored.frame,
        incoming.poll_id as replaced_by
    where incoming.state = 'later'
    union all
    select incoming.slot_end, incoming.meter_time, incoming.value, incoming.absence, incoming.raw_value,
        incoming.raw_unit, incoming.factor, incoming.factor_set, incoming.flags, incoming.poll_id, incoming.frame,
        stored.poll_id
    where incoming.state = 'earlier'
) lost
where slot_start between $1 and $2;

-- name: replace
update archive_value stored
set slot_end = incoming.slot_end, meter_time = incoming.meter_time, value = incoming.value,
    absence = incoming.absence, raw_value = incoming.raw_value, raw_unit = incoming.raw_unit,
    factor = incoming.factor, factor_set = incoming.factor_set, flags = incoming.flags,
    poll_id = incoming.poll_id, frame = incoming.frame
from incoming_value incoming
where incoming.state = 'later' and stored.slot_start between $1 and $2
    and stored.meter_id = incoming.meter_id and stored.kind = incoming.kind
    and stored.slot_start = incoming.slot_start
    and stored.circuit = incoming.circuit and stored.quantity = incoming.quantity;

-- name: insert_archive
insert into archive_value (meter_id, circuit, kind, slot_start, quantity, slot_end, meter_time, value, absence,
                           raw_value, raw_unit, factor, factor_set, flags, poll_id, frame)
select meter_id, circuit, kind, slot_start, quantity, slot_end, meter_time, value, absence,
    raw_value, raw_unit, factor, factor_set, flags, poll_id, frame
from incoming_value
where state = 'new' and kind <> 'snapshot';

-- name: insert_snapshots
insert into snapshot_value as stored (meter_id, read_at, circuit, quantity, meter_time, value, absence,
                                      raw_value, raw_unit, factor, factor_set, flags, poll_id, frame)
select meter_id, slot_start, circuit, quantity, meter_time, value, absence,
    raw_value, raw_unit, factor, factor_set, flags, poll_id, frame
from incoming_value
where kind = 'snapshot'
on conflict (meter_id, read_at, circuit, quantity) do update
set meter_time = excluded.meter_time, value = excluded.value, absence = excluded.absence,
    raw_value = excluded.raw_value, raw_unit = excluded.raw_unit, factor = excluded.factor,
    factor_set = excluded.factor_set, flags = excluded.flags, frame = excluded.frame
where $1 = 'redecoded' and stored.poll_id = excluded.poll_id;

-- name: tell_slots
insert into stored_slots (meter_id, kind, spans)
select meter_id, kind, range_agg(tstzrange(slot_start, slot_end))
from incoming_value
where kind <> 'snapshot'
group by meter_id, kind
on conflict (meter_id, kind) do update set spans = stored_slots.spans + excluded.spans
where not stored_slots.spans @> excluded.spans;

-- name: close_gaps
delete from gap
using incoming_value incoming
where gap.meter_id = incoming.meter_id and gap.kind = incoming.kind and gap.slot_start = incoming.slot_start;

-- name: tell_levels
update meter_state
set level_at = greatest(meter_state.level_at, newest.at)
from (
    select meter_id, max(slot_start) as at
    from incoming_value
    where kind in ('total', 'snapshot') and quantity = any($1::text[]) and value is not null
        and not flags && $2::text[]
    group by meter_id
) newest
where meter_state.meter_id = newest.meter_id;

-- name: forget_conditions
delete from condition
using incoming_value incoming
where condition.meter_id = incoming.meter_id and incoming.state = 'later'
    and condition.kind = incoming.kind and condition.at = incoming.slot_start;

-- name: insert_conditions
insert into condition (meter_id, poll_id, kind, at, circuit, name, place, code, frame)
select raised.*
from unnest($1::bigint[], $2::uuid[], $3::text[], $4::timestamptz[], $5::integer[], $6::text[], $7::text[],
            $8::text[], $9::integer[])
    as raised (meter_id, poll_id, kind, at, circuit, name, place, code, frame)
where not exists (
    select from incoming_value incoming
    where incoming.state = 'earlier' and incoming.meter_id = raised.meter_id
        and incoming.kind = raised.kind and incoming.slot_start = raised.at
)
on conflict do nothing;

-- name: insert_gaps
insert into gap (meter_id, poll_id, recorded_at, first_at, kind, slot_start, slot_end, reason, frame, asked)
select missing.meter_id, missing.poll_id, missing.recorded_at, missing.recorded_at, missing.kind,
    missing.slot_start, missing.slot_end, missing.reason, missing.frame,
    (missing.reason <> 'not_yet_closed')::integer
from unnest($1::bigint[], $2::uuid[], $3::timestamptz[], $4::text[], $5::timestamptz[], $6::timestamptz[],
            $7::text[], $8::integer[])
    as missing (meter_id, poll_id, recorded_at, kind, slot_start, slot_end, reason, frame)
where not exists (
    select from archive_value stored
    where stored.meter_id = missing.meter_id and stored.kind = missing.kind
        and stored.slot_start = missing.slot_start
)
on conflict (meter_id, kind, slot_start) do update
set (slot_end, reason, poll_id, frame, recorded_at) = (
        select heard.slot_end, heard.reason, heard.poll_id, heard.frame, heard.recorded_at
        from (values
            (excluded.slot_end, excluded.reason, excluded.poll_id, excluded.frame, excluded.recorded_at),
            (gap.slot_end, gap.reason, gap.poll_id, gap.frame, gap.recorded_at)
        ) as heard (slot_end, reason, poll_id, frame, recorded_at)
        order by heard.recorded_at desc limit 1
    ),
    asked = gap.asked + case when gap.poll_id <> excluded.poll_id then excluded.asked else 0 end,
    first_at = least(gap.first_at, excluded.first_at);
