-- name: of_meter
select kind, type, serial, since, until, seal, verified_on, verification_due
from component where meter_id = $1 order by since, kind;

-- name: of_meters
select meter_id, kind, type, serial, since, until, seal, verified_on, verification_due
from component where meter_id = any($1::bigint[]) order by meter_id, since, kind;

-- name: end_one_before
update component set until = $3
where meter_id = $1 and kind = $2 and since < $3 and (until is null or until > $3);

-- name: next_one
select min(since) from component where meter_id = $1 and kind = $2 and since > $3;

-- name: change
update component
set type = $4, serial = $5, until = $6, seal = $7, verified_on = $8, verification_due = $9
where meter_id = $1 and kind = $2 and since = $3
returning id;

-- name: add
insert into component (meter_id, kind, since, type, serial, until, seal, verified_on, verification_due)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9);
