"""A question that the database takes too long over is given up, and the caller is told when to come back."""

from __future__ import annotations

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from api.errors import install
from storage.pool import Database


async def test_a_statement_that_takes_too_long_is_given_up(database: Database) -> None:
    app = FastAPI()
    install(app)
    async with Database(database.url, patience=0.05) as hurried:

        @app.get("/slow")
        async def slow() -> None:
            await hurried.rows("select pg_sleep(60)")

        async with AsyncClient(transport=ASGITransport(app), base_url="http://teplo") as client:
            answer = await client.get("/slow")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.headers["content-type"] == "application/problem+json"
