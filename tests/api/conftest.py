"""Callers of the API on a small network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from api.app import routed, served
from api.keys import Scope
from api.services import Services
from metering.plans import PollPlan
from metering.surveys import SurveyRule
from storage.keys import ApiKeys
from storage.pool import Database
from tests.api.network import NOW, Network, build

Caller = Callable[..., Awaitable[AsyncClient]]


@pytest.fixture
async def network(database: Database) -> Network:
    """The registry and its polls, stored."""
    return await build(database)


@pytest.fixture(scope="session")
def routed_app() -> FastAPI:
    """The routes are made once: that takes longer than most of the questions."""
    return routed()


@pytest.fixture
async def app(routed_app: FastAPI, database: Database) -> AsyncIterator[FastAPI]:
    """The API with a clock that stands still."""
    yield served(routed_app, Services(database, lambda: NOW, SurveyRule(), PollPlan()))
    await routed_app.state.access_book.close()


@pytest.fixture
async def caller(app: FastAPI, database: Database) -> AsyncIterator[Caller]:
    """Makes clients with a fresh key of these scopes; without scopes, one without a key."""
    clients: list[AsyncClient] = []

    async def make(*scopes: Scope) -> AsyncClient:
        headers = {}
        if scopes:
            _, plain = await ApiKeys(database).create("test", scopes)
            headers["Authorization"] = f"Bearer {plain}"
        transport = ASGITransport(app, raise_app_exceptions=False)
        clients.append(AsyncClient(transport=transport, base_url="http://teplo", headers=headers))
        return clients[-1]

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
async def client(caller: Caller) -> AsyncClient:
    """A caller who may do everything."""
    return await caller(*Scope)
