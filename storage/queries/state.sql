-- name: version
select current_setting('server_version');

-- name: timescale
select extversion from pg_extension where extname = 'timescaledb';

-- name: migrated
select to_regclass('alembic_version') is not null;

-- name: revision
select version_num from alembic_version;
