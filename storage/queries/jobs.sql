-- name: lock
select pg_advisory_lock(hashtext('teplo.jobs'));

-- name: unlock
select pg_advisory_unlock(hashtext('teplo.jobs'));

-- name: ask
update line set asked_at = greatest(asked_at, $2) where id = $1;

-- name: move
update pgqueuer job
set entrypoint = moved.entrypoint, status = 'queued', queue_manager_id = null, slot = null,
    updated = now(), heartbeat = now()
from unnest($1::text[], $2::text[]) as moved (dedupe_key, entrypoint)
where job.dedupe_key = moved.dedupe_key and job.status in ('queued', 'picked')
    and (
        job.status = 'queued' and job.entrypoint <> moved.entrypoint
        or job.status = 'picked' and job.heartbeat < now() - $3::interval
    )
returning job.dedupe_key;
