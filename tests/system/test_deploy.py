"""What deploy/ names exists in the code: commands, settings, the health address, copied files."""

from __future__ import annotations

import configparser
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.app import create_app
from storage.pool import Database
from teplo.composition import clock
from teplo.settings import Settings
from tests.support.command_line import unknown_command, unknown_settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
TEXTS = sorted(path for path in DEPLOY.rglob("*") if path.is_file())


def unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=True, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(path.read_text())
    return parser


def services_of_teplo() -> dict[str, Any]:
    return {name: one for name, one in COMPOSE["services"].items() if one["image"].startswith("teplo")}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_every_setting_exists(path: Path) -> None:
    assert not unknown_settings(path.read_text())


def test_a_wrong_setting_is_seen() -> None:
    assert unknown_settings("TEPLO_DATABASE_URI=x TEPLO_LANGUAGE=ru") == {"TEPLO_DATABASE_URI"}


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_starts_a_command_that_exists(path: Path) -> None:
    program, *arguments = shlex.split(unit(path)["Service"]["ExecStart"])
    assert Path(program).name == "teplo"
    assert not unknown_command(arguments)


@pytest.mark.parametrize("arguments", [["colector"], ["collector", "--speed=3"]])
def test_a_wrong_command_is_seen(arguments: list[str]) -> None:
    assert unknown_command(arguments)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_runs_as_an_ordinary_user_after_units_that_exist(path: Path) -> None:
    parsed = unit(path)
    assert parsed["Service"]["User"] == "teplo"
    needed = parsed["Unit"].get("Requires", "").split()
    assert {one for one in needed if one.startswith("teplo")} <= {one.name for one in UNITS}


@pytest.mark.parametrize("name", services_of_teplo())
def test_a_service_of_the_compose_file_starts_a_command_that_exists(name: str) -> None:
    service = services_of_teplo()[name]
    assert not unknown_command(service["command"])
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    assert set(service["depends_on"]) <= set(COMPOSE["services"])


def test_collector_and_api_wait_for_the_schema() -> None:
    for name in ("collector", "api"):
        condition = COMPOSE["services"][name]["depends_on"]["migrate"]["condition"]
        assert condition == "service_completed_successfully"


def test_the_api_is_asked_at_an_address_that_exists() -> None:
    text = " ".join(COMPOSE["services"]["api"]["healthcheck"]["test"])
    found = re.search(r"http://127\.0\.0\.1:(\d+)(/[a-z/]*)", text)
    assert found is not None
    port, path = found.groups()
    assert COMPOSE["services"]["api"]["environment"]["TEPLO_API_PORT"] == port
    application = create_app(Database("postgresql://nobody@localhost/nothing"), now=clock)
    assert path in application.openapi()["paths"]


def test_the_image_starts_a_command_that_exists_and_not_as_root() -> None:
    entry = json.loads(re.findall(r"^ENTRYPOINT (.*)$", DOCKERFILE, re.MULTILINE)[-1])
    command = json.loads(re.findall(r"^CMD (.*)$", DOCKERFILE, re.MULTILINE)[-1])
    assert entry == ["teplo"]
    assert not unknown_command(command)
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE)[-1] == "teplo"


def test_the_image_is_built_from_files_that_exist() -> None:
    copied = re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE, re.MULTILINE)
    sent = re.findall(r"^!(\S+)$", (DEPLOY / "Dockerfile.dockerignore").read_text(), re.MULTILINE)
    assert copied and sent
    assert all((ROOT / one).exists() for one in copied + sent)


def test_the_example_of_settings_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    for line in (DEPLOY / "systemd" / "teplo.env.example").read_text().splitlines():
        if not line.startswith("#"):
            monkeypatch.setenv(*line.split("=", 1))
    assert Settings().api_port == 8080


def test_every_variable_of_the_compose_file_is_in_its_example() -> None:
    named = set(re.findall(r"\$\{([A-Z_]+)", (DEPLOY / "compose.yaml").read_text()))
    given = re.findall(r"^([A-Z_]+)=", (DEPLOY / "compose.env.example").read_text(), re.MULTILINE)
    assert named == set(given)
