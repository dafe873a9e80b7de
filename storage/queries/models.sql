-- name: tell
insert into model (name, title, protocol, totals_every, polls_per_day)
select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::integer[])
    as told (name, title, protocol, totals_every, polls_per_day)
order by name
on conflict (name) do update
set title = excluded.title, protocol = excluded.protocol, totals_every = excluded.totals_every,
    polls_per_day = excluded.polls_per_day
where (model.title, model.protocol, model.totals_every, model.polls_per_day)
    is distinct from (excluded.title, excluded.protocol, excluded.totals_every, excluded.polls_per_day);

-- name: tell_archives
insert into model_archive (model, kind, depth)
select * from unnest($1::text[], $2::text[], $3::integer[]) as told (model, kind, depth)
order by model, kind
on conflict (model, kind) do update set depth = excluded.depth
where model_archive.depth <> excluded.depth;

-- name: forget_archives
delete from model_archive
where model = any($1::text[])
    and (model, kind) not in (select * from unnest($2::text[], $3::text[]) as told (model, kind));

-- name: keeps
select name, totals_every, polls_per_day,
    coalesce(jsonb_object_agg(kind, depth) filter (where kind is not null), '{}') as depths
from model
left join model_archive on model_archive.model = model.name
where $1::text[] is null or name = any($1)
group by name;
