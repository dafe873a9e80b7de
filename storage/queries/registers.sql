-- name: levels
-- The first and the last of each hour: whatever lies between them is next to no border of an hour.
select meter_id, circuit, quantity, at, source, value, flags, poll_id, frame, raw_value, raw_unit, factor, factor_set
from (
    select *,
        row_number() over (partition by hour order by at) as place,
        row_number() over (partition by hour order by at desc) as place_from_end
    from (
        select distinct on (at) *, date_bin('1 hour', at, $4) as hour
        from register_level
        where meter_id = $1 and circuit = $2 and quantity = $3 and at between $4 and $5
            and not flags && $6::text[]
        order by at, source desc
    ) told
) placed
where 1 in (place, place_from_end)
order by at;
