"""The table of imports and the house's rules hold for this tree, and each of them can fail."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from tests import house_rules
from tests.house_rules import PRODUCT, RULES, Rule

ROOT = Path(__file__).parent.parent
MODULES = sorted(path for folder in PRODUCT for path in (ROOT / folder).rglob("*.py"))
LOCKS = [*sorted((ROOT / "requirements").glob("*.txt")), *sorted((ROOT / "tests").rglob("package-lock.json"))]

BAD = [
    (house_rules.only_the_composition_root_reads_a_clock, "collector/poll.py", "x = datetime.now(UTC)"),
    (house_rules.only_the_composition_root_reads_a_clock, "api/app.py", "x = datetime.date.today()"),
    (house_rules.only_the_composition_root_reads_a_clock, "collector/poll.py", "started = time.time()"),
    (house_rules.only_the_settings_read_the_environment, "teplo/demo.py", "x = os.environ['TEPLO_X']"),
    (house_rules.only_the_settings_read_the_environment, "storage/pool.py", "from os import getenv"),
    (house_rules.a_file_is_named_after_its_concept, "collector/link_manager.py", ""),
    (house_rules.a_file_is_named_after_its_concept, "metering/utils.py", ""),
    (house_rules.no_path_belongs_to_one_machine, "teplo/demo.py", "x = '/home/anna/teplo'"),
    (house_rules.the_inner_folders_import_few_packages, "metering/units.py", "import numpy"),
    (house_rules.the_inner_folders_import_few_packages, "protocols/mbus/vif.py", "from pint import Unit"),
    (house_rules.the_inner_folders_import_few_packages, "migrations/env.py", "import metering.units"),
    (house_rules.metering_counts_in_decimal, "metering/units.py", "factor = 0.86"),
    (house_rules.metering_counts_in_decimal, "metering/units.py", "x = float('1')"),
    (house_rules.modbus_words_stay_with_modbus, "collector/poll.py", "def ask(slave): ..."),
    (house_rules.annotations_are_lazy_everywhere, "api/app.py", '"""Title."""\nimport json'),
]
GOOD = [
    (house_rules.only_the_composition_root_reads_a_clock, "teplo/demo.py", "x = datetime.now(UTC)"),
    (house_rules.only_the_composition_root_reads_a_clock, "collector/poll.py", "x = clock.now()"),
    (house_rules.only_the_composition_root_reads_a_clock, "collector/poll.py", "x = time.monotonic()"),
    (house_rules.only_the_settings_read_the_environment, "teplo/settings.py", "x = os.environ['TEPLO_X']"),
    (house_rules.the_inner_folders_import_few_packages, "metering/units.py", "import pint, decimal"),
    (house_rules.the_inner_folders_import_few_packages, "api/app.py", "import fastapi"),
    (house_rules.modbus_words_stay_with_modbus, "protocols/modbus/messages.py", "slave = 1"),
]
FORBIDDEN_IMPORTS = [
    ("metering", "import protocols.x"),
    ("metering", "import asyncio"),
    ("protocols", "import collector"),
    ("protocols", "from socket import socket"),
    ("protocols", "import time"),
    ("storage", "import protocols"),
    ("collector", "import simulators"),
    ("collector", "import asyncpg"),
    ("billing", "import reports"),
    ("reports", "import storage"),
    ("api", "import protocols"),
    ("api", "import collector"),
    ("simulators", "import storage"),
    ("protocols", "import pymodbus"),
]


def test_the_tree_keeps_every_rule() -> None:
    broken = [
        f"{path}: {what} ({rule.__name__})"
        for path, tree in _trees()
        for rule in RULES
        for what in rule(path, tree)
    ]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize(("rule", "path", "source"), BAD, ids=lambda value: getattr(value, "__name__", None))
def test_a_rule_sees_what_breaks_it(rule: Rule, path: str, source: str) -> None:
    assert list(rule(PurePosixPath(path), ast.parse(source)))


@pytest.mark.parametrize(("rule", "path", "source"), GOOD, ids=lambda value: getattr(value, "__name__", None))
def test_a_rule_lets_its_neighbour_pass(rule: Rule, path: str, source: str) -> None:
    assert not list(rule(PurePosixPath(path), ast.parse(source)))


def test_every_rule_is_tried_on_a_bad_sample() -> None:
    assert {rule for rule, _, _ in BAD} == set(RULES)


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_file_names_no_registry(path: Path) -> None:
    text = path.read_text()
    assert "://" not in text


def test_import_contracts_hold() -> None:
    result = _lint_imports(ROOT)
    assert result.returncode == 0, result.stdout


def test_import_contracts_hold_for_a_bare_skeleton(skeleton: Path) -> None:
    result = _lint_imports(skeleton)
    assert result.returncode == 0, result.stdout


def test_import_contracts_break_at_every_forbidden_import(skeleton: Path) -> None:
    for number, (folder, statement) in enumerate(FORBIDDEN_IMPORTS):
        (skeleton / folder / f"wrong_{number}.py").write_text(statement + "\n")
    result = _lint_imports(skeleton)
    unseen = [
        (folder, statement)
        for number, (folder, statement) in enumerate(FORBIDDEN_IMPORTS)
        if f"{folder}.wrong_{number} -> " not in result.stdout
    ]
    assert result.returncode == 1
    assert not unseen, result.stdout


@pytest.fixture
def skeleton(tmp_path: Path) -> Path:
    """The root packages, empty but for the one import of pymodbus that the contracts name."""
    for folder in PRODUCT:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").touch()
    (tmp_path / "protocols" / "x.py").touch()
    (tmp_path / "protocols" / "modbus").mkdir()
    (tmp_path / "protocols" / "modbus" / "__init__.py").touch()
    (tmp_path / "protocols" / "modbus" / "messages.py").write_text("import pymodbus\n")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def _trees() -> Iterator[tuple[PurePosixPath, ast.Module]]:
    """One at a time: parsing all of them takes longer than every rule together."""
    for path in MODULES:
        yield PurePosixPath(path.relative_to(ROOT).as_posix()), ast.parse(path.read_text())


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
        "--no-cache",
    ]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
