"""The documentation works in a closed network: nothing of it comes from elsewhere."""

from __future__ import annotations

import re

import pytest

from tests.api.conftest import Caller


async def test_the_page_names_no_other_host(caller: Caller) -> None:
    client = await caller()
    page = (await client.get("/docs")).text
    assert "https://" not in page
    assert "http://" not in page
    assert not re.search(r"""(src|href)=["']//""", page)


async def test_everything_the_page_names_is_served_from_here(caller: Caller) -> None:
    client = await caller()
    page = (await client.get("/docs")).text
    named = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(named) == 4
    for address in [*named, "openapi.json"]:
        answer = await client.get(f"/{address}")
        assert answer.status_code == 200, address
        assert answer.content


@pytest.mark.parametrize("name", ["index.html", "..%2F__init__.py", "swagger-ui.js.map"])
async def test_no_other_file_is_served(caller: Caller, name: str) -> None:
    answer = await (await caller()).get(f"/docs/{name}")
    assert answer.status_code == 404
