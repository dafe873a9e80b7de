-- name: lock
select pg_advisory_lock(hashtext('teplo.jobs'));

-- name: unlock
select pg_advisory_unlock(hashtext('teplo.jobs'));

-- name: move
with stranded as (
    -- A row that somebody holds is being served or renewed: waiting for it could lock crosswise.
    select job.id, moved.entrypoint
    from pgqueuer job
    join unnest($1::text[], $2::text[]) as moved (dedupe_key, entrypoint) on moved.dedupe_key = job.dedupe_key
    where job.status = 'queued' and job.entrypoint <> moved.entrypoint
        or job.status = 'picked' and job.heartbeat < now() - $3::interval
    for update of job skip locked
)
update pgqueuer job
set entrypoint = stranded.entrypoint, status = 'queued', queue_manager_id = null, slot = null,
    updated = now(), heartbeat = now()
from stranded
where job.id = stranded.id
returning job.dedupe_key;

-- name: present
select dedupe_key from pgqueuer
where dedupe_key = any($1::text[]) and (status = 'picked' or status = 'queued' and priority >= $2);
