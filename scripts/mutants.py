"""How many small mistakes in the arithmetic of billing no test notices: mutmut's verdicts as a table.

Fails when a file has more than 5 % of such mutants. `python scripts/mutants.py units checks` takes some of
the files or a folder; [tool.mutmut] in pyproject.toml names them all, and the tests that are run.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent
MUTANTS: Final = ROOT / "mutants"
MOST_ALIVE: Final = 5.0
"""Per cent."""

KILLED: Final = frozenset({1, 3, 24, 36, 152, -24, 255})
"""Exit codes of tests that noticed: one failed, or they took many times as long as without the mistake."""


class Verdict(NamedTuple):
    """The mutants of one file, and the names of those that no test noticed."""

    file: Path
    mutants: int
    alive: tuple[str, ...]

    @property
    def share(self) -> float:
        return 100 * len(self.alive) / self.mutants if self.mutants else 100.0


def main(stems: list[str]) -> int:
    """The exit code."""
    files = [file for file in _mutated_files() if not stems or {file.stem, file.parent.name} & {*stems}]
    if not files:
        print(f"No such file; there are: {', '.join(map(str, _mutated_files()))}.")
        return 2
    shutil.rmtree(MUTANTS, ignore_errors=True)
    patterns = [".".join((*file.with_suffix("").parts, "*")) for file in files]
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", os.environ.get("WORKERS", "1")]
    if subprocess.run([*command, *patterns], cwd=ROOT, stdout=sys.stderr).returncode:
        return 2
    verdicts = [_verdict(file) for file in files]
    _print(verdicts)
    return int(any(verdict.share > MOST_ALIVE for verdict in verdicts))


def _mutated_files() -> list[Path]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return [Path(name) for name in settings["tool"]["mutmut"]["only_mutate"]]


def _verdict(file: Path) -> Verdict:
    """A mutant that no test reaches, or that was not judged at all, is alive."""
    codes = json.loads((MUTANTS / f"{file}.meta").read_text("utf-8"))["exit_code_by_key"]
    return Verdict(file, len(codes), tuple(name for name, code in codes.items() if code not in KILLED))


def _print(verdicts: list[Verdict]) -> None:
    print(f"{'file':<32}{'mutants':>8}{'alive':>7}{'share':>9}")
    for verdict in verdicts:
        print(f"{verdict.file!s:<32}{verdict.mutants:>8}{len(verdict.alive):>7}{verdict.share:>8.1f}%")
    for verdict in verdicts:
        for name in verdict.alive:
            print(f"alive: {name}  (python -m mutmut show {name})")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
