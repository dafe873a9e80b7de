-- name: create
insert into billing_run (kind, corrects, month, scope, idempotency_key, request_digest, api_key_id, requested_by,
                         requested_at, state)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'queued')
on conflict (api_key_id, idempotency_key) where idempotency_key is not null do nothing
returning number;

-- name: asked_before
select number, request_digest from billing_run where api_key_id = $1 and idempotency_key = $2;

-- name: waiting_count
select count(*) from billing_run where state in ('queued', 'running');

-- name: get
select number, kind, corrects, month, scope, requested_by, requested_at, state, taken_at, finished_at, message, lines,
    totals, content_hash
from billing_run
where number = $1;

-- name: list
select number, kind, corrects, month, scope, requested_by, requested_at, state, taken_at, finished_at, message, lines,
    totals, content_hash
from billing_run
where ($1::bigint is null or number < $1)
    and ($2::bigint is null or corrects = $2)
    and ($3::date is null or month = $3)
    and scope_in_area(scope, $5, $6)
order by number desc
limit $4;

-- name: take
-- Whoever holds a run tells of itself while it works; one that has not for so long is dead. A correction waits
-- for the earlier ones of the same run.
update billing_run
set state = 'running', taken_at = $1, lines = 0
where number = (
    select number from billing_run waiting
    where (state = 'queued' or (state = 'running' and taken_at < $1::timestamptz - $2::interval))
        and not exists (
            select from billing_run earlier
            where earlier.corrects = waiting.corrects and earlier.number < waiting.number
                and earlier.state in ('queued', 'running')
        )
    order by number
    limit 1
    for update skip locked
)
returning number, kind, corrects, month, scope, requested_by, requested_at, state, taken_at, finished_at, message,
    lines, totals, content_hash;

-- name: progress
update billing_run set taken_at = $3, lines = $4
where number = $1 and state = 'running' and taken_at = $2
returning number;

-- name: ready
update billing_run
set state = 'ready', finished_at = $3, lines = $4, totals = $5, content_hash = $6, message = $7
where number = $1 and state = 'running' and taken_at = $2
returning number;

-- name: failed
update billing_run
set state = 'failed', finished_at = $3, message = $4, lines = 0
where number = $1 and state = 'running' and taken_at = $2;

-- name: freeze
insert into billing_line (run, number, usage_point_id, period_start, period_end, quantity, status, billable, value,
                          measured, estimated, frozen, content)
select $1::bigint, line.*
from unnest(
    $2::integer[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[], $8::boolean[],
    $9::numeric[], $10::numeric[], $11::numeric[], $12::jsonb[], $13::text[]
) line;

-- name: lines
select number, frozen, content from billing_line
where run = $1 and number > $2
order by number
limit $3;

-- name: line
select number, frozen, content from billing_line where run = $1 and number = $2;

-- name: places
-- How many places after the point the amounts of a run need.
select coalesce(max(greatest(scale(value), scale(measured), scale(estimated))), 0) from billing_line where run = $1;

-- name: newest
-- The lines of a run with everything that its corrections changed; null where a correction took a line away.
select distinct on (usage_point_id, quantity, period_start)
    case billing_run.kind when 'run' then frozen else frozen -> 'after' end as frozen
from billing_line
join billing_run on billing_run.number = run
where (billing_run.number = $1 or (corrects = $1 and state = 'ready'))
    and usage_point_id > $2 and ($3::bigint is null or usage_point_id <= $3)
order by usage_point_id, quantity, period_start, run desc;

-- name: announce
insert into notice (id, run, webhook_id, state, next_at)
select gen_random_uuid(), $1::bigint, id, 'waiting', $2::timestamptz from webhook where disabled_at is null
union all
select gen_random_uuid(), $1::bigint, null, 'waiting', $2::timestamptz where $3::boolean
on conflict do nothing;
