-- name: hold
insert into held_poll (poll_id, meter_id, reason, state, held_at, packed)
select $1, $2, $3, 'waiting', $4, $5
where (select count(*) from held_poll where meter_id = $2 and state = 'waiting') < $6
returning poll_id;

-- name: hold_slots
insert into held_slot (poll_id, meter_id, kind, slot_start, slot_end)
select $1, $2, slot.kind, slot.slot_start, slot.slot_end
from unnest($3::text[], $4::timestamptz[], $5::timestamptz[]) as slot (kind, slot_start, slot_end)
on conflict do nothing;

-- name: say
update poll set message = concat_ws(' ', nullif(message, ''), $2::text) where id = $1;

-- name: list
select held.poll_id, held.meter_id, meter.serial, held.reason, held.state, held.held_at, poll.message,
    poll.identity, poll.configuration, poll.clock_difference, state.configuration as accepted_configuration,
    held.decided_by, held.decided_at, held.note
from held_poll held
join poll on poll.id = held.poll_id
join meter on meter.id = held.meter_id
left join meter_state state on state.meter_id = held.meter_id
where ($1::text is null or held.state = $1)
    and ($2::bigint is null or held.meter_id = $2)
    and ($3::timestamptz is null or (held.held_at, held.poll_id) < ($3, $4::uuid))
order by held.held_at desc, held.poll_id desc
limit $5;

-- name: get
select held.poll_id, held.meter_id, meter.serial, held.reason, held.state, held.held_at, poll.message,
    poll.identity, poll.configuration, poll.clock_difference, state.configuration as accepted_configuration,
    held.decided_by, held.decided_at, held.note, held.packed
from held_poll held
join poll on poll.id = held.poll_id
join meter on meter.id = held.meter_id
left join meter_state state on state.meter_id = held.meter_id
where held.poll_id = $1;
