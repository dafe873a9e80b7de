-- name: keep
insert into access_log (at, api_key_id, caller, method, path, query, status, answered)
select * from unnest(
    $1::timestamptz[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::jsonb[]
);

-- name: page
select * from access_log where $1::bigint is null or id < $1 order by id desc limit $2;
