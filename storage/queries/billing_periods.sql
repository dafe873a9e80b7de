-- name: put
insert into billing_period (usage_point_id, month, starts_at, ends_at) values ($1, $2, $3, $4)
on conflict (usage_point_id, month) do update
set starts_at = excluded.starts_at, ends_at = excluded.ends_at;

-- name: remove
delete from billing_period where usage_point_id = $1 and month = $2 returning month;

-- name: list
select usage_point_id, month, starts_at, ends_at
from billing_period where usage_point_id = $1 order by month desc limit $2;
