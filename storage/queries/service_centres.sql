-- name: list
select name, title, array(
    select district.name from district
    where district.service_centre = service_centre.name and ($2::text[] is null or district.name = any ($2))
    order by name
) as districts
from service_centre
where ($1::text[] is null or name = any ($1)) and ($2::text[] is null or exists (
    select from district where district.service_centre = service_centre.name and district.name = any ($2)
))
order by name;

-- name: put
insert into service_centre (name, title) values ($1, $2)
on conflict (name) do update set title = excluded.title;

-- name: put_district
insert into district (service_centre, name) values ($1, $2) on conflict do nothing;
