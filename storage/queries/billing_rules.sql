-- name: put
insert into billing_rule (service_centre, settings, changed_by, changed_at) values ($1, $2, $3, $4)
on conflict (service_centre) do update
set settings = excluded.settings, changed_by = excluded.changed_by, changed_at = excluded.changed_at
returning service_centre, settings, changed_by, changed_at;

-- name: lay_over
insert into billing_rule (service_centre, settings, changed_by, changed_at) values ($1, $2, $3, $4)
on conflict (service_centre) do update
set settings = billing_rule.settings || excluded.settings,
    changed_by = excluded.changed_by, changed_at = excluded.changed_at
returning service_centre, settings, changed_by, changed_at;

-- name: list
select service_centre, settings, changed_by, changed_at from billing_rule order by service_centre;
