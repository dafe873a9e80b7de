-- name: lock
select pg_advisory_lock(hashtext('teplo.jobs'));

-- name: unlock
select pg_advisory_unlock(hashtext('teplo.jobs'));

-- name: ask
update line set asked_at = greatest(asked_at, $2) where id = $1;
