"""What the documentation says exists: links, commands, options, settings, requests and examples."""

from __future__ import annotations

import re
import shlex
from itertools import takewhile
from pathlib import Path

import pytest

from api.app import create_app
from simulators import fleet_file
from storage.pool import Database
from teplo import registry_file
from teplo.composition import clock
from tests.support.command_line import SETTINGS, commands, options, unknown_command, unknown_settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
OF_ONE_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
OF_A_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as the usual renderers make them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def blocks(page: Path, language: str) -> list[str]:
    return [text for name, text in OF_A_BLOCK.findall(page.read_text()) if name == language]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in OF_ONE_LINK.findall(page.read_text()):
        path, _, anchor = link.partition("#")
        if "://" in link:
            continue
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_can_be_reached_from_the_index_or_the_decisions() -> None:
    indexes = [ROOT / "README.md", DOCS / "README.md", DOCS / "decisions" / "README.md"]
    linked = {
        (one.parent / link).resolve() for one in indexes for link in OF_ONE_LINK.findall(one.read_text())
    }
    assert set(PAGES) - set(indexes) <= linked


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_exists(page: Path) -> None:
    """A remark stands behind three blanks or more."""
    for line in re.findall(
        r"^(?:\.venv/bin/)?teplo +(.*?)(?: {3}.*)?$", "\n".join(blocks(page, "")), re.MULTILINE
    ):
        assert not unknown_command(list(takewhile(lambda word: word not in "|>", shlex.split(line)))), line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_chore_exists(page: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    text = page.read_text()
    named = re.findall(r"^make ([a-z]+)", text, re.MULTILINE) + re.findall(r"`make ([a-z]+)[ `]", text)
    assert set(named) <= set(targets)


def test_every_command_and_option_is_documented() -> None:
    text = (DOCS / "reference" / "command-line.md").read_text()
    for name, command in commands().items():
        assert f"`teplo {name}" in text
        missing = [option for option in options(command) if option not in text]
        assert not missing, name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_setting_exists(page: Path) -> None:
    assert not unknown_settings(page.read_text())


def test_every_setting_is_documented() -> None:
    assert set(re.findall(r"`(TEPLO_[A-Z_]+)`", (DOCS / "reference" / "settings.md").read_text())) == SETTINGS


def test_the_map_of_the_api_is_complete() -> None:
    application = create_app(Database("postgresql://nobody@localhost/nothing"), now=clock)
    paths = {re.sub(r"\{\w+\}", "{id}", path) for path in application.openapi()["paths"]}
    text = (DOCS / "reference" / "api.md").read_text()
    named = set(re.findall(r"`(?:GET|POST|PUT|PATCH|DELETE) ([^\s?`\[]+)", text))
    assert named == paths


def test_the_fleet_of_the_tutorial_is_right() -> None:
    assert len(fleet_file.load(DOCS / "tutorial" / "first-fleet.toml").lines) == 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_example_in_python_compiles(page: Path) -> None:
    for text in blocks(page, "python"):
        compile(text, page.name, "exec")


def test_the_registry_file_of_the_reference_is_right() -> None:
    (text,) = blocks(DOCS / "reference" / "registry.md", "toml")
    assert registry_file.read(text, "registry.md").meters == 1
