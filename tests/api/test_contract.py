"""The API keeps its own OpenAPI document, whatever is asked: Schemathesis makes the questions.

Not checked: that every question which fits the schema is accepted; no schema says that `to` is after `from`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import create_app
from api.keys import Scope
from billing.answers import Answers
from billing.runs import Runner
from metering.plans import PollPlan
from metering.requests import PollRequest, RequestKind
from storage.keys import ApiKeys
from storage.poll_requests import PollRequests
from storage.pool import Database
from tests.api.modem_network import build_modems
from tests.api.network import NOW, SECOND_POLL, build

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
JSON = "application/json"
ENDED_REQUEST = UUID(int=4)
EXISTING = {
    "usage_point_id": 1,
    "meter_id": 2,
    "line_id": 1,
    "modem_id": 1,
    "poll_id": str(SECOND_POLL),
    "request_id": str(ENDED_REQUEST),
    "number": 1,
    "line": 1,
    "act_id": 1,
    "reading_id": 1,
    "event_id": 1,
    "webhook_id": 1,
    "usage_point": 1,
    "month": "2026-01",
    "quantity": "energy_heating",
    "since": "2026-01-02",
    "from": "2026-01-01T00:00:00Z",
    "to": "2026-02-02T00:00:00Z",
}
"""What the small network has: guessing an id and two times in order takes too long."""
BOOKS: Mapping[str, Any] = {
    "acts": {
        "kind": "withdrawal",
        "usage_point": 1,
        "at": "2026-01-31T10:00:00Z",
        "contents": {"serial": "06855812"},
    },
    "usage-points/1/reported-readings": {
        "at": "2026-01-20T00:00:00Z",
        "value": "5000",
        "unit": "kWh",
        "source": "whatsapp",
    },
    "meters/2/register-events": {
        "kind": "reset",
        "quantity": "energy_heating",
        "at": "2026-01-24T03:00:00Z",
        "level_before": "9999.9",
        "level_after": "0.2",
    },
    "webhooks": {"url": "https://billing.example/teplo", "secret": "J3xg8pQm0aYw2uBf"},
    "billing-runs": {"month": "2026-01"},
}
"""By path, what is stored there before anything is asked."""
BOUNDED = settings(
    max_examples=settings().max_examples // 12,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@asynccontextmanager
async def calling(url: str) -> AsyncIterator[tuple[AsyncClient, str]]:
    """A caller on the small network, and the header of a key with every scope."""
    async with Database(url) as database:
        await build(database)
        await build_modems(database)
        await ask_in_vain(database)
        _, plain = await ApiKeys(database).create("schemathesis", Scope, requests_per_minute=1_000_000)
        transport = ASGITransport(create_app(database, now=lambda: NOW), raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="http://teplo") as client:
            client.headers["Authorization"] = f"Bearer {plain}"
            await keep_books(client)
            runner = Runner(database, Answers(database, lambda: NOW, PollPlan()), lambda: NOW)
            assert await runner.execute_waiting()
            del client.headers["Authorization"]
            yield client, f"Bearer {plain}"


async def keep_books(client: AsyncClient) -> None:
    """One of each thing that has a number."""
    for path, body in BOOKS.items():
        answer = await client.post(f"/api/v1/{path}", json=body)
        assert answer.is_success, answer.text


async def ask_in_vain(database: Database) -> None:
    """A request that has ended: the events of one that waits would be waited for."""
    requests = PollRequests(database)
    await requests.ask(PollRequest(ENDED_REQUEST, 2, RequestKind.NOW, "A. Serikova", NOW))
    await requests.cancel(ENDED_REQUEST, "A. Serikova", NOW)


def operations() -> Iterator[Any]:
    app: FastAPI = create_app(Database("postgresql:///never-asked"), now=lambda: NOW)
    for result in schemathesis.openapi.from_dict(app.openapi()).get_all_operations():
        yield result.ok()


def modes(operation: Any) -> list[GenerationMode]:
    """Good questions, and bad ones where there is anything to get wrong."""
    refusable = operation.definition.raw.keys() & {"parameters", "requestBody"}
    return list(GenerationMode) if refusable else [GenerationMode.POSITIVE]


@pytest.mark.timeout(3600)
def test_every_operation_keeps_its_contract(database_url: str) -> None:
    with asyncio.Runner() as runner:
        context = calling(database_url)
        client, key = runner.run(context.__aenter__())
        try:
            for operation in operations():
                for mode in modes(operation):
                    examine(operation, mode, partial(ask, runner, client, key))
        finally:
            runner.run(context.__aexit__(None, None, None))


def ask(runner: asyncio.Runner, client: AsyncClient, key: str, case: Case) -> Response:
    """The answer to a question; where it carries a key at all, it gets the right one."""
    question = case.as_transport_kwargs(base_url="http://teplo")
    question.pop("cookies", None)
    if isinstance(question.get("data"), bytes):
        question["content"] = question.pop("data")
    if "Authorization" in question["headers"]:
        question["headers"]["Authorization"] = key
    return runner.run(client.request(**question))


def examine(operation: Any, mode: GenerationMode, answer: Callable[[Case], Response]) -> None:
    @BOUNDED
    @given(operation.as_strategy(generation_mode=mode), st.booleans())
    def keeps_its_contract(case: Case, asks_for_what_exists: bool) -> None:
        # What is no string where a table is wanted is sent as a text, and so is one.
        assume(case.media_type in (None, JSON) or isinstance(case.body, str | bytes))
        if mode is GenerationMode.POSITIVE and asks_for_what_exists:
            for place in (case.path_parameters, case.query):
                place.update({name: EXISTING[name] for name in EXISTING.keys() & place.keys()})
            if "from" in case.query:
                case.query.pop("month", None)
        case.validate_response(answer(case), checks=CHECKS)

    keeps_its_contract()
