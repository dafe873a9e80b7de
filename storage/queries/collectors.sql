-- name: alive
insert into collector (name, seen_at, alive_until) values ($1, $2, $3)
on conflict (name) do update set seen_at = excluded.seen_at, alive_until = excluded.alive_until;
