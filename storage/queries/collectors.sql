-- name: claim
insert into collector (name, instance, seen_at, alive_until) values ($1, $2, now(), now() + $3::interval)
on conflict (name) do update
set instance = excluded.instance, seen_at = excluded.seen_at, alive_until = excluded.alive_until
where collector.instance = excluded.instance or collector.alive_until <= now()
returning name;

-- name: leave
update collector set alive_until = now() where name = $1 and instance = $2;

-- name: alive
select name from collector where alive_until > now();
