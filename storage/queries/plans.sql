-- name: lock
lock table poll_plan in share row exclusive mode;

-- name: replace
update poll_plan set settings = $3, changed_by = $4, changed_at = $5
where usage_point_id is not distinct from $1 and model is not distinct from $2
returning settings;

-- name: add
insert into poll_plan (usage_point_id, model, settings, changed_by, changed_at) values ($1, $2, $3, $4, $5)
returning settings;

-- name: lay_over
update poll_plan set settings = settings || $3, changed_by = $4, changed_at = $5
where usage_point_id is not distinct from $1 and model is not distinct from $2
returning settings;

-- name: remove
delete from poll_plan
where usage_point_id is not distinct from $1 and model is not distinct from $2
returning id;

-- name: note
insert into poll_plan_change (usage_point_id, model, settings, changed_by, changed_at)
values ($1, $2, $3, $4, $5);

-- name: get
select id, usage_point_id, model, settings, changed_by, changed_at
from poll_plan
where usage_point_id is not distinct from $1 and model is not distinct from $2;

-- name: list
select id, usage_point_id, model, settings, changed_by, changed_at
from poll_plan where id > $1 order by id limit $2;

-- name: journal
select id, usage_point_id, model, settings, changed_by, changed_at
from poll_plan_change
where usage_point_id is not distinct from $1 and model is not distinct from $2
order by id desc limit $3;

-- name: of_usage_point
select meter.id as meter_id, meter.serial, meter.model,
    (
        select array_agg(settings order by usage_point_id nulls first, model nulls first)
        from poll_plan
        where usage_point_id = $1 or poll_plan.model = meter.model
            or (usage_point_id is null and poll_plan.model is null)
    ) as settings,
    (select closing_day from usage_point where id = $1) as closing_day,
    (select closing_hour from usage_point where id = $1) as closing_hour
from meter
where exists (
    select from installation
    where meter_id = meter.id and usage_point_id = $1 and removed_at is null
)
order by meter.id;
