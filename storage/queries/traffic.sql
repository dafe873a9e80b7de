-- name: add
insert into traffic (modem_id, day, sent, received)
select modem_id, (at at time zone 'UTC')::date, sum(sent), sum(received)
from unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::bigint[]) as carried (modem_id, at, sent, received)
group by 1, 2
having sum(sent) > 0 or sum(received) > 0
order by 1, 2
on conflict (modem_id, day) do update
set sent = traffic.sent + excluded.sent, received = traffic.received + excluded.received;

-- name: days
select day, sent, received from traffic where modem_id = $1 and day >= $2 and day < $3 order by day;

-- name: month
select lower(month) as start, upper(month) as end, allowance,
    coalesce(sum(sent), 0)::bigint as sent, coalesce(sum(received), 0)::bigint as received
from modem
cross join sim_month($2, month_starts_on) as month
left join traffic on traffic.modem_id = modem.id and traffic.day >= lower(month) and traffic.day < upper(month)
where modem.id = $1
group by month, allowance;

-- name: of_gateways
select meter.id as meter_id, modem.id as modem_id
from meter
join line on line.id = meter.line_id
join modem on modem.line_id = line.id
where meter.id = any($1::bigint[]) and split_part(line.url, ':', 1) in ('tcp', 'rfc2217', 'modbus-tcp')
order by modem.id;

-- name: heard
update modem set last_contact_at = greatest(last_contact_at, heard.at)
from (
    select id, max(at) as at from unnest($1::bigint[], $2::timestamptz[]) as contact (id, at) group by id
) heard
where modem.id = heard.id;
