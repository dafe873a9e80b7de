-- name: register
insert into webhook (url, secret, api_key_id, created_by, created_at) values ($1, $2, $3, $4, $5)
on conflict (url) do nothing
returning id;

-- name: list
select id, url, created_by, created_at, disabled_at,
    (select count(*) from notice where webhook_id = webhook.id and notice.state = 'given_up') as given_up
from webhook
where id > $1
order by id
limit $2;

-- name: count
select count(*) from webhook where disabled_at is null;

-- name: disable
update webhook set disabled_at = coalesce(disabled_at, $2) where id = $1 returning id;

-- name: notices
select notice.id, run, webhook_id, state, attempts, next_at, delivered_at, message
from notice
where run = $1
order by webhook_id nulls first;

-- name: due
-- Whoever takes a notice has until the lease ends; then somebody else tells it.
update notice
set next_at = $1::timestamptz + $2::interval, attempts = attempts + 1
from (
    select waiting.id as due_id, webhook.url, webhook.secret, webhook.disabled_at
    from notice waiting
    left join webhook on webhook.id = waiting.webhook_id
    where waiting.state = 'waiting' and waiting.next_at <= $1 and ($3::boolean or waiting.webhook_id is not null)
    order by waiting.next_at, waiting.id
    limit $4
    for update of waiting skip locked
) taken, billing_run
where id = due_id and billing_run.number = notice.run
returning notice.id, notice.run, notice.attempts, webhook_id, url, secret, disabled_at, billing_run.kind,
    billing_run.corrects, billing_run.month, billing_run.lines, billing_run.content_hash, billing_run.finished_at;

-- name: delivered
update notice set state = 'delivered', delivered_at = $2, message = '' where id = $1 and state = 'waiting';

-- name: failed
update notice set state = case when $3::timestamptz is null then 'given_up' else 'waiting' end,
    next_at = coalesce($3, next_at), message = $2
where id = $1 and state = 'waiting';
