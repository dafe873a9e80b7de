-- name: installations
select asked.usage_point_id, installed.meter_id, installed.circuit, installed.installed_at, installed.removed_at
from unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) as asked (usage_point_id, starts_at, ends_at)
join installation installed on installed.usage_point_id = asked.usage_point_id
    and installed.installed_at < asked.ends_at
    and (installed.removed_at is null or installed.removed_at > asked.starts_at)
order by asked.usage_point_id, installed.installed_at, installed.circuit, installed.meter_id;

-- name: events
select meter_id, circuit, quantity, at, kind, level_before, level_after, capacity
from register_event
where meter_id = any($1::bigint[])
order by at;

-- name: boundary_registers
select meter_id, circuit, quantity, at, 'boundary' as source, value, '{}'::text[] as flags,
    poll_id, frame, raw_value, raw_unit, factor, factor_set
from boundary_register
where meter_id = any($1::bigint[])
order by at;

-- name: reported
select * from reported_reading
where usage_point_id = any($1::bigint[]) and withdrawn_at is null
order by at, id;

-- name: nearest_levels
-- Next to each boundary, within the installation, what archive and snapshots tell: at it or before, and after.
select boundary.number, level.*
from unnest(
    $1::integer[], $2::bigint[], $3::integer[], $4::text[], $5::timestamptz[], $6::timestamptz[],
    $7::timestamptz[], $8::timestamptz[]
) as boundary (number, meter_id, circuit, quantity, at, since, until, fell_at)
cross join lateral (
    (
        select meter_id, circuit, quantity, slot_start as at, 'total' as source, value, flags,
            poll_id, frame, raw_value, raw_unit, factor, factor_set
        from archive_value
        where meter_id = boundary.meter_id and kind = 'total' and circuit = boundary.circuit
            and quantity = boundary.quantity and value is not null
            and not flags && case when slot_start >= boundary.fell_at then $10::text[] else $9::text[] end
            and slot_start between boundary.since and boundary.at
        order by slot_start desc limit 1
    )
    union all
    (
        select meter_id, circuit, quantity, slot_start, 'total', value, flags,
            poll_id, frame, raw_value, raw_unit, factor, factor_set
        from archive_value
        where meter_id = boundary.meter_id and kind = 'total' and circuit = boundary.circuit
            and quantity = boundary.quantity and value is not null
            and not flags && case when slot_start >= boundary.fell_at then $10::text[] else $9::text[] end
            and slot_start > boundary.at and slot_start <= boundary.until
        order by slot_start limit 1
    )
    union all
    (
        select meter_id, circuit, quantity, read_at, 'snapshot', value, flags,
            poll_id, frame, raw_value, raw_unit, factor, factor_set
        from snapshot_value
        where meter_id = boundary.meter_id and circuit = boundary.circuit
            and quantity = boundary.quantity and value is not null
            and not flags && case when read_at >= boundary.fell_at then $10::text[] else $9::text[] end
            and read_at between boundary.since and boundary.at
        order by read_at desc limit 1
    )
    union all
    (
        select meter_id, circuit, quantity, read_at, 'snapshot', value, flags,
            poll_id, frame, raw_value, raw_unit, factor, factor_set
        from snapshot_value
        where meter_id = boundary.meter_id and circuit = boundary.circuit
            and quantity = boundary.quantity and value is not null
            and not flags && case when read_at >= boundary.fell_at then $10::text[] else $9::text[] end
            and read_at > boundary.at and read_at <= boundary.until
        order by read_at limit 1
    )
) level;

-- name: levels_within
select asked.number, level.*
from unnest(
    $1::integer[], $2::bigint[], $3::integer[], $4::text[], $5::timestamptz[], $6::timestamptz[],
    $7::timestamptz[]
) as asked (number, meter_id, circuit, quantity, since, until, fell_at)
join register_level level on level.meter_id = asked.meter_id and level.circuit = asked.circuit
    and level.quantity = asked.quantity and level.at between asked.since and asked.until
    and extract(second from level.at) = 0
    and not level.flags && case when level.at >= asked.fell_at then $9::text[] else $8::text[] end;

-- name: records_within
-- A record's share of operating time stands beside it as a quantity of its own. No day is as long as two, though
-- the clock is set over within it.
select asked.number, record.meter_id, record.circuit, record.quantity, record.kind, record.slot_start,
    record.slot_end, record.value, record.flags, record.poll_id, record.frame, record.raw_value,
    record.raw_unit, record.factor, record.factor_set, operating.value as operating
from unnest(
    $1::integer[], $2::bigint[], $3::integer[], $4::text[], $5::timestamptz[], $6::timestamptz[]
) as asked (number, meter_id, circuit, quantity, since, until)
join archive_value record on record.meter_id = asked.meter_id and record.kind in ('hour', 'day')
    and record.slot_start >= asked.since - interval '48 hours' and record.slot_start < asked.until
    and record.slot_end > asked.since
    and record.circuit = asked.circuit and record.quantity = asked.quantity and record.value is not null
left join archive_value operating on operating.meter_id = record.meter_id and operating.kind = record.kind
    and operating.slot_start = record.slot_start and operating.circuit = record.circuit
    and operating.quantity = 'operating_time';

-- name: earlier_hours
-- Hours of meters that hung there before, each within the time in which it did.
select asked.number, record.meter_id, record.circuit, record.quantity, record.kind, record.slot_start,
    record.slot_end, record.value, record.flags, record.poll_id, record.frame, record.raw_value,
    record.raw_unit, record.factor, record.factor_set, operating.value as operating
from unnest(
    $1::integer[], $2::bigint[], $3::integer[], $4::text[], $5::timestamptz[], $6::timestamptz[]
) as asked (number, usage_point_id, circuit, quantity, since, until)
join installation earlier on earlier.usage_point_id = asked.usage_point_id and earlier.circuit = asked.circuit
    and earlier.removed_at <= asked.until and earlier.removed_at > asked.since
join archive_value record on record.meter_id = earlier.meter_id and record.kind = 'hour'
    and record.slot_start >= greatest(asked.since, earlier.installed_at)
    and record.slot_start < earlier.removed_at and record.slot_end <= earlier.removed_at
    and record.circuit = asked.circuit and record.quantity = asked.quantity and record.value is not null
left join archive_value operating on operating.meter_id = record.meter_id and operating.kind = record.kind
    and operating.slot_start = record.slot_start and operating.circuit = record.circuit
    and operating.quantity = 'operating_time';

-- name: error_hours
-- Hours in which a meter did not measure all the time.
select asked.number, record.meter_id, record.circuit, record.quantity, record.kind, record.slot_start,
    record.slot_end, record.value, record.flags, record.poll_id, record.frame, record.raw_value,
    record.raw_unit, record.factor, record.factor_set, operating.value as operating
from unnest(
    $1::integer[], $2::bigint[], $3::integer[], $4::text[], $5::timestamptz[], $6::timestamptz[]
) as asked (number, meter_id, circuit, quantity, since, until)
join archive_value operating on operating.meter_id = asked.meter_id and operating.kind = 'hour'
    and operating.slot_start >= asked.since and operating.slot_start < asked.until
    and operating.circuit = asked.circuit and operating.quantity = 'operating_time'
    and operating.value < extract(epoch from operating.slot_end - operating.slot_start) / 3600
join archive_value record on record.meter_id = operating.meter_id and record.kind = operating.kind
    and record.slot_start = operating.slot_start and record.circuit = operating.circuit
    and record.quantity = asked.quantity and record.value is not null;
