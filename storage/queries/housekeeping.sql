-- name: in_chunks
select exists (select from pg_extension where extname = 'timescaledb');

-- name: drop_chunks
select count(*) from drop_chunks('transcript', older_than => $1::timestamptz);

-- name: forget_transcripts
delete from transcript
where (poll_id, at) in (select poll_id, at from transcript where at < $1 order by at limit $2);

-- name: forget_requests
delete from poll_request
where id in (
    select id from poll_request where finished_at < $1 and state not in ('queued', 'running') limit $2
);

-- name: forget_accesses
delete from access_log where id in (select id from access_log where at < $1 order by id limit $2);
