"""What is typed as a register on the command line is one, or is told so before anything is asked."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from teplo.__main__ import app

NO_REGISTERS = ("NaN", "Infinity", "1e1000000", "-3", "12,34,5", "9" * 19, "")


@pytest.mark.parametrize("written", NO_REGISTERS, ids=lambda text: text[:12] or "nothing")
def test_what_is_no_register_is_refused(written: str) -> None:
    typed = ["reading", "enter", "--source", "call_centre", "--operator", "A. Serikova"]
    told = CliRunner().invoke(app, [*typed, "--", "UP-1", "2026-01-24T00:00", written])
    assert told.exit_code != 0
    assert "write a register like 123.4" in str(told.exception)


@pytest.mark.parametrize("written", ["NaN", "-1", "100001", "1e1000000"])
def test_what_is_no_flow_is_refused(written: str) -> None:
    typed = ["act", "operation-sheet", "UP-1", "--at", "2026-01-31T15:00"]
    told = CliRunner().invoke(app, [*typed, f"--smallest-flow={written}"])
    assert told.exit_code != 0
    assert "A flow is from 0" in str(told.exception)
