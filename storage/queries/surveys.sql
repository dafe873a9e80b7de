-- name: request
insert into signal_survey (id, line_id, modem_id, state, requested_at, samples_wanted, every, rule, url, site,
                           sim, operator, engineer, note)
select $1, $2, (select modem.id from modem where modem.line_id = $2), 'queued', $3, $4, $5, $6, $7, $8,
    $9, $10, $11, $12
returning id;

-- name: get
select id, line_id, modem_id, state, requested_at, started_at, finished_at, samples_wanted, every, rule, url, site,
    sim, operator, engineer, note, message, findings
from signal_survey where id = $1;

-- name: samples
select samples from signal_survey where id = $1;

-- name: list
select id, line_id, modem_id, state, requested_at, started_at, finished_at, samples_wanted, every, rule, url, site,
    sim, operator, engineer, note, message, findings
from signal_survey
where ($1::bigint is null or line_id = $1)
    and ($2::uuid is null or (requested_at, id) < (
        select before.requested_at, before.id from signal_survey before where before.id = $2
    ))
order by requested_at desc, id desc
limit $3;

-- name: waiting
select id, line_id, modem_id, state, requested_at, started_at, finished_at, samples_wanted, every, rule, url, site,
    sim, operator, engineer, note, message, findings
from signal_survey
where line_id = $1 and state in ('queued', 'running')
order by requested_at, id;

-- name: start
update signal_survey set state = 'running', started_at = $2
where id = $1 and state in ('queued', 'running')
returning id;

-- name: finish
update signal_survey
set state = 'done', started_at = coalesce(started_at, $2), finished_at = greatest($2, started_at), findings = $3, samples = $4,
    modem_id = coalesce(modem_id, (select modem.id from modem where modem.line_id = signal_survey.line_id))
where id = $1 and state in ('queued', 'running')
returning modem_id;

-- name: fail
update signal_survey
set state = 'failed', started_at = coalesce(started_at, $2), finished_at = greatest($2, started_at), message = $3
where id = $1 and state in ('queued', 'running');

-- name: lines
select distinct line_id from signal_survey where line_id is not null and state in ('queued', 'running');
