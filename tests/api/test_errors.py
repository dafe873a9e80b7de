"""Every error is a problem document of RFC 9457 that tells what happened and what to do next."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from api.app import create_app
from api.errors import KINDS, answer
from api.limits import LARGEST_BODY
from metering.errors import ProfileError, ReadingConflict, StorageError, StorageUnavailable, TeploError
from storage.pool import Database
from tests.api.conftest import Caller
from tests.api.network import NOW

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"

NOT_UNDERSTOOD = (
    "/api/v1/meters/x",
    "/api/v1/meters/0",
    "/api/v1/meters/9223372036854775808",
    "/api/v1/meters?limit=0",
    "/api/v1/meters?limit=1001",
    "/api/v1/meters?cursor=%00",
    "/api/v1/polls/1",
    "/api/v1/polls?since=yesterday",
)

NO_BODIES = (
    b"",
    b"{",
    b"[]",
    b"\xff",
    b"[" * 20_000,
    b'{"line_id": %s}' % (b"1" * 5000),
    b'{"line_id": NaN}',
    b'{"line_id": 1, "\\udc00": 1}',
    b'{"line_id": 1, "site": "\\udc00"}',
)


def checked(answer: Response, status: int) -> Any:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["type"].startswith("urn:teplo:problem:")
    assert all(body[member] for member in ("title", "detail", "instance", "next_step"))
    return body


async def test_an_unknown_address(client: AsyncClient) -> None:
    body = checked(await client.get("/api/v2/nothing"), 404)
    assert body["instance"] == "/api/v2/nothing"


async def test_an_unknown_id(client: AsyncClient) -> None:
    assert checked(await client.get("/api/v1/meters/5"), 404)["detail"] == "There is no meter 5."


async def test_a_wrong_method(client: AsyncClient) -> None:
    answer = await client.delete("/api/v1/meters")
    checked(answer, 405)
    assert answer.headers["allow"] == "GET"


async def test_parameters_that_are_not_understood_are_named(client: AsyncClient) -> None:
    for path in NOT_UNDERSTOOD:
        body = checked(await client.get(path), 422)
        assert body["errors"][0]["location"].split(".")[0] in {"path", "query"}, path


async def test_a_body_that_is_too_large_is_refused_unread(client: AsyncClient) -> None:
    answer = await client.post("/api/v1/lines/1/poll-requests", content=b"x" * (LARGEST_BODY + 1))
    checked(answer, 413)


async def test_a_body_of_unannounced_length_is_refused_as_soon_as_it_is_too_large(
    client: AsyncClient,
) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b"x" * 1024

    checked(await client.post("/api/v1/signal-surveys", content=endless()), 413)
    assert read * 1024 <= LARGEST_BODY + 1024


@pytest.mark.parametrize("body", NO_BODIES, ids=lambda body: ascii(body)[:30])
async def test_a_body_that_is_not_understood(client: AsyncClient, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    checked(await client.post("/api/v1/signal-surveys", content=body, headers=headers), 422)


async def test_a_body_that_is_not_called_json_is_told_the_header(client: AsyncClient) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await client.post("/api/v1/signal-surveys", content=b'{"line_id": 1}', headers=headers)
    assert "Content-Type: application/json" in checked(answer, 422)["detail"]


async def test_a_database_that_is_away_is_503_with_a_time_to_wait() -> None:
    async with (
        Database(NOWHERE, timeout=1) as database,
        caller_of(create_app(database, now=lambda: NOW)) as one,
    ):
        answer = await one.get("/api/v1/meters", headers={"Authorization": "Bearer any"})
        checked(answer, 503)
        assert int(answer.headers["retry-after"]) > 0
        assert "postgresql" not in answer.text
        checked(await one.get("/health/ready"), 503)
        assert (await one.get("/health/live")).json() == {"status": "live"}


async def test_a_fault_of_our_own_hides_its_inside(app: FastAPI, caller: Caller) -> None:
    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("the secret inside")

    body = checked(await (await caller()).get("/broken"), 500)
    assert "secret" not in str(body)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (TeploError(), 500),
        (ProfileError(), 500),
        (StorageError(), 500),
        (StorageUnavailable(), 503),
        (ReadingConflict("both want slot 1"), 409),
        *[(kind(), entry.status.value) for kind, entry in KINDS.items()],
    ],
)
def test_the_nearest_class_of_the_tree_decides(error: TeploError, status: int) -> None:
    assert answer("/x", error).status_code == status


def caller_of(app: FastAPI) -> AsyncClient:
    return AsyncClient(transport=ASGITransport(app, raise_app_exceptions=False), base_url="http://teplo")
