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
from prometheus_client import generate_latest

from api.app import create_app
from collector.metrics import CollectorMetrics
from metering.polls import Outcome
from metering.problems import ProblemKind
from storage.line_states import LineCondition
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
PROMETHEUS: dict[str, Any] = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
RULES = [
    rule
    for group in yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana" / "teplo.json").read_text())
EXPRESSIONS = [rule["expr"] for rule in RULES] + [
    target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ())
]


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


@pytest.mark.parametrize("name", [name for name in services_of_teplo() if name != "migrate"])
def test_who_works_with_the_database_waits_for_its_schema(name: str) -> None:
    condition = COMPOSE["services"][name]["depends_on"]["migrate"]["condition"]
    assert condition == "service_completed_successfully"


def collectors() -> list[dict[str, Any]]:
    return [one for one in services_of_teplo().values() if one["command"][0] == "collector"]


def test_what_a_collector_keeps_survives_in_a_volume_of_its_own() -> None:
    """A folder goes by its collector's name, so both stay the same when a container is made anew."""
    volumes = [one["volumes"][0].split(":") for one in collectors()]
    names = [one["environment"]["TEPLO_COLLECTOR_NAME"] for one in collectors()]
    folders = [one["environment"]["TEPLO_COLLECTOR_FOLDER"] for one in collectors()]
    assert [mounted for _, mounted in volumes] == folders
    assert len({volume for volume, _ in volumes}) == len(set(names)) == len(collectors())
    assert {volume for volume, _ in volumes} <= set(COMPOSE["volumes"])
    assert all(names)


def test_the_unit_of_a_collector_may_write_where_it_keeps_things() -> None:
    example = (DEPLOY / "systemd" / "teplo.env.example").read_text()
    service = unit(DEPLOY / "systemd" / "teplo-collector.service")["Service"]
    assert re.findall(r"^TEPLO_COLLECTOR_FOLDER=(.*)$", example, re.MULTILINE) == [
        service["WorkingDirectory"]
    ]
    assert service["WorkingDirectory"] == f"/var/lib/{service['StateDirectory']}"


def test_the_broker_of_the_compose_file_has_what_its_configuration_names() -> None:
    named = set(re.findall(r"\S+file (\S+)", (DEPLOY / "mosquitto.conf").read_text()))
    volumes = [one.split(":") for one in COMPOSE["services"]["broker"]["volumes"]]
    assert named <= {mounted for _, mounted, *_ in volumes}
    ours = [DEPLOY / source for source, *_ in volumes if source.startswith("./mosquitto.")]
    assert len(ours) == 2 and all(path.is_file() for path in ours)


def test_prometheus_finds_its_rules_and_the_port_of_a_collector() -> None:
    assert all((DEPLOY / "prometheus" / name).is_file() for name in PROMETHEUS["rule_files"])
    (port,) = {one["environment"]["TEPLO_METRICS_PORT"] for one in collectors()}
    targets = [job["static_configs"][0]["targets"][0] for job in PROMETHEUS["scrape_configs"]]
    assert targets == ["127.0.0.1:8080", f"127.0.0.1:{port}"]


async def test_alerts_and_dashboard_ask_for_numbers_that_exist(database: Database) -> None:
    application = create_app(database, now=clock)
    told = await application.state.metrics.text() + generate_latest(CollectorMetrics(clock).registry)
    existing = set(re.findall(r"^# TYPE (\S+) ", told.decode(), re.MULTILINE))
    asked = {name for text in EXPRESSIONS for name in re.findall(r"\bteplo_\w+", text)}
    assert len(asked) > 15
    assert asked <= existing


def test_labels_that_alerts_and_dashboard_choose_by_exist() -> None:
    words: dict[str, set[str]] = {
        "kind": set(ProblemKind),
        "outcome": set(Outcome),
        "state": set(LineCondition),
    }
    for label, value in re.findall(r'(\w+)(?:=|=~|!~)"([^"]*)"', " ".join(EXPRESSIONS)):
        assert set(value.split("|")) <= words[label]


def test_every_alert_says_what_it_is_about_and_what_to_do() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert set(rule["annotations"]) == {"summary", "description"}
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_panels_lie_beside_each_other() -> None:
    taken = [
        (column, line)
        for panel in DASHBOARD["panels"]
        for column in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for line in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(taken) == len(set(taken))
    assert max(column for column, _ in taken) < 24


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
