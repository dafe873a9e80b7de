-- name: add_site
-- Of the particulars $6 those that are not named stay as they are, or as a new site has them.
with centre as (
    insert into service_centre (name) select $5 where $5 <> '' on conflict do nothing
), part as (
    insert into district (service_centre, name) select $5, $4 where $5 <> '' and $4 <> '' on conflict do nothing
)
insert into site (code, name, address, district, service_centre, kind, heated_area)
select $1, $2, $3, $4, $5, told.kind, told.heated_area
from jsonb_populate_record(
    null::site,
    '{"kind": "building"}' || coalesce((select to_jsonb(known) from site known where code = $1), '{}') || $6::jsonb
) told
on conflict (code) do update
set name = excluded.name, address = excluded.address, district = excluded.district,
    service_centre = excluded.service_centre, kind = excluded.kind, heated_area = excluded.heated_area
returning id;

-- name: add_usage_point
-- Of the particulars $7 those that are not named stay as they are, or as a new usage point has them.
insert into usage_point (
    code, name, site_id, zone, factor_set, billed_quantity, kind, purpose, contract, account, consumer,
    closing_day, closing_hour, calculated_load, largest_load, nominal_diameter,
    indoor_temperature, design_outdoor_temperature
)
select $1, $2, $3, $4, $5, $6, told.kind, told.purpose, told.contract, told.account, told.consumer,
    told.closing_day, told.closing_hour, told.calculated_load, told.largest_load, told.nominal_diameter,
    told.indoor_temperature, told.design_outdoor_temperature
from jsonb_populate_record(
    null::usage_point,
    '{"kind": "building", "purpose": "heating", "contract": "", "account": "", "consumer": "",
      "indoor_temperature": 20}'
    || coalesce((select to_jsonb(known) from usage_point known where code = $1), '{}') || $7::jsonb
) told
on conflict (code) do update
set name = excluded.name, site_id = excluded.site_id, zone = excluded.zone,
    factor_set = excluded.factor_set, billed_quantity = excluded.billed_quantity,
    kind = excluded.kind, purpose = excluded.purpose, contract = excluded.contract, account = excluded.account,
    consumer = excluded.consumer, closing_day = excluded.closing_day, closing_hour = excluded.closing_hour,
    calculated_load = excluded.calculated_load, largest_load = excluded.largest_load,
    nominal_diameter = excluded.nominal_diameter, indoor_temperature = excluded.indoor_temperature,
    design_outdoor_temperature = excluded.design_outdoor_temperature
returning id;

-- name: change_usage_point
update usage_point
set (kind, purpose, contract, account, consumer, closing_day, closing_hour, calculated_load, largest_load,
    nominal_diameter, indoor_temperature, design_outdoor_temperature) = (
    select kind, purpose, contract, account, consumer, closing_day, closing_hour, calculated_load, largest_load,
        nominal_diameter, indoor_temperature, design_outdoor_temperature
    from jsonb_populate_record(usage_point, $2::jsonb)
)
where id = $1
returning id;

-- name: add_line
insert into line (url, endpoint, collector, pool) values ($1, $2, $3, $4)
on conflict (endpoint) do update
set collector = case when line.url = excluded.url then excluded.collector else line.collector end,
    pool = case when line.url = excluded.url then excluded.pool else line.pool end
returning id, url;

-- name: pool_exists
select exists (select from modem_pool where name = $1);

-- name: add_modem_of_line
insert into modem (kind, identity, line_id, phone)
select 'remote', endpoint, id, case when url like 'csd:%' then endpoint else '' end
from line where id = $1
on conflict (identity) do update set line_id = excluded.line_id
where modem.line_id is distinct from excluded.line_id;

-- name: add_meter
insert into meter (serial, model, address, line_id, zone, polled) values ($1, $2, $3, $4, $5, $6)
on conflict (model, serial) do update
set address = excluded.address, line_id = excluded.line_id, polled = excluded.polled,
    zone = case
        when exists (select from meter_zone where meter_id = meter.id) then meter.zone
        else excluded.zone
    end
returning id;

-- name: install
insert into installation (usage_point_id, meter_id, circuit, installed_at)
select $1, $2, $3, $4
where not exists (
    select from installation
    where usage_point_id = $1 and meter_id = $2 and circuit = $3 and installed_at = $4
);

-- name: remove
update installation set removed_at = $3
where usage_point_id = $1 and meter_id = $2 and removed_at is null
returning circuit;

-- name: site
select id, code, name, address, district, service_centre, kind, heated_area from site where id = $1;

-- name: sites
select id, code, name, address, district, service_centre, kind, heated_area
from site where id > $1 and in_area(service_centre, district, $3, $4) order by id limit $2;

-- name: lines
select line.id, line.url, line.collector, line.pool,
    coalesce('pool:' || line.pool, line.collector, holder.name) as queue
from line
left join modem on modem.line_id = line.id
left join collector holder on holder.name = modem.held_by and holder.alive_until > now()
where line.collector is null or line.collector = $1
order by line.id;

-- name: line
select line.id, line.url, line.collector, line.pool,
    coalesce('pool:' || line.pool, line.collector, holder.name) as queue
from line
left join modem on modem.line_id = line.id
left join collector holder on holder.name = modem.held_by and holder.alive_until > now()
where line.id = $1;

-- name: line_at
select id from line where endpoint = $1;

-- name: meters_on_line
select id, serial, model, address, line_id, zone_of_meter(id, zone) as zone, polled
from meter where line_id = $1 and polled order by id;

-- name: usage_points
select id, code, name, site_id, zone, factor_set, billed_quantity, kind, purpose, contract, account, consumer,
    closing_day, closing_hour, calculated_load, largest_load, nominal_diameter,
    indoor_temperature, design_outdoor_temperature
from usage_point
where id > $1 and exists (select from site where site.id = site_id and in_area(service_centre, district, $3, $4))
order by id limit $2;

-- name: usage_point
select id, code, name, site_id, zone, factor_set, billed_quantity, kind, purpose, contract, account, consumer,
    closing_day, closing_hour, calculated_load, largest_load, nominal_diameter,
    indoor_temperature, design_outdoor_temperature
from usage_point where id = $1;

-- name: usage_point_of_code
select id, code, name, site_id, zone, factor_set, billed_quantity, kind, purpose, contract, account, consumer,
    closing_day, closing_hour, calculated_load, largest_load, nominal_diameter,
    indoor_temperature, design_outdoor_temperature
from usage_point where code = $1;

-- name: meters
-- Of an area: those that stand there, or stood there last.
select id, serial, model, address, line_id, zone_of_meter(id, zone) as zone, polled
from meter
where id > $1 and (num_nonnulls($3::text[], $4::text[]) = 0 or meter_in_area(id, 'infinity', $3, $4))
order by id limit $2;

-- name: meter
select id, serial, model, address, line_id, zone_of_meter(id, zone) as zone, polled
from meter where id = $1;

-- name: meters_of_serial
select id, serial, model, address, line_id, zone_of_meter(id, zone) as zone, polled
from meter where serial = $1 order by id limit 100;

-- name: serials
select id, serial from meter where id = any($1::bigint[]);

-- name: installations
select usage_point_id, meter_id, circuit, installed_at, removed_at
from installation where usage_point_id = $1 order by installed_at, circuit;

-- name: installations_of_meter
select usage_point_id, meter_id, circuit, installed_at, removed_at
from installation where meter_id = $1 order by installed_at, circuit;
