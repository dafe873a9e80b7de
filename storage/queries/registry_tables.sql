-- name: lock
select pg_advisory_xact_lock(hashtext('teplo.registry_tables'));

-- name: service_centres
select name, title from service_centre order by name;

-- name: districts
select service_centre, name from district order by service_centre, name;

-- name: sites
select code, name, address, kind, service_centre, district, heated_area from site order by code;

-- name: usage_points
select point.code, site.code as site, point.name, point.zone, point.factor_set, point.billed_quantity, point.kind,
    point.purpose, point.contract, point.account, point.consumer, point.closing_day, point.closing_hour,
    point.calculated_load, point.largest_load, point.nominal_diameter, point.indoor_temperature,
    point.design_outdoor_temperature
from usage_point point join site on site.id = point.site_id
order by point.code;

-- name: lines
select line.url, line.collector, coalesce(modem.site, '') as modem_site, coalesce(modem.phone, '') as phone,
    coalesce(modem.imei, '') as imei, coalesce(modem.iccid, '') as iccid, coalesce(modem.operator, '') as operator,
    modem.allowance, coalesce(modem.month_starts_on, 1) as month_starts_on
from line left join modem on modem.line_id = line.id
order by line.url;

-- name: meters
select meter.model, meter.serial, line.url as line, meter.address, meter.zone, meter.polled
from meter join line on line.id = meter.line_id
order by meter.model, meter.serial;

-- name: components
select meter.model as meter_model, meter.serial as meter_serial, component.kind, component.since, component.until,
    component.type, component.serial, component.seal, component.verified_on, component.verification_due
from component join meter on meter.id = component.meter_id
order by meter.model, meter.serial, component.kind, component.since;

-- name: installations
select point.code as usage_point, installation.circuit, installation.installed_at, installation.removed_at,
    meter.model as meter_model, meter.serial as meter_serial
from installation
join usage_point point on point.id = installation.usage_point_id
join meter on meter.id = installation.meter_id
order by point.code, installation.circuit, installation.installed_at;

-- name: pools
select name from modem_pool;

-- name: store_service_centres
insert into service_centre (name, title)
select name, title from jsonb_to_recordset($1::jsonb) as told (name text, title text)
on conflict (name) do update set title = excluded.title;

-- name: store_districts
insert into district (service_centre, name)
select service_centre, name from jsonb_to_recordset($1::jsonb) as told (service_centre text, name text)
on conflict do nothing;

-- name: store_sites
insert into site (code, name, address, kind, service_centre, district, heated_area)
select code, name, address, kind, service_centre, district, heated_area
from jsonb_to_recordset($1::jsonb) as told (
    code text, name text, address text, kind text, service_centre text, district text, heated_area numeric
)
on conflict (code) do update
set name = excluded.name, address = excluded.address, kind = excluded.kind,
    service_centre = excluded.service_centre, district = excluded.district, heated_area = excluded.heated_area;

-- name: store_usage_points
insert into usage_point (
    code, site_id, name, zone, factor_set, billed_quantity, kind, purpose, contract, account, consumer,
    closing_day, closing_hour, calculated_load, largest_load, nominal_diameter,
    indoor_temperature, design_outdoor_temperature
)
select told.code, site.id, told.name, zone, factor_set, billed_quantity, told.kind, purpose, contract, account,
    consumer, closing_day, closing_hour, calculated_load, largest_load, nominal_diameter,
    indoor_temperature, design_outdoor_temperature
from jsonb_to_recordset($1::jsonb) as told (
    code text, site text, name text, zone text, factor_set text, billed_quantity text, kind text, purpose text,
    contract text, account text, consumer text, closing_day integer, closing_hour integer,
    calculated_load numeric, largest_load numeric, nominal_diameter numeric,
    indoor_temperature numeric, design_outdoor_temperature numeric
)
join site on site.code = told.site
on conflict (code) do update
set site_id = excluded.site_id, name = excluded.name, zone = excluded.zone, factor_set = excluded.factor_set,
    billed_quantity = excluded.billed_quantity, kind = excluded.kind, purpose = excluded.purpose,
    contract = excluded.contract, account = excluded.account, consumer = excluded.consumer,
    closing_day = excluded.closing_day, closing_hour = excluded.closing_hour,
    calculated_load = excluded.calculated_load, largest_load = excluded.largest_load,
    nominal_diameter = excluded.nominal_diameter, indoor_temperature = excluded.indoor_temperature,
    design_outdoor_temperature = excluded.design_outdoor_temperature;

-- name: store_lines
with lines as (
    insert into line (url, endpoint, collector, pool)
    select url, endpoint, collector, pool
    from jsonb_to_recordset($1::jsonb) as told (url text, endpoint text, collector text, pool text)
    on conflict (endpoint) do update set collector = excluded.collector
    returning id, url, endpoint
)
insert into modem (kind, identity, line_id, site, phone, imei, iccid, operator, allowance, month_starts_on)
select 'remote', lines.endpoint, lines.id, told.modem_site, told.phone, told.imei, told.iccid, told.operator,
    told.allowance, told.month_starts_on
from jsonb_to_recordset($1::jsonb) as told (
    url text, has_modem boolean, modem_site text, phone text, imei text, iccid text, operator text,
    allowance bigint, month_starts_on integer
)
join lines on lines.url = told.url
where told.has_modem
on conflict (identity) do update
set line_id = excluded.line_id, site = excluded.site, phone = excluded.phone, imei = excluded.imei,
    iccid = excluded.iccid, operator = excluded.operator, allowance = excluded.allowance,
    month_starts_on = excluded.month_starts_on;

-- name: store_meters
insert into meter (model, serial, line_id, address, zone, polled)
select model, serial, line.id, address, zone, polled
from jsonb_to_recordset($1::jsonb) as told (
    model text, serial text, line text, address text, zone text, polled boolean
)
join line on line.url = told.line
on conflict (model, serial) do update
set line_id = excluded.line_id, address = excluded.address, zone = excluded.zone, polled = excluded.polled;

-- name: store_components
with told as (
    select meter.id as meter_id, row.*
    from jsonb_to_recordset($1::jsonb) as row (
        meter_model text, meter_serial text, kind text, since date, until date, type text, serial text, seal text,
        verified_on date, verification_due date
    )
    join meter on meter.model = row.meter_model and meter.serial = row.meter_serial
), changed as (
    update component
    set until = told.until, type = told.type, serial = told.serial, seal = told.seal,
        verified_on = told.verified_on, verification_due = told.verification_due
    from told
    where component.meter_id = told.meter_id and component.kind = told.kind and component.since = told.since
    returning component.meter_id, component.kind, component.since
)
insert into component (meter_id, kind, since, until, type, serial, seal, verified_on, verification_due)
select meter_id, kind, since, until, type, serial, seal, verified_on, verification_due
from told
where (meter_id, kind, since) not in (select meter_id, kind, since from changed);

-- name: store_installations
insert into installation (usage_point_id, circuit, installed_at, removed_at, meter_id)
select point.id, circuit, installed_at, removed_at, meter.id
from jsonb_to_recordset($1::jsonb) as told (
    usage_point text, circuit integer, installed_at timestamptz, removed_at timestamptz,
    meter_model text, meter_serial text
)
join usage_point point on point.code = told.usage_point
join meter on meter.model = told.meter_model and meter.serial = told.meter_serial
on conflict (usage_point_id, circuit, installed_at) do update
set removed_at = excluded.removed_at, meter_id = excluded.meter_id;
