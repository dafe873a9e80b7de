-- name: meters
select meter.id, meter.serial, meter.model, zone_of_meter(meter.id, meter.zone) as zone,
    array(
        select (installation.circuit, usage_point.factor_set)
        from installation
        join usage_point on usage_point.id = installation.usage_point_id
        where installation.meter_id = meter.id and installation.installed_at <= $3
            and (installation.removed_at is null or installation.removed_at > $3)
    ) as factor_sets
from meter
join line on line.id = meter.line_id
where line.url = $1 and meter.serial = $2
order by meter.id
limit 2;

-- name: levels_before
select distinct on (circuit, quantity) circuit, quantity, raw_value, raw_unit
from snapshot_value
where meter_id = $1 and read_at < $2 and read_at >= $2 - $5::interval and quantity = any($3::text[])
    and value is not null and not flags && $4::text[]
order by circuit, quantity, read_at desc;

-- name: lock_letters
select pg_advisory_xact_lock(hashtext('teplo.dead_letters'));

-- name: add_letters
insert into dead_letter (digest, topic, payload, size, reason, first_at, last_at, times)
select digest, topic, payload, size, reason, at, at, 1
from unnest($1::bytea[], $2::text[], $3::bytea[], $4::integer[], $5::text[], $6::timestamptz[])
    as letter (digest, topic, payload, size, reason, at)
on conflict (digest) do update
set reason = excluded.reason, times = dead_letter.times + 1,
    first_at = least(dead_letter.first_at, excluded.first_at),
    last_at = greatest(dead_letter.last_at, excluded.last_at);

-- name: forget_oldest
delete from dead_letter
where digest in (select digest from dead_letter order by last_at desc, digest desc offset $1);

-- name: letters
select topic, payload, size, reason, first_at, last_at, times
from dead_letter
order by last_at desc, digest desc
limit $1;

-- name: forget_letters
with gone as (delete from dead_letter where last_at <= $1 returning 1)
select count(*) from gone;

-- name: heard
insert into regional_collector (name, online, heard_at, spool_entries, spool_size, spool_oldest_at)
values ($1, $2, $3, $4, $5, $6)
on conflict (name) do update
set online = excluded.online, heard_at = excluded.heard_at, spool_entries = excluded.spool_entries,
    spool_size = excluded.spool_size, spool_oldest_at = excluded.spool_oldest_at
where regional_collector.heard_at <= excluded.heard_at
returning name;

-- name: let_go_of_others
with held as (
    select id from modem where held_by = $1 and id <> all($2::bigint[]) order by id for no key update
)
update modem set held_by = null, held_since = null from held where modem.id = held.id;

-- name: hold
with connected as (
    select modem.id, here.address
    from unnest($2::bigint[], $3::text[]) as here (id, address)
    join modem on modem.id = here.id
    join line on line.id = modem.line_id and line.collector = $1
    where modem.held_by is distinct from $1
        and not exists (select from collector where name = modem.held_by and alive_until > now())
    order by modem.id for no key update of modem
)
update modem
set held_by = $1, held_since = $4, address = connected.address,
    last_contact_at = greatest(last_contact_at, $4)
from connected where modem.id = connected.id;

-- name: unheard
update regional_collector set online = false where name = $1;

-- name: regional
select name, online, heard_at, spool_entries, spool_size, spool_oldest_at
from regional_collector
order by name;
