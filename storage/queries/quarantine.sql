-- name: lock
select pg_advisory_xact_lock(hashtext('teplo.quarantine'));

-- name: seen
insert into stranger (identity, kind, address, first_at, last_at, times, hello, listener, collector)
select *
from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::bigint[], $7::bytea[],
            $8::text[], $9::text[])
on conflict (identity) do update
set kind = excluded.kind, address = excluded.address, hello = excluded.hello, listener = excluded.listener,
    collector = excluded.collector, first_at = least(stranger.first_at, excluded.first_at),
    last_at = greatest(stranger.last_at, excluded.last_at), times = stranger.times + excluded.times;

-- name: forget_oldest
delete from stranger
where identity in (select identity from stranger order by last_at desc, identity desc offset $1);

-- name: list
select identity, kind, address, first_at, last_at, times, hello, listener, collector
from stranger
where $1::timestamptz is null or (last_at, identity) < ($1, $2::text)
order by last_at desc, identity desc
limit $3;

-- name: forget
delete from stranger where identity = $1 returning identity;
