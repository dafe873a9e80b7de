-- name: changes
select id, at, changed_by, subject, subject_key, before_change, after_change
from registry_change
where ($1::bigint is null or id < $1)
    and ($2::text is null or subject = $2)
    and ($3::text is null or subject_key = $3)
order by id desc
limit $4;
