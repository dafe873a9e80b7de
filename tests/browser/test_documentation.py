"""The documentation page in a real browser, on a machine whose network ends at the loopback."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Browser, Page, Response, async_playwright, expect

from api.app import create_app
from storage.pool import Database
from tests.api.network import NOW

pytestmark = pytest.mark.browser

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@asynccontextmanager
async def served() -> AsyncIterator[tuple[str, int]]:
    """The API on a free port of the loopback, and how many operations it has; this needs no database."""
    app = create_app(Database("postgresql:///never-asked"), now=lambda: NOW)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    listening = server.config.bind_socket()
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        operations = sum(len(item) for item in app.openapi()["paths"].values())
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", operations
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """The machine's own browser; the test is skipped where there is none."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"no browser on PATH: none of {', '.join(BROWSERS)}")
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield running
        finally:
            await running.close()


def watched(page: Page) -> tuple[list[Response], list[str]]:
    """Fills as the page loads: every answer it gets, and what went wrong in it or on the way."""
    answers: list[Response] = []
    troubles: list[str] = []
    page.on("response", lambda answer: answers.append(answer))
    page.on("requestfailed", lambda request: troubles.append(request.url))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda line: troubles.append(line.text) if line.type == "error" else None)
    return answers, troubles


async def test_the_documentation_lists_the_operations_without_one_failed_request(tmp_path: Path) -> None:
    async with browser() as running, served() as (address, operations):
        page = await running.new_page(viewport={"width": 1280, "height": 1600})
        answers, troubles = watched(page)
        await page.goto(f"{address}/docs")
        consumption = page.locator("#operations-consumption-get_consumption")
        await expect(consumption).to_be_visible()
        await expect(page.locator(".opblock")).to_have_count(operations)
        await consumption.locator("button.opblock-summary-control").click()
        await expect(consumption).to_contain_text("adjacent periods add up exactly")
        await expect(consumption).to_contain_text("10.614231")
        await page.screenshot(path=tmp_path / "documentation.png", full_page=True)
    assert troubles == []
    assert len(answers) >= 4
    assert all(answer.ok and answer.url.startswith(address) for answer in answers)
