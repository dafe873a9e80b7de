-- name: claim
insert into collector (name, instance, seen_at, alive_until) values ($1, $2, $3, $4)
on conflict (name) do update
set instance = excluded.instance, seen_at = excluded.seen_at, alive_until = excluded.alive_until
where collector.instance = excluded.instance or collector.alive_until <= excluded.seen_at
returning name;

-- name: leave
update collector set alive_until = $3 where name = $1 and instance = $2;
