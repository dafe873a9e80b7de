-- name: falling
select id, kind, identity, site, phone, iccid, line_id, before, level, before - level as drop, samples, samples_before
from (
    select modem_id,
        round(avg(level) filter (where at <= $1::timestamptz - interval '24 hours'), 1) as before,
        round(avg(level) filter (where at > $1::timestamptz - interval '24 hours'), 1) as level,
        count(level) filter (where at > $1::timestamptz - interval '24 hours') as samples,
        count(level) filter (where at <= $1::timestamptz - interval '24 hours') as samples_before
    from signal_level
    where at > $1::timestamptz - interval '31 days' and at <= $1::timestamptz
    group by modem_id
) heard
join modem on modem.id = heard.modem_id
where before - level >= $2::numeric
order by before - level desc, id;

-- name: silent
select modem.id, kind, identity, site, phone, iccid, modem.line_id, last_contact_at, last.at as level_at, last.level
from modem
left join lateral (
    select at, level from signal_level
    where modem_id = modem.id and signal_level.level is not null
    order by at desc
    limit 1
) last on true
where kind = 'remote' and coalesce(last_contact_at, created_at) < $1
order by last_contact_at nulls first, modem.id;

-- name: over_plan
select id, kind, identity, site, phone, iccid, line_id, lower(month) as start, upper(month) as end,
    sum(sent)::bigint as sent, sum(received)::bigint as received, allowance
from modem
cross join sim_month($1, month_starts_on) as month
join traffic on traffic.modem_id = modem.id and traffic.day >= lower(month) and traffic.day < upper(month)
where allowance is not null
group by modem.id, month
having sum(sent) + sum(received) > allowance
order by sum(sent) + sum(received) - allowance desc, id;
