-- name: of_meter
select meter_id, kind, at, circuit, name, place, code, poll_id, frame
from condition
where meter_id = $1 and at >= $2 and at < $3
    and ($4::timestamptz is null or (at, kind, circuit, name, place, code) > ($4, $5::text, $6::integer, $7::text, $8::text, $9::text))
order by at, kind, circuit, name, place, code
limit $10;
