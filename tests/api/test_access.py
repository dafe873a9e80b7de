"""Deny by default: nothing but health and documentation answers without the right key."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response

from api.keys import PLACES, Scope
from storage.keys import ApiKeys
from storage.pool import Database
from tests.api.conftest import Caller
from tests.api.network import Network

OPEN = {"/health/live", "/health/ready"}
PERIOD = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z", "kind": "hour"}
SURVEY = {"line_id": 999}
QUERIES = {
    "GET /api/v1/problems": {},
    "GET /api/v1/outcome-counts": PERIOD | {"by": "day"},
    "GET /api/v1/meters/{}/hours": PERIOD | {"quantity": "energy_heating"},
    "GET /api/v1/modems": {"kind": "own"},
    "GET /api/v1/reports/modems": {"kind": "silent"},
    "DELETE /api/v1/strangers": {"identity": "999"},
    "GET /api/v1/acts/draft/{}": {"usage_point": "999", "kind": "admission"},
    "GET /api/v1/usage-points/{}/operation-sheet": {"admitted_at": "2026-01-01T00:00:00Z"},
    "GET /api/v1/usage-points/{}/operation-sheet.pdf": {"admitted_at": "2026-01-01T00:00:00Z"},
    "GET /api/v1/usage-points/{}/operation-sheet.xlsx": {"admitted_at": "2026-01-01T00:00:00Z"},
    "GET /api/v1/acts": {"kind": "admission"},
    "GET /api/v1/registry-changes": {},
    "GET /api/v1/reports/readings-entry.pdf": {"month": "2026-01"},
    "GET /api/v1/reports/readings-entry.xlsx": {"month": "2026-01"},
    "GET /api/v1/reports/route-sheet.pdf": {"meters": "999"},
    "GET /api/v1/reports/route-sheet.xlsx": {"meters": "999"},
    "GET /api/v1/reports/verification-due.pdf": {"until": "2026-03-01"},
    "GET /api/v1/reports/verification-due.xlsx": {"until": "2026-03-01"},
    "POST /api/v1/registry/import": {"dry_run": "true"},
}
"""Of the operations to which a period means nothing, or not everything."""
ANSWERS = {
    "POST /api/v1/billing-runs": 422,
    "POST /api/v1/webhooks": 422,
    "POST /api/v1/allocations": 422,
    "POST /api/v1/allocations/by-rate": 422,
    "DELETE /api/v1/strangers": 204,
    "POST /api/v1/signal-surveys": 422,
    "POST /api/v1/meters/{}/poll-requests": 422,
    "PUT /api/v1/usage-points/{}/poll-plan": 422,
    "POST /api/v1/meters/{}/held-polls/decision": 422,
    "POST /api/v1/acts/draft": 422,
    "POST /api/v1/acts": 422,
    "POST /api/v1/acts/{}/annul": 422,
    "PATCH /api/v1/usage-points/{}": 422,
    "PUT /api/v1/meters/{}/components/{}/{}": 422,
    "POST /api/v1/meter-replacements": 422,
    "POST /api/v1/registry/import": 422,
    "PUT /api/v1/billing-rules": 422,
    "PUT /api/v1/usage-points/{}/billing-periods/{}": 422,
    "POST /api/v1/usage-points/{}/reported-readings": 422,
    "POST /api/v1/reported-readings/{}/withdrawal": 422,
    "POST /api/v1/reported-readings/import": 422,
    "PUT /api/v1/outdoor-temperatures": 422,
    "POST /api/v1/meters/{}/register-events": 422,
}
"""Of the operations that answer neither 200 nor, to an id that is nowhere, 404."""
SCOPES = {
    "GET /api/v1/access-log": Scope.AUDIT_READ,
    "POST /api/v1/billing-runs": Scope.BILLING_RUN,
    "POST /api/v1/billing-runs/{}/corrections": Scope.BILLING_RUN,
    "GET /api/v1/billing-runs": Scope.BILLING_READ,
    "GET /api/v1/billing-runs/{}": Scope.BILLING_READ,
    "GET /api/v1/billing-runs/{}/lines": Scope.BILLING_READ,
    "GET /api/v1/billing-runs/{}/lines/{}": Scope.BILLING_READ,
    "GET /api/v1/billing-runs/{}/lines.ndjson": Scope.BILLING_READ,
    "GET /api/v1/billing-runs/{}/lines.csv": Scope.BILLING_READ,
    "GET /api/v1/billing-runs/{}/lines.xlsx": Scope.BILLING_READ,
    "GET /api/v1/billing-runs/{}/lines.parquet": Scope.BILLING_READ,
    "GET /api/v1/billing-runs/{}/notices": Scope.BILLING_READ,
    "GET /api/v1/billing-runs/{}/lines/{}/provenance": Scope.BILLING_READ,
    "GET /api/v1/billing-runs/{}/lines/{}/provenance.html": Scope.BILLING_READ,
    "GET /api/v1/billing-runs/{}/lines/{}/provenance.pdf": Scope.BILLING_READ,
    "GET /api/v1/usage-points/{}/provenance": Scope.BILLING_READ,
    "POST /api/v1/webhooks": Scope.WEBHOOKS_WRITE,
    "GET /api/v1/webhooks": Scope.WEBHOOKS_WRITE,
    "DELETE /api/v1/webhooks/{}": Scope.WEBHOOKS_WRITE,
    "POST /api/v1/allocations": Scope.BILLING_READ,
    "POST /api/v1/allocations/by-rate": Scope.BILLING_READ,
    "GET /api/v1/service-centres": Scope.REGISTRY_READ,
    "GET /api/v1/sites": Scope.REGISTRY_READ,
    "GET /api/v1/registry-changes": Scope.REGISTRY_READ,
    "POST /api/v1/registry/import": Scope.REGISTRY_WRITE,
    "POST /api/v1/meter-replacements": Scope.REGISTRY_WRITE,
    "GET /api/v1/meters/{}/components": Scope.REGISTRY_READ,
    "PUT /api/v1/meters/{}/components/{}/{}": Scope.REGISTRY_WRITE,
    "PATCH /api/v1/usage-points/{}": Scope.REGISTRY_WRITE,
    "GET /api/v1/usage-points": Scope.REGISTRY_READ,
    "GET /api/v1/usage-points/{}": Scope.REGISTRY_READ,
    "GET /api/v1/usage-points/{}/poll-plan": Scope.REGISTRY_READ,
    "PUT /api/v1/usage-points/{}/poll-plan": Scope.PLANS_WRITE,
    "DELETE /api/v1/usage-points/{}/poll-plan": Scope.PLANS_WRITE,
    "GET /api/v1/poll-plans": Scope.REGISTRY_READ,
    "GET /api/v1/meters": Scope.REGISTRY_READ,
    "GET /api/v1/meters/{}": Scope.REGISTRY_READ,
    "GET /api/v1/lines/{}": Scope.REGISTRY_READ,
    "GET /api/v1/usage-points/{}/readings": Scope.READINGS_READ,
    "GET /api/v1/meters/{}/readings": Scope.READINGS_READ,
    "GET /api/v1/meters/{}/snapshots": Scope.READINGS_READ,
    "GET /api/v1/meters/{}/conditions": Scope.READINGS_READ,
    "GET /api/v1/meters/{}/gaps": Scope.READINGS_READ,
    "GET /api/v1/meters/{}/revisions": Scope.READINGS_READ,
    "GET /api/v1/polls": Scope.POLLS_READ,
    "GET /api/v1/polls/{}": Scope.POLLS_READ,
    "GET /api/v1/polls/{}/frames": Scope.POLLS_READ,
    "POST /api/v1/lines/{}/poll-requests": Scope.POLLS_WRITE,
    "POST /api/v1/meters/{}/poll-requests": Scope.POLLS_WRITE,
    "GET /api/v1/meters/{}/poll-requests": Scope.POLLS_READ,
    "GET /api/v1/poll-requests/{}": Scope.POLLS_READ,
    "GET /api/v1/poll-requests/{}/events": Scope.POLLS_READ,
    "POST /api/v1/poll-requests/{}/cancel": Scope.POLLS_WRITE,
    "GET /api/v1/held-polls": Scope.POLLS_READ,
    "GET /api/v1/held-polls/{}": Scope.POLLS_READ,
    "GET /api/v1/held-polls/{}/readings": Scope.POLLS_READ,
    "POST /api/v1/meters/{}/held-polls/decision": Scope.POLLS_DECIDE,
    "GET /api/v1/outcomes": Scope.POLLS_READ,
    "GET /api/v1/outcome-counts": Scope.POLLS_READ,
    "GET /api/v1/lines": Scope.POLLS_READ,
    "GET /api/v1/problems": Scope.POLLS_READ,
    "GET /metrics": Scope.POLLS_READ,
    "GET /api/v1/completeness": Scope.READINGS_READ,
    "GET /api/v1/completeness.csv": Scope.READINGS_READ,
    "GET /api/v1/meters/{}/hours": Scope.READINGS_READ,
    "GET /api/v1/usage-points/{}/consumption": Scope.BILLING_READ,
    "GET /api/v1/consumption": Scope.BILLING_READ,
    "GET /api/v1/consumption.csv": Scope.BILLING_READ,
    "POST /api/v1/usage-points/{}/reported-readings": Scope.READINGS_WRITE,
    "GET /api/v1/usage-points/{}/reported-readings": Scope.READINGS_READ,
    "GET /api/v1/usage-points/{}/reported-readings/comparison": Scope.READINGS_READ,
    "POST /api/v1/reported-readings/{}/withdrawal": Scope.READINGS_WRITE,
    "POST /api/v1/reported-readings/import": Scope.READINGS_WRITE,
    "PUT /api/v1/outdoor-temperatures": Scope.READINGS_WRITE,
    "GET /api/v1/outdoor-temperatures": Scope.READINGS_READ,
    "POST /api/v1/meters/{}/register-events": Scope.RULES_WRITE,
    "GET /api/v1/meters/{}/register-events": Scope.READINGS_READ,
    "DELETE /api/v1/register-events/{}": Scope.RULES_WRITE,
    "GET /api/v1/billing-rules": Scope.BILLING_READ,
    "PUT /api/v1/billing-rules": Scope.RULES_WRITE,
    "GET /api/v1/usage-points/{}/billing-periods": Scope.BILLING_READ,
    "PUT /api/v1/usage-points/{}/billing-periods/{}": Scope.RULES_WRITE,
    "DELETE /api/v1/usage-points/{}/billing-periods/{}": Scope.RULES_WRITE,
    "GET /api/v1/modems": Scope.MODEMS_READ,
    "GET /api/v1/modems/{}": Scope.MODEMS_READ,
    "GET /api/v1/modems/{}/signal": Scope.MODEMS_READ,
    "GET /api/v1/modems/{}/calls": Scope.MODEMS_READ,
    "GET /api/v1/modems/{}/traffic": Scope.MODEMS_READ,
    "GET /api/v1/strangers": Scope.MODEMS_READ,
    "DELETE /api/v1/strangers": Scope.MODEMS_WRITE,
    "GET /api/v1/reports/modems": Scope.MODEMS_READ,
    "GET /api/v1/reports/readings-entry.pdf": Scope.REPORTS_READ,
    "GET /api/v1/reports/readings-entry.xlsx": Scope.REPORTS_READ,
    "GET /api/v1/reports/route-sheet.pdf": Scope.REPORTS_READ,
    "GET /api/v1/reports/route-sheet.xlsx": Scope.REPORTS_READ,
    "GET /api/v1/reports/verification-due.pdf": Scope.REPORTS_READ,
    "GET /api/v1/signal-surveys/{}/sheet.pdf": Scope.REPORTS_READ,
    "GET /api/v1/signal-surveys/{}/sheet.xlsx": Scope.REPORTS_READ,
    "GET /api/v1/reports/verification-due.xlsx": Scope.REPORTS_READ,
    "GET /api/v1/usage-points/{}/operation-sheet.pdf": Scope.REPORTS_READ,
    "GET /api/v1/usage-points/{}/operation-sheet.xlsx": Scope.REPORTS_READ,
    "GET /api/v1/acts/{}/form.pdf": Scope.REPORTS_READ,
    "GET /api/v1/acts/{}/form.xlsx": Scope.REPORTS_READ,
    "GET /api/v1/meters/{}/archive-sheet.pdf": Scope.REPORTS_READ,
    "GET /api/v1/meters/{}/archive-sheet.xlsx": Scope.REPORTS_READ,
    "GET /api/v1/signal-surveys": Scope.MODEMS_READ,
    "POST /api/v1/signal-surveys": Scope.SURVEYS_WRITE,
    "GET /api/v1/signal-surveys/{}": Scope.MODEMS_READ,
    "POST /api/v1/acts/draft": Scope.ACTS_WRITE,
    "GET /api/v1/acts/draft/{}": Scope.ACTS_READ,
    "GET /api/v1/usage-points/{}/operation-sheet": Scope.ACTS_READ,
    "POST /api/v1/acts": Scope.ACTS_WRITE,
    "GET /api/v1/acts": Scope.ACTS_READ,
    "GET /api/v1/acts/{}": Scope.ACTS_READ,
    "POST /api/v1/acts/{}/annul": Scope.ACTS_WRITE,
}


NARROWED = {
    "GET /api/v1/service-centres",
    "GET /api/v1/sites",
    "GET /api/v1/usage-points",
    "GET /api/v1/meters",
    "GET /api/v1/consumption",
    "GET /api/v1/consumption.csv",
    "GET /api/v1/completeness",
    "GET /api/v1/completeness.csv",
    "GET /api/v1/problems",
    "GET /api/v1/acts",
    "POST /api/v1/acts",
    "POST /api/v1/acts/draft",
    "GET /api/v1/billing-runs",
    "POST /api/v1/billing-runs",
}
"""What a key of some service centres or districts may ask though the path names no place."""


def told_in(answer: Response) -> list[Any]:
    """The items of a page or list, the rows of a CSV file behind its head."""
    if answer.headers["content-type"].startswith("text/csv"):
        return answer.text.splitlines()[1:]
    body = answer.json()
    found: list[Any] = body if isinstance(body, list) else body["items"]
    return found


def guarded(app: FastAPI) -> list[tuple[str, str]]:
    """Method and path of every operation in the OpenAPI document that is not open to all."""
    paths = app.openapi()["paths"].items()
    return [(method, path) for path, item in paths for method in item if path not in OPEN]


def name(method: str, path: str) -> str:
    """An operation's name in the tables."""
    return f"{method.upper()} {re.sub(r'{.*?}', '{}', path)}"


async def asked(client: AsyncClient, method: str, path: str) -> Response:
    """The answer to a question about an id that exists nowhere."""
    uuid = "00000000-0000-0000-0000-000000000999"
    filled = re.sub(r"{(poll|survey|request)_id}", uuid, path)
    return await client.request(
        method,
        re.sub(r"{\w+}", "999", filled),
        params=QUERIES.get(name(method, path), PERIOD),
        json=SURVEY if method == "post" else None,
    )


def test_every_operation_has_its_scope_in_this_table(app: FastAPI) -> None:
    assert {name(method, path) for method, path in guarded(app)} == set(SCOPES)


async def test_nothing_answers_without_a_key(app: FastAPI, caller: Caller) -> None:
    stranger = await caller()
    for method, path in guarded(app):
        answer = await asked(stranger, method, path)
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert "Authorization: Bearer" in answer.json()["next_step"]


async def test_a_key_of_a_district_is_told_of_nothing_elsewhere(
    app: FastAPI, caller: Caller, database: Database, network: Network
) -> None:
    """Whatever is added: where no place is known of it is refused, and a place elsewhere is not there."""
    _, plain = await ApiKeys(database).create("partly", list(Scope), districts=["elsewhere"])
    holder = await caller()
    holder.headers["Authorization"] = f"Bearer {plain}"
    for method, path in guarded(app):
        answer = await asked(holder, method, path)
        if any(f"{{{parameter}}}" in path for parameter in PLACES):
            assert answer.status_code == 404, path
        elif name(method, path) in NARROWED:
            assert answer.status_code == ANSWERS.get(name(method, path), 200), path
            assert method == "post" or not told_in(answer), path
        else:
            assert answer.status_code == 403, path
            assert "districts elsewhere" in answer.json()["detail"]


async def test_nothing_answers_without_its_scope(app: FastAPI, caller: Caller) -> None:
    for method, path in guarded(app):
        needed = SCOPES[name(method, path)]
        lacking = await caller(*(scope for scope in Scope if scope is not needed))
        answer = await asked(lacking, method, path)
        assert answer.status_code == 403, path
        assert needed in answer.json()["detail"]
        assert "Ask the operator" in answer.json()["next_step"]


async def test_its_scope_alone_is_enough(app: FastAPI, caller: Caller) -> None:
    for method, path in guarded(app):
        holder = await caller(SCOPES[name(method, path)])
        answer = await asked(holder, method, path)
        expected = ANSWERS.get(name(method, path), 404 if "{" in path else 200)
        assert answer.status_code == expected, path


async def test_a_revoked_key_opens_nothing(database: Database, caller: Caller) -> None:
    keys = ApiKeys(database)
    key_id, plain = await keys.create("left us", list(Scope))
    client = await caller()
    headers = {"Authorization": f"Bearer {plain}"}
    assert (await client.get("/api/v1/meters", headers=headers)).status_code == 200
    await keys.revoke(key_id)
    assert (await client.get("/api/v1/meters", headers=headers)).status_code == 401


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer nonsense", "Basic dTpw", "nonsense", "Bearer \xe9"]
)
async def test_a_header_that_is_no_key_opens_nothing(caller: Caller, header: str) -> None:
    client = await caller()
    answer = await client.get("/api/v1/meters", headers={"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401
