-- name: lock
select pg_advisory_xact_lock(hashtext('teplo.homes'));

-- name: bind
with bound as (
    select line.id, coalesce(line.collector, modem_pool.collector, holder.name) as home
    from line
    left join modem_pool on modem_pool.name = line.pool
    left join modem on modem.line_id = line.id
    left join collector holder on holder.name = modem.held_by and holder.alive_until > now()
)
update line set home = bound.home
from bound
where bound.id = line.id and bound.home is not null and line.home is distinct from bound.home;

-- name: homeless
select line.id
from line
left join modem_pool on modem_pool.name = line.pool
left join collector on collector.name = line.home
where line.collector is null and modem_pool.collector is null
    and (line.home is null or collector.name is null or collector.seen_at < now() - $1::interval)
order by line.id;

-- name: alive
select collector.name, count(line.id) as lines
from collector
left join line on line.home = collector.name
where collector.alive_until > now()
group by collector.name
order by collector.name;

-- name: settle
update line set home = settled.home
from unnest($1::bigint[], $2::text[]) as settled (id, home)
where line.id = settled.id;

-- name: movable
-- What is at home with a collector though another one reaches it as well.
select line.id
from line
left join modem_pool on modem_pool.name = line.pool
left join modem on modem.line_id = line.id
left join collector holder on holder.name = modem.held_by and holder.alive_until > now()
where line.home = $1 and line.collector is null and modem_pool.collector is null and holder.name is null
order by line.id desc;

-- name: release
update line set home = null where home = $1 and id = any($2::bigint[]);

-- name: homes
select id from line where home = $1;

-- name: begin_visits
update line
set visited_by = case when id = any($2::bigint[]) then $1 end,
    visited_since = case when id = any($2::bigint[]) then now() end
where (visited_by = $1) is distinct from (id = any($2::bigint[]))
    and (visited_by = $1 or id = any($2::bigint[]));

-- name: is_anothers
select exists (
    select from line
    join collector visitor on visitor.name = line.visited_by
    where line.id = $1 and visitor.name <> $2 and visitor.alive_until > now()
) or exists (
    select from line
    join collector home on home.name = line.home
    where line.id = $1 and home.name <> $2 and home.seen_at < now() - $3::interval
);
