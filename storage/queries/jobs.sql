-- name: lock
select pg_advisory_lock(hashtext('teplo.jobs'));

-- name: unlock
select pg_advisory_unlock(hashtext('teplo.jobs'));
