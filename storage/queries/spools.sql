-- name: tell
update collector set spool_entries = $2, spool_size = $3, spool_limit = $4, spool_oldest_at = $5
where name = $1
    and (spool_entries, spool_size, spool_limit, spool_oldest_at) is distinct from ($2, $3, $4, $5);

-- name: list
select collector.name, collector.alive_until > now() as alive, collector.seen_at,
    (select count(*) from line where line.home = collector.name) as lines,
    spool_entries as entries, spool_size as size, spool_limit as limit, spool_oldest_at as oldest_at
from collector
order by collector.name;
