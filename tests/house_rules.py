"""The house's rules that no linter knows: one function each, named as its sentence.

A rule is given a module's path from the root of the repository and its syntax tree, and says what is wrong.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Final

Rule = Callable[[PurePosixPath, ast.Module], Iterator[str]]

PRODUCT: Final = (
    *("metering", "protocols", "collector", "storage", "billing", "reports"),
    *("api", "simulators", "migrations", "teplo"),
)
FOREIGN: Final = {
    "metering": {"pint"},
    "protocols": {"pymodbus"},
    "storage": {"asyncpg", "pgqueuer", "pydantic", "pydantic_core"},
    "migrations": {"alembic", "sqlalchemy"},
}
"""The foreign packages of the folders that keep the fewest; the others choose freely."""

VAGUE: Final = {"utils", "util", "helpers", "helper", "manager", "handler", "common", "misc"}
CLOCKS: Final = {"datetime": {"now", "utcnow", "today"}, "date": {"today"}, "time": {"time", "time_ns"}}
"""By the name before the dot; a monotonic clock measures how long, which is no reading of the time."""

ENVIRONMENT: Final = {"environ", "getenv", "putenv", "environb"}
MACHINES: Final = ("/home/", "/root/", "/work/", "/tmp/", "/Users/", "C:\\")


def only_the_composition_root_reads_a_clock(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    if path.parts[0] == "teplo":
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS.get(_last_name(node.value), ()):
            yield f"line {node.lineno}: {ast.unparse(node)}; take a clock as a parameter"


def only_the_settings_read_the_environment(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    if path == PurePosixPath("teplo/settings.py"):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ENVIRONMENT and _last_name(node.value) == "os":
            yield f"line {node.lineno}: {ast.unparse(node)}; add a setting to teplo/settings.py"
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            yield from (
                f"line {node.lineno}: os.{name.name}" for name in node.names if name.name in ENVIRONMENT
            )


def a_file_is_named_after_its_concept(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    yield from (f"{word} says nothing" for word in path.stem.split("_") if word in VAGUE)


def no_path_belongs_to_one_machine(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(MACHINES):
            yield f"line {node.lineno}: {node.value[:60]!r}"


def the_inner_folders_import_few_packages(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    allowed = FOREIGN.get(path.parts[0])
    if allowed is None:
        return
    ours = {"metering", path.parts[0]} if path.parts[0] != "migrations" else set()
    for line, package in _imported_packages(tree):
        if package not in allowed | ours and package not in sys.stdlib_module_names:
            yield f"line {line}: {package} is not for {path.parts[0]}/"


def metering_counts_in_decimal(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    if path.parts[0] != "metering":
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield f"line {node.lineno}: {node.value} is a float"
        if isinstance(node, ast.Call) and _last_name(node.func) == "float":
            yield f"line {node.lineno}: {ast.unparse(node)}"


def modbus_words_stay_with_modbus(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    if "modbus" in path.as_posix():
        return
    for node in ast.walk(tree):
        for name in _names(node):
            if "slave" in name.lower():
                yield f"line {getattr(node, 'lineno', 1)}: {name}; say meter"


def annotations_are_lazy_everywhere(path: PurePosixPath, tree: ast.Module) -> Iterator[str]:
    code = [node for node in tree.body if not _is_docstring(node)]
    if code and not (isinstance(code[0], ast.ImportFrom) and code[0].module == "__future__"):
        yield "begin with: from __future__ import annotations"


RULES: Final[tuple[Rule, ...]] = (
    only_the_composition_root_reads_a_clock,
    only_the_settings_read_the_environment,
    a_file_is_named_after_its_concept,
    no_path_belongs_to_one_machine,
    the_inner_folders_import_few_packages,
    metering_counts_in_decimal,
    modbus_words_stay_with_modbus,
    annotations_are_lazy_everywhere,
)


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _imported_packages(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name.partition(".")[0]) for name in node.names)
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module.partition(".")[0]


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    if isinstance(node, ast.arg | ast.keyword) and node.arg:
        yield node.arg
    if isinstance(node, ast.Attribute):
        yield node.attr
