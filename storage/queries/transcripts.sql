-- name: store
insert into transcript (poll_id, at, frames, size, packed)
values ($1, $2, $3, $4, $5)
on conflict do nothing;

-- name: transcript
select packed from transcript
where poll_id = $1 and at = (select started_at from poll where id = $1);
