-- name: battery
select budget.meter_id, spent.until
from unnest($1::bigint[], $2::integer[]) as budget (meter_id, polls)
cross join lateral (
    select started_at + interval '24 hours' as until
    from poll
    where poll.meter_id = budget.meter_id and started_at > $3::timestamptz - interval '24 hours'
        and outcome <> all($4::text[])
    order by started_at desc
    offset budget.polls - 1 limit 1
) spent;

-- name: air_time
select meter_id
from unnest($1::bigint[], $2::interval[]) as budget (meter_id, allowed)
join poll_day using (meter_id)
where day >= $3::date and day < $4::date
group by meter_id, allowed
having sum(air_time) >= allowed;

-- name: traffic
select modem.line_id, upper(month) as until
from modem
cross join sim_month($1, month_starts_on) as month
where modem.line_id is not null and modem.allowance is not null and modem.allowance <= (
    select coalesce(sum(sent + received), 0) from traffic
    where traffic.modem_id = modem.id and traffic.day >= lower(month) and traffic.day < upper(month)
);

-- name: spent
select budget.meter_id,
    coalesce((select sum(air_time) from poll_day where poll_day.meter_id = budget.meter_id and day >= $3::date),
             interval '0') as talked,
    array(select started_at from poll
          where poll.meter_id = budget.meter_id and started_at > $2::timestamptz - interval '24 hours'
              and outcome <> all($4::text[])
          order by started_at) as polls
from unnest($1::bigint[]) as budget (meter_id);
