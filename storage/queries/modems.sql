-- name: add_pool
insert into modem_pool (name, collector) values ($1, $2)
on conflict (name) do update set collector = excluded.collector;

-- name: add_own
insert into modem (kind, identity, pool, url, pin, site, phone, allowance, month_starts_on)
values ('own', $2, $1, $2, $3, $4, $5, $6, $7)
on conflict (identity) do update
set pool = excluded.pool, pin = excluded.pin,
    pin_refused = modem.pin_refused and modem.pin = excluded.pin, site = excluded.site,
    phone = coalesce(nullif(excluded.phone, ''), modem.phone),
    allowance = excluded.allowance, month_starts_on = excluded.month_starts_on
returning id;

-- name: describe
insert into modem (kind, identity, line_id, site, phone, imei, iccid, operator,
                   allowance, month_starts_on)
select 'remote', endpoint, id, $2, $3, $4, $5, $6, $7, $8 from line where id = $1
on conflict (identity) do update
set line_id = excluded.line_id, site = coalesce(nullif(excluded.site, ''), modem.site),
    phone = coalesce(nullif(excluded.phone, ''), modem.phone),
    imei = coalesce(nullif(excluded.imei, ''), modem.imei),
    iccid = coalesce(nullif(excluded.iccid, ''), modem.iccid),
    operator = coalesce(nullif(excluded.operator, ''), modem.operator),
    allowance = excluded.allowance, month_starts_on = excluded.month_starts_on
returning id;

-- name: pools
select name, collector, (select count(*) from modem where pool = name)::integer as modems
from modem_pool order by name;

-- name: time
select now();

-- name: lease
with free as (
    select modem.id
    from modem
    join modem_pool on modem_pool.name = modem.pool
    where modem.pool = $1 and (modem_pool.collector is null or modem_pool.collector = $2)
        and (leased_until is null or leased_until <= $3)
        and (rest_until is null or rest_until <= $3)
    order by used_at nulls first, modem.id
    limit 1
    for no key update of modem skip locked
)
update modem
set leased_by = $2, leased_until = $4, used_at = $3, rest_until = null
from free
where modem.id = free.id
returning modem.id, url, case when pin_refused then '' else pin end as pin, failures;

-- name: renew
update modem set leased_until = $3 where id = $1 and leased_by = $2 returning id;

-- name: release
update modem
set leased_by = null, leased_until = null, rest_until = $3, failures = $4, fault = $5,
    last_contact_at = greatest(last_contact_at, $6),
    imei = coalesce(nullif($7, ''), imei), iccid = coalesce(nullif($8, ''), iccid),
    imsi = coalesce(nullif($9, ''), imsi), maker = coalesce(nullif($10, ''), maker),
    model = coalesce(nullif($11, ''), model), firmware = coalesce(nullif($12, ''), firmware),
    phone = coalesce(nullif($13, ''), phone), pin_refused = pin_refused or $14
where id = $1 and leased_by = $2;

-- name: resting
select url, fault, rest_until
from modem where pool = $1 and rest_until is not null and leased_by is null
order by rest_until, id;

-- name: list
select id, kind, identity, pool, url, line_id, site, phone, imei, iccid, imsi, operator, maker, model, firmware,
    allowance, month_starts_on, address, created_at, last_contact_at, held_by, held_since,
    failures, fault,
    case
        when kind = 'own' and leased_until > now() then 'in_call'
        when kind = 'own' and rest_until > now() then 'resting'
        when kind = 'own' then 'free'
        when exists (select from collector where name = held_by and alive_until > now())
            or exists (select from regional_collector where name = held_by and online) then 'connected'
        when exists (select from line where line.id = line_id and line.url like 'inbound:%') then 'away'
        else 'on_demand'
    end as state
from modem
where id > $1 and ($3::text is null or kind = $3) and ($5::bigint is null or id = $5)
    and ($4 = '' or position(lower($4) in lower(
        concat_ws(E'\n', identity, site, phone, imei, iccid, imsi, operator, address, pool)
    )) > 0)
order by id
limit $2;

-- name: inbound_lines
select line.id as line_id, modem.id as modem_id, line.url, modem.identity
from line join modem on modem.line_id = line.id
where line.url like 'inbound:%'
order by line.id;

-- name: lock
select from modem where id = any($1::bigint[]) order by id for no key update;

-- name: hold
update modem
set held_by = $3, held_since = $4, address = held.address,
    last_contact_at = greatest(last_contact_at, $4)
from unnest($1::bigint[], $2::text[]) as held (id, address)
where modem.id = held.id;

-- name: let_go
with held as (
    select id from modem
    where held_by = $1 and ($2::bigint[] is null or id = any($2))
    order by id for no key update
)
update modem set held_by = null, held_since = null from held where modem.id = held.id;

-- name: learn
update modem
set last_contact_at = greatest(modem.last_contact_at, heard.at),
    imei = coalesce(nullif(heard.imei, ''), modem.imei), iccid = coalesce(nullif(heard.iccid, ''), modem.iccid),
    imsi = coalesce(nullif(heard.imsi, ''), modem.imsi), maker = coalesce(nullif(heard.maker, ''), modem.maker),
    model = coalesce(nullif(heard.model, ''), modem.model),
    firmware = coalesce(nullif(heard.firmware, ''), modem.firmware),
    phone = coalesce(nullif(heard.phone, ''), modem.phone)
from unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
            $8::text[], $9::text[])
    as heard (id, at, imei, iccid, imsi, maker, model, firmware, phone)
where modem.id = heard.id;

-- name: begin_batch
with forgotten as (delete from contact_batch where stored_at < now() - interval '2 months')
insert into contact_batch (id) values ($1)
on conflict (id) do nothing
returning id;
