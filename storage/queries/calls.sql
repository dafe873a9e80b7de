-- name: insert
-- A clock that was set back in a call makes its end no earlier than its beginning.
insert into call (id, modem_id, line_id, number, collector, started_at, connected_at, ended_at, result,
                  hung_up_by, cause, sent, received, level, raw)
select $1, $2, (select id from line where endpoint = $3), $3, $4, $5,
    case when $6::timestamptz is not null then greatest($6, $5) end, greatest($7::timestamptz, $5),
    $8, $9, $10, $11, $12, $13, $14
on conflict (id) do nothing
returning line_id;

-- name: reached
update modem
set last_contact_at = greatest(last_contact_at, $2)
where line_id = $1
returning id;

-- name: modem_of_line
select id from modem where line_id = $1;

-- name: list
select id, modem_id, line_id, number, collector, started_at, connected_at, ended_at, result, hung_up_by, cause,
    sent, received, level, raw
from call
where ($1::bigint is null or modem_id = $1 or line_id = (select modem.line_id from modem where modem.id = $1))
    and ($2::bigint is null or line_id = $2)
    and ($3::uuid is null or (started_at, id) < (select before.started_at, before.id from call before where id = $3))
order by started_at desc, id desc
limit $4;
