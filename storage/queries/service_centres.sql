-- name: list
select name, title, array(
    select district.name from district where district.service_centre = service_centre.name order by name
) as districts
from service_centre order by name;

-- name: put
insert into service_centre (name, title) values ($1, $2)
on conflict (name) do update set title = excluded.title;

-- name: put_district
insert into district (service_centre, name) values ($1, $2) on conflict do nothing;
