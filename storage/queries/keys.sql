-- name: create
insert into api_key (name, scopes, digest) values ($1, $2, $3) returning id;

-- name: find
select id, name, scopes, created_at, revoked_at from api_key where digest = $1 and revoked_at is null;

-- name: revoke
update api_key set revoked_at = now() where id = $1 and revoked_at is null returning id;

-- name: list
select id, name, scopes, created_at, revoked_at from api_key order by id;
