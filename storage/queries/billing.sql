-- name: log_query
insert into billing_query (api_key_id, period_start, period_end, lines, total)
values ($1, $2, $3, $4, $5)
returning id;

-- name: queries
select id, api_key_id, asked_at, period_start, period_end, lines, total
from billing_query
where id > $1
order by id
limit $2;
