-- name: count
select count(*) filter (where free) as polls, count(*) filter (where not free) as held
from (
    select poll.held is null
        or exists (select from held_poll where poll_id = poll.id and state = 'accepted') as free
    from poll
    join meter on meter.id = poll.meter_id
    where meter.model = $1 and ($2 = '' or meter.serial = $2) and poll.started_at >= $3 and poll.started_at < $4
        and exists (select from transcript where poll_id = poll.id and at = poll.started_at)
) kept;

-- name: page
select poll.id, poll.meter_id, meter.serial, meter.address,
    zone_of_meter(meter.id, meter.zone) as zone, line.url, poll.collector,
    poll.started_at, poll.finished_at, poll.outcome, poll.findings,
    (select kind from poll_request where id = poll.request_id) as request
from poll
join meter on meter.id = poll.meter_id
join line on line.id = meter.line_id
where meter.model = $1 and ($2 = '' or meter.serial = $2) and poll.started_at >= $3 and poll.started_at < $4
    and exists (select from transcript where poll_id = poll.id and at = poll.started_at)
    and (poll.held is null or exists (select from held_poll where poll_id = poll.id and state = 'accepted'))
    and ($5::timestamptz is null or (poll.started_at, poll.id) > ($5, $6::uuid))
order by poll.started_at, poll.id
limit $7;

-- name: slots
-- These slots, and what the poll itself brought to slots near them: its records may belong elsewhere by now.
select stored.kind, stored.slot_start as at, stored.circuit, stored.quantity, stored.value, stored.absence,
    stored.factor_set, stored.frame, stored.poll_id = $2 as own,
    (poll.finished_at, poll.id) > (mine.finished_at, mine.id) as later
from archive_value stored
join poll on poll.id = stored.poll_id
join poll mine on mine.id = $2
left join unnest($3::text[], $4::timestamptz[]) as wanted (kind, at)
    on wanted.kind = stored.kind and wanted.at = stored.slot_start
where stored.meter_id = $1
    and stored.slot_start between $5::timestamptz - interval '1 day' and $6::timestamptz + interval '1 day'
    and (wanted.at is not null or stored.poll_id = $2);

-- name: snapshots
select 'snapshot' as kind, stored.read_at as at, stored.circuit, stored.quantity, stored.value, stored.absence,
    stored.factor_set, stored.frame, true as own, false as later
from snapshot_value stored
join poll on poll.id = stored.poll_id
where stored.meter_id = $1 and stored.poll_id = $2 and stored.read_at between poll.started_at and poll.finished_at;

-- name: factor_sets
select installation.circuit, usage_point.factor_set
from installation
join usage_point on usage_point.id = installation.usage_point_id
where installation.meter_id = $1 and installed_at <= $2 and (removed_at is null or removed_at > $2);

-- name: was_accepted
select exists (select from held_poll where poll_id = $1 and state = 'accepted');

-- name: revise_withdrawn
insert into revision (meter_id, circuit, kind, slot_start, quantity, slot_end, meter_time, value, absence,
                      raw_value, raw_unit, factor, factor_set, flags, poll_id, frame, replaced_by, recorded_at,
                      cause)
select meter_id, circuit, kind, slot_start, quantity, slot_end, meter_time, value, absence,
    raw_value, raw_unit, factor, factor_set, flags, poll_id, frame, poll_id, $7, 'redecoded'
from archive_value stored
join unnest($3::text[], $4::timestamptz[], $5::integer[], $6::text[]) as gone (kind, slot_start, circuit, quantity)
    using (kind, slot_start, circuit, quantity)
where stored.meter_id = $1 and stored.poll_id = $2;

-- name: withdraw_archive
delete from archive_value stored
using unnest($3::text[], $4::timestamptz[], $5::integer[], $6::text[]) as gone (kind, at, circuit, quantity)
where stored.meter_id = $1 and stored.poll_id = $2 and stored.kind = gone.kind and stored.slot_start = gone.at
    and stored.circuit = gone.circuit and stored.quantity = gone.quantity;

-- name: untell_slots
-- A slot of which nothing stands any more is wanted again.
update stored_slots stored
set spans = stored.spans - gone.spans
from (
    select kind, range_agg(tstzrange(slot_start, slot_end)) as spans
    from revision
    join unnest($3::text[], $4::timestamptz[]) as withdrawn (kind, slot_start) using (kind, slot_start)
    where meter_id = $1 and poll_id = $2 and not exists (
        select from archive_value standing
        where standing.meter_id = $1 and standing.kind = revision.kind
            and standing.slot_start = revision.slot_start
    )
    group by kind
) gone
where stored.meter_id = $1 and stored.kind = gone.kind;

-- name: withdraw_snapshots
delete from snapshot_value stored
using unnest($3::text[], $4::timestamptz[], $5::integer[], $6::text[]) as gone (kind, at, circuit, quantity)
where stored.meter_id = $1 and stored.poll_id = $2 and gone.kind = 'snapshot' and stored.read_at = gone.at
    and stored.circuit = gone.circuit and stored.quantity = gone.quantity;
