-- name: measured_at
-- The meter that measures the point at this instant, else the one that did so last.
select usage_point.id as usage_point_id, usage_point.zone, usage_point.billed_quantity, usage_point.purpose,
    usage_point.nominal_diameter, usage_point.contract, usage_point.consumer, usage_point.name,
    site.address, meter.id as meter_id, meter.serial, meter.line_id, meter.polled, installation.circuit
from usage_point
join site on site.id = usage_point.site_id
join installation on installation.usage_point_id = usage_point.id
join meter on meter.id = installation.meter_id
where usage_point.id = $1
order by (installed_at <= $2 and (removed_at is null or removed_at > $2)) desc, installed_at desc, circuit
limit 1;

-- name: components
select kind, type, serial, seal, verified_on, verification_due
from component
where meter_id = $1 and since <= $2::date and (until is null or until > $2::date)
order by kind;

-- name: poll
select poll.meter_id, poll.finished_at, poll.identity ->> 'serial' as serial, held_poll.reason as held
from poll
left join held_poll on held_poll.poll_id = poll.id and held_poll.state = 'waiting'
where poll.id = $1 and poll.meter_id = $2 and poll.outcome = any($3::text[]);

-- name: newest
select id from poll
where meter_id = $1 and outcome = any($2::text[])
order by started_at desc, id desc
limit 1;

-- name: values
select distinct on (quantity) quantity, value, read_at
from snapshot_value
join poll on poll.id = $1
where snapshot_value.meter_id = poll.meter_id and poll_id = $1
    and read_at between poll.started_at - interval '1 hour' and poll.finished_at + interval '1 hour'
    and circuit = $2 and value is not null and not flags && $3::text[]
order by quantity, read_at desc;

-- name: reached
select coalesce(modem.phone, '') as phone,
    case when line.url ~ '^(tcp|rfc2217|modbus-tcp):' then line.endpoint else coalesce(modem.address, '') end
        as network_address,
    said.level as signal_level
from meter
join line on line.id = meter.line_id
left join modem on modem.line_id = line.id
left join lateral (
    select level from signal_level where modem_id = modem.id and level is not null order by at desc limit 1
) said on true
where meter.id = $1;
