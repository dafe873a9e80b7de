-- name: states
select meter_id, ok_at, clock_difference from meter_state;

-- name: held
select meter_id, count(*) as polls, min(held_at) as since,
    (array_agg(reason order by held_at desc))[1] as reason
from held_poll
where state = 'waiting'
group by meter_id;

-- name: modems
select id, identity, site, failures, fault, pin_refused, last_contact_at
from modem
where kind = 'own' and (failures >= $1 or pin_refused)
order by id;

-- name: strangers
select count(*) as strangers, min(first_at) as since, (array_agg(address order by last_at desc))[1] as address
from stranger;
