-- name: lock_meters
-- Of a replacement all meters that it may touch, in the order in which stored polls lock theirs.
select meter.id
from meter
join meter held on held.id = $1
where meter.id = $1 or ($2 = 'new_meter' and (
    (meter.line_id = held.line_id and meter.address = held.address)
    or (meter.model = held.model and meter.serial in (
        select identity ->> 'serial'
        from held_poll join poll on poll.id = held_poll.poll_id
        where held_poll.meter_id = $1 and held_poll.state = 'waiting'
    ))
))
order by meter.id
for no key update of meter;

-- name: waiting
select poll_id
from held_poll
where meter_id = $1 and reason = $2 and state = 'waiting' and ($3::uuid[] is null or poll_id = any($3))
order by held_at, poll_id;

-- name: packed
select packed from held_poll where poll_id = $1;

-- name: answered
select identity ->> 'serial' as serial, min(started_at) as since
from poll
where id = any($1::uuid[])
group by serial
order by since;

-- name: repoint
update poll set meter_id = $2 where id = any($1::uuid[]);

-- name: decide
update held_poll
set state = $2, decided_by = $3, decided_at = $4, note = $5
where poll_id = any($1::uuid[]);

-- name: free_slots
delete from held_slot where poll_id = any($1::uuid[]);

-- name: last_decision
select held.state, held.decided_by, held.decided_at, min(poll.meter_id) as meter_id,
    array_agg(held.poll_id order by held.held_at, held.poll_id) as polls
from held_poll held
join poll on poll.id = held.poll_id
where held.meter_id = $1 and held.reason = $2 and held.state <> 'waiting'
    and ($3::uuid[] is null or held.poll_id = any($3))
group by held.state, held.decided_by, held.decided_at
order by held.decided_at desc
limit 1;
