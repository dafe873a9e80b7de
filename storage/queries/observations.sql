-- name: records
-- A row for each hour or day; what a slot told by several polls stands once, as archives keep it.
select asked.number, record.kind, record.slot_start, record.slot_end,
    array_agg(record.quantity order by record.quantity) as quantities,
    array_agg(record.value order by record.quantity) as values
from unnest($1::integer[], $2::bigint[], $3::integer[], $4::text[], $5::timestamptz[], $6::timestamptz[])
    as asked (number, meter_id, circuit, quantity, since, until)
join archive_value record on record.meter_id = asked.meter_id and record.kind in ('hour', 'day')
    and record.slot_start >= asked.since and record.slot_start < asked.until and record.slot_end <= asked.until
    and record.circuit = asked.circuit and record.value is not null and not record.flags && $7::text[]
    and (record.quantity = asked.quantity or record.quantity = any($8::text[]))
group by asked.number, record.kind, record.slot_start, record.slot_end
order by asked.number, record.kind, record.slot_start;

-- name: levels
-- They run on where the register fell, as those of bills do.
select asked.number, level.slot_start as at, level.value + coalesce(fallen.by, 0) as value, level.raw_unit,
    power(10::numeric, -scale(level.raw_value)) * level.factor as resolution
from unnest($1::integer[], $2::bigint[], $3::integer[], $4::text[], $5::timestamptz[], $6::timestamptz[])
    as asked (number, meter_id, circuit, quantity, since, until)
join archive_value level on level.meter_id = asked.meter_id and level.kind = 'total'
    and level.slot_start between asked.since and asked.until and level.circuit = asked.circuit
    and level.quantity = asked.quantity and level.value is not null
cross join lateral (
    select sum(coalesce(capacity, level_before - level_after)) as by
    from register_event
    where meter_id = asked.meter_id and circuit = asked.circuit and quantity = asked.quantity
        and at <= level.slot_start
) fallen
where not level.flags && case when fallen.by is null then $7::text[] else $8::text[] end
order by asked.number, level.slot_start;

-- name: conditions
select asked.number, condition.at, condition.circuit, condition.name, condition.place, condition.code
from unnest($1::integer[], $2::bigint[], $3::integer[], $4::timestamptz[], $5::timestamptz[])
    as asked (number, meter_id, circuit, since, until)
join condition on condition.meter_id = asked.meter_id and condition.kind = 'hour'
    and condition.at >= asked.since and condition.at < asked.until
    and condition.circuit in (0, asked.circuit);

-- name: clocks
select asked.number, max(poll.clock_difference) as ahead, min(poll.clock_difference) as behind
from unnest($1::integer[], $2::bigint[], $3::timestamptz[], $4::timestamptz[])
    as asked (number, meter_id, since, until)
join poll on poll.meter_id = asked.meter_id and poll.started_at >= asked.since
    and poll.started_at < asked.until and poll.clock_difference is not null
group by asked.number;
