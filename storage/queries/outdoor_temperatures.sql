-- name: put
insert into outdoor_temperature (service_centre, at, value, source)
select $1, told.at, told.value, $4
from unnest($2::timestamptz[], $3::numeric[]) as told (at, value)
on conflict (service_centre, at) do update set value = excluded.value, source = excluded.source;

-- name: range
-- A centre's own mean of an hour counts before everybody's.
select distinct on (at) at, value, service_centre, source
from outdoor_temperature
where service_centre in ($1, '') and at >= $2 and at < $3 and ($4::timestamptz is null or at > $4)
order by at, service_centre desc
limit $5;

-- name: of_centres
select service_centre, at, value
from outdoor_temperature
where service_centre = any($1::text[]) and at >= $2 and at < $3
order by service_centre, at;
