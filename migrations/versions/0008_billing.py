"""The whole registry with its journal, acts, reported readings, billing runs, and who read what."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_SOURCES = (
    "'whatsapp', 'web_account', 'mobile_app', 'answering_machine', 'sms', 'e_mail', 'call_centre', "
    "'service_desk', 'paper', 'site_visit'"
)
_COMPONENTS = (
    "'calculator', 'flow_supply', 'flow_return', 'flow_make_up', 'temperature_supply', 'temperature_return', "
    "'temperature_cold_water', 'pressure_supply', 'pressure_return'"
)

_REGISTRY = (
    "create table service_centre (name text primary key check (name <> ''), title text not null default '')",
    """
    create table district (
        service_centre text not null references service_centre on update cascade,
        name text not null check (name <> ''),
        primary key (service_centre, name)
    )
    """,
    "insert into service_centre (name) select distinct service_centre from site where service_centre <> ''",
    """
    insert into district (service_centre, name)
    select distinct service_centre, district from site where service_centre <> '' and district <> ''
    """,
    """
    alter table site
        add kind text not null default 'building' check (kind in ('building', 'house')),
        add heated_area numeric check (heated_area > 0)
    """,
    """
    alter table usage_point
        add kind text not null default 'building' check (kind in ('building', 'individual')),
        add purpose text not null default 'heating'
            check (purpose in ('heating', 'hot_water', 'heating_and_hot_water')),
        add contract text not null default '',
        add account text not null default '',
        add consumer text not null default '',
        add closing_day integer check (closing_day between 1 and 31),
        add closing_hour integer check (closing_hour between 0 and 23),
        add calculated_load numeric check (calculated_load > 0),
        add largest_load numeric check (largest_load > 0),
        add nominal_diameter numeric check (nominal_diameter > 0),
        add indoor_temperature numeric not null default 20,
        add design_outdoor_temperature numeric,
        add registered_at timestamptz not null default now(),
        add check ((closing_day is null) = (closing_hour is null))
    """,
    f"""
    create table component (
        id bigint generated always as identity primary key,
        meter_id bigint not null references meter,
        kind text not null check (kind in ({_COMPONENTS})),
        type text not null check (type <> ''),
        serial text not null check (serial <> ''),
        seal text not null default '',
        verified_on date,
        verification_due date check (verification_due > verified_on),
        since date not null,
        until date check (until > since),
        constraint one_component_at_a_time exclude using gist (
            int8range(meter_id, meter_id, '[]') with &&,
            int8range(hashtext(kind), hashtext(kind), '[]') with &&,
            daterange(since, until) with &&
        )
    )
    """,
    "create index component_due on component (verification_due)",
    """
    create function keep_lapsed_verification() returns trigger language plpgsql as $$
    begin
        raise check_violation using message = format(
            '%s %s was verified until %s and not again before %s: enter the new verification with '
            'since = %4$s, so that the days between stay known',
            old.kind, old.serial, old.verification_due, new.verified_on
        );
    end $$
    """,
    """
    create trigger keep_lapsed_verification before update on component for each row
    when (new.serial = old.serial and new.since = old.since and new.verified_on > old.verification_due)
    execute function keep_lapsed_verification()
    """,
    """
    create table billing_period (
        usage_point_id bigint not null references usage_point,
        month date not null check (extract(day from month) = 1),
        starts_at timestamptz not null,
        ends_at timestamptz not null check (ends_at > starts_at),
        primary key (usage_point_id, month),
        constraint billed_once exclude using gist (
            int8range(usage_point_id, usage_point_id, '[]') with &&,
            tstzrange(starts_at, ends_at) with &&
        )
    )
    """,
    """
    create table billing_rule (
        service_centre text primary key,
        settings jsonb not null,
        changed_by text not null check (changed_by <> ''),
        changed_at timestamptz not null
    )
    """,
    """
    create table outdoor_temperature (
        service_centre text not null,
        at timestamptz not null check (at = date_trunc('hour', at)),
        value numeric not null check (value between -70 and 60),
        source text not null default '',
        primary key (service_centre, at)
    )
    """,
    """
    create table register_event (
        id bigint generated always as identity primary key,
        meter_id bigint not null references meter,
        circuit integer not null check (circuit between 1 and 99),
        quantity text not null check (quantity <> ''),
        at timestamptz not null,
        kind text not null check (kind in ('rollover', 'reset')),
        level_before numeric not null,
        level_after numeric not null check (level_after < level_before),
        capacity numeric check (capacity > level_before),
        decided_by text not null check (decided_by <> ''),
        decided_at timestamptz not null,
        note text not null default '',
        check ((kind = 'rollover') = (capacity is not null)),
        unique (meter_id, circuit, quantity, at)
    )
    """,
    """
    create table boundary_register (
        meter_id bigint not null references meter,
        circuit integer not null check (circuit between 1 and 99),
        quantity text not null check (quantity <> ''),
        at timestamptz not null,
        side text not null check (side in ('opening', 'closing')),
        value numeric not null check (value <> 'NaN' and abs(value) <> 'Infinity'),
        raw_value numeric not null,
        raw_unit text not null,
        factor numeric not null check (factor > 0),
        factor_set text not null,
        poll_id uuid references poll,
        frame integer not null default 0,
        entered_by text not null check (entered_by <> ''),
        entered_at timestamptz not null,
        note text not null default '',
        primary key (meter_id, circuit, quantity, side, at)
    )
    """,
    f"""
    create table reported_reading (
        id bigint generated always as identity primary key,
        usage_point_id bigint not null references usage_point,
        meter_id bigint not null references meter,
        circuit integer not null check (circuit between 1 and 99),
        quantity text not null check (quantity <> ''),
        at timestamptz not null,
        value numeric not null check (value <> 'NaN' and abs(value) <> 'Infinity'),
        raw_value numeric not null,
        raw_unit text not null,
        factor numeric not null check (factor > 0),
        factor_set text not null,
        source text not null check (source in ({_SOURCES})),
        reported_by text not null default '',
        entered_by text not null check (entered_by <> ''),
        entered_at timestamptz not null,
        note text not null default '',
        withdrawn_at timestamptz,
        withdrawn_by text,
        withdrawn_because text,
        check (num_nonnulls(withdrawn_at, withdrawn_by, withdrawn_because) in (0, 3))
    )
    """,
    """
    create unique index reported_once on reported_reading (meter_id, circuit, quantity, at, source)
    where withdrawn_at is null
    """,
    "create index reported_of_point on reported_reading (usage_point_id, at)",
    """
    create table act (
        id bigint generated always as identity primary key,
        number text not null unique check (number <> ''),
        kind text not null check (kind in ('admission', 'withdrawal', 'inspection')),
        usage_point_id bigint not null references usage_point,
        meter_id bigint not null references meter,
        at timestamptz not null,
        contents jsonb not null,
        poll_id uuid references poll,
        entered_by text not null check (entered_by <> ''),
        entered_at timestamptz not null,
        annulled_at timestamptz,
        annulled_by text,
        annulled_because text,
        check (num_nonnulls(annulled_at, annulled_by, annulled_because) in (0, 3))
    )
    """,
    "create index act_of_point on act (usage_point_id, at)",
)

_AREAS = (
    """
    create function in_area(service_centre text, district text, centres text[], districts text[])
    returns boolean language sql immutable as $$
        select (centres is null or service_centre = any (centres))
            and (districts is null or district = any (districts))
    $$
    """,
    """
    create function point_in_area(point bigint, centres text[], districts text[])
    returns boolean language sql stable as $$
        select exists (
            select from usage_point join site on site.id = usage_point.site_id
            where usage_point.id = point and in_area(site.service_centre, site.district, centres, districts)
        )
    $$
    """,
    """
    create function meter_in_area(device bigint, moment timestamptz, centres text[], districts text[])
    returns boolean language sql stable as $$
        with stood as (
            select usage_point_id, coalesce(removed_at, 'infinity') as removed_at
            from installation
            where meter_id = device and installed_at
                <= greatest(moment, (select min(installed_at) from installation where meter_id = device))
        )
        select exists (
            select from stood
            where (removed_at > moment or removed_at = (select max(removed_at) from stood))
                and point_in_area(usage_point_id, centres, districts)
        )
    $$
    """,
    """
    create function scope_in_area(scope jsonb, centres text[], districts text[])
    returns boolean language sql stable as $$
        select case jsonb_typeof(scope -> 'usage_points')
            when 'array' then not exists (
                select from jsonb_array_elements_text(scope -> 'usage_points') listed
                left join usage_point on usage_point.id = listed::bigint
                left join site on site.id = usage_point.site_id
                where not coalesce(in_area(site.service_centre, site.district, centres, districts), false)
            )
            else (centres is null or coalesce(scope -> 'service_centres' <@ to_jsonb(centres), false))
                and (districts is null or coalesce(scope -> 'districts' <@ to_jsonb(districts), false))
        end
    $$
    """,
)

_RUNS = (
    """
    create table billing_run (
        number bigint generated always as identity primary key,
        kind text not null check (kind in ('run', 'correction')),
        corrects bigint references billing_run,
        month date not null check (extract(day from month) = 1),
        scope jsonb not null,
        idempotency_key text,
        request_digest bytea,
        api_key_id bigint references api_key,
        requested_by text not null check (requested_by <> ''),
        requested_at timestamptz not null,
        state text not null check (state in ('queued', 'running', 'ready', 'failed')),
        taken_at timestamptz,
        finished_at timestamptz,
        message text not null default '',
        lines integer not null default 0 check (lines >= 0),
        totals jsonb,
        content_hash bytea check (length(content_hash) = 32),
        check ((kind = 'correction') = (corrects is not null)),
        check ((state = 'ready') = (content_hash is not null))
    )
    """,
    """
    create unique index billing_run_once on billing_run (api_key_id, idempotency_key)
    where idempotency_key is not null
    """,
    "create index billing_run_waiting on billing_run (number) where state in ('queued', 'running')",
    """
    create table billing_line (
        run bigint not null references billing_run,
        number integer not null check (number > 0),
        usage_point_id bigint not null references usage_point,
        period_start timestamptz not null,
        period_end timestamptz not null check (period_end > period_start),
        quantity text not null,
        status text not null check (status <> ''),
        billable boolean not null,
        value numeric,
        measured numeric,
        estimated numeric,
        frozen jsonb not null,
        content text not null,
        primary key (run, number),
        unique (run, usage_point_id, quantity, period_start)
    )
    """,
    "create index billing_line_of_point on billing_line (usage_point_id, period_start)",
    """
    create function billing_is_frozen() returns trigger language plpgsql as $$
    begin
        raise exception 'A billing run that is ready is never changed: make a correction run.'
            using errcode = 'restrict_violation';
    end $$
    """,
    """
    create trigger billing_line_is_frozen before update or delete on billing_line
    for each row execute function billing_is_frozen()
    """,
    """
    create trigger billing_run_is_frozen before update or delete on billing_run
    for each row when (old.state = 'ready') execute function billing_is_frozen()
    """,
    """
    create table webhook (
        id bigint generated always as identity primary key,
        url text not null unique check (url ~ '^https?://'),
        secret text not null check (length(secret) >= 16),
        api_key_id bigint references api_key,
        created_by text not null check (created_by <> ''),
        created_at timestamptz not null,
        disabled_at timestamptz
    )
    """,
    """
    create table notice (
        id uuid primary key,
        run bigint not null references billing_run,
        webhook_id bigint references webhook,
        state text not null check (state in ('waiting', 'delivered', 'given_up')),
        attempts integer not null default 0 check (attempts >= 0),
        next_at timestamptz not null,
        delivered_at timestamptz,
        message text not null default ''
    )
    """,
    "create unique index notice_once on notice (run, coalesce(webhook_id, 0))",
    "create index notice_waiting on notice (next_at) where state = 'waiting'",
)

_ACCESS = (
    """
    alter table api_key
        add service_centres text[],
        add districts text[],
        add requests_per_minute integer not null default 600 check (requests_per_minute > 0)
    """,
    """
    create table access_log (
        id bigint generated always as identity primary key,
        at timestamptz not null,
        api_key_id bigint references api_key,
        caller text not null,
        method text not null,
        path text not null check (length(path) <= 2000),
        query text not null default '' check (length(query) <= 4000),
        status integer not null,
        answered jsonb
    )
    """,
    """
    insert into access_log (at, api_key_id, caller, method, path, query, status, answered)
    select asked_at, api_key_id, coalesce(name, ''), 'GET', '/api/v1/consumption',
        to_char(period_start at time zone 'UTC', '"from="YYYY-MM-DD"T"HH24:MI:SS"Z"')
            || to_char(period_end at time zone 'UTC', '"&to="YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        200, jsonb_build_object('lines', lines, 'total', total::text)
    from billing_query left join api_key on api_key.id = api_key_id
    order by billing_query.id
    """,
    "drop table billing_query",
    "create index access_log_of_key on access_log (api_key_id, id desc)",
    "create index access_log_by_time on access_log using brin (at)",
)

_JOURNAL = (
    """
    create table registry_change (
        id bigint generated always as identity primary key,
        at timestamptz not null default clock_timestamp(),
        changed_by text not null,
        subject text not null,
        subject_key text not null,
        before_change jsonb,
        after_change jsonb,
        check (num_nonnulls(before_change, after_change) > 0)
    )
    """,
    "create index registry_change_of on registry_change (subject, subject_key, id desc)",
    """
    create function journal() returns trigger language plpgsql as $$
    declare
        ignored text[] := tg_argv[1:];
        was jsonb := case when tg_op = 'INSERT' then null else to_jsonb(old) - ignored end;
        is_now jsonb := case when tg_op = 'DELETE' then null else to_jsonb(new) - ignored end;
        subject_key text;
    begin
        if was is not distinct from is_now then
            return null;
        end if;
        select string_agg(coalesce(is_now, was) ->> part, '/' order by place) into subject_key
        from unnest(string_to_array(tg_argv[0], ',')) with ordinality as key (part, place);
        insert into registry_change (changed_by, subject, subject_key, before_change, after_change)
        values (
            coalesce(nullif(current_setting('teplo.acting', true), ''), current_user),
            tg_table_name, subject_key, was, is_now
        );
        return null;
    end $$
    """,
)

# Of each table: what names a row, and what collectors write by themselves.
_JOURNALLED = {
    "service_centre": ("name",),
    "district": ("service_centre,name",),
    "site": ("id",),
    "usage_point": ("id",),
    "meter": ("id",),
    "meter_zone": ("meter_id,since",),
    "installation": ("usage_point_id,circuit,installed_at",),
    "component": ("id",),
    "line": ("id", "home", "visited_by", "visited_since"),
    "modem": (
        *("id", "pin", "pin_refused", "last_contact_at", "held_by", "held_since", "leased_by"),
        *("leased_until", "used_at", "rest_until", "failures", "fault", "registration"),
        *("maker", "model", "firmware"),
    ),
    "billing_period": ("usage_point_id,month",),
    "billing_rule": ("service_centre",),
    "register_event": ("id",),
    "boundary_register": ("meter_id,circuit,quantity,side,at",),
    "reported_reading": ("id",),
    "act": ("id",),
    "webhook": ("id", "secret"),
    "api_key": ("id", "digest"),
}

_COMMENTS = {
    "table service_centre": "Customer service centres; site.service_centre is one of them or empty",
    "table district": "Administrative districts, each of one service centre",
    "table component": "What a meter consists of, with seal and verification, half-open in time",
    "table billing_period": "Periods that differ from the usage point''s calendar: the bill of this month",
    "table billing_rule": "The utility''s rules of billing; of a service centre, or everybody''s (empty)",
    "table outdoor_temperature": "Means of an hour, degrees Celsius; service_centre empty: everywhere",
    "table register_event": "A register that ran over or was reset, by act or decision",
    "table boundary_register": "Registers at the installation or removal of a meter, by live poll or by hand",
    "table reported_reading": "Registers that people told; value in the canonical unit",
    "table act": "Admission, withdrawal and inspection; annulled, never changed",
    "table billing_run": "Snapshots for billing; never changed when ready. number is printed on bills",
    "table billing_line": "What was answered; content: its canonical text, over which hashes are taken",
    "table webhook": "Who is told over HTTP that a run is ready",
    "table notice": "What is to be told of a run; webhook_id null: over MQTT",
    "table access_log": "Every read by billing and every change through the API",
    "table registry_change": "Who changed what in the registry, when, from what to what",
    "column site.heated_area": "Square metres",
    "column usage_point.closing_day": "The building''s own billing calendar; null: that of its poll plan",
    "column usage_point.calculated_load": "Gcal/h at the design outdoor temperature",
    "column usage_point.largest_load": "Gcal/h by contract",
    "column usage_point.nominal_diameter": "Of the pipe, millimetres",
    "column api_key.service_centres": "What the key may see; null: all of them",
}


def upgrade() -> None:
    for statement in (*_REGISTRY, *_AREAS, *_RUNS, *_ACCESS, *_JOURNAL):
        op.execute(statement)
    for table, arguments in _JOURNALLED.items():
        named = ", ".join(f"'{argument}'" for argument in arguments)
        op.execute(
            f"create trigger journal_{table} after insert or update or delete on {table} "
            f"for each row execute function journal({named})"
        )
    for thing, comment in _COMMENTS.items():
        op.execute(f"comment on {thing} is '{comment}'")
