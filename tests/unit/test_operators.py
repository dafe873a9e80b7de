"""Names that are typed as options of commands."""

from __future__ import annotations

import os
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from metering.errors import ConfigurationError
from teplo.operators import named, named_or_user, system_user

app = typer.Typer(add_completion=False)


@app.command()
def say(
    operator: Annotated[str, typer.Option(callback=named)],
    by: Annotated[str, typer.Option(callback=named_or_user)] = "",
) -> None:
    typer.echo(f"{operator}|{by}")


@pytest.mark.parametrize("name", ["A. Serikova", "  A. Serikova ", "x" * 80])
def test_a_name_is_taken_without_blanks_around_it(name: str) -> None:
    said = CliRunner().invoke(app, ["--operator", name, "--by", name]).output.strip()
    assert said == f"{name.strip()}|{name.strip()}"


@pytest.mark.parametrize("option", ["--operator", "--by"])
@pytest.mark.parametrize("name", [" ", "x" * 81])
def test_no_name_and_an_endless_one_are_refused(option: str, name: str) -> None:
    result = CliRunner().invoke(app, ["--operator", "A. Serikova", option, name])
    assert isinstance(result.exception, ConfigurationError)
    assert str(result.exception).startswith(f"{option} is a name of 1 to 80 characters")


def test_who_is_not_named_is_the_user_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "serikova")
    assert CliRunner().invoke(app, ["--operator", "x"]).output.strip() == "x|serikova"


def test_a_user_without_a_name_is_told_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", lambda number: {}[number])
    assert system_user() == f"user {os.getuid()}"
