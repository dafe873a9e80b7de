-- name: add
insert into register_event (
    meter_id, circuit, quantity, at, kind, level_before, level_after, capacity, decided_by, decided_at, note
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
returning *;

-- name: list
select * from register_event where meter_id = $1 and id > $2 order by id limit $3;

-- name: of_register
select * from register_event
where meter_id = $1 and circuit = $2 and quantity = $3 and at <= $4
order by at;

-- name: remove
delete from register_event where id = $1 returning id;

-- name: level_before
select value
from register_level
where meter_id = $1 and circuit = $2 and quantity = $3 and at < $4 and not flags && $5::text[]
order by at desc, source desc
limit 1;

-- name: add_reset
insert into register_event (
    meter_id, circuit, quantity, at, kind, level_before, level_after, decided_by, decided_at, note
)
values ($1, $2, $3, $4, 'reset', $5, $6, $7, $8, $9)
on conflict (meter_id, circuit, quantity, at) do nothing;
