"""`teplo plan` as an engineer uses it: a process of its own beside a database."""

from __future__ import annotations

import re

import pytest

from storage.plans import EVERYBODY, PlanOwner, Plans
from storage.pool import Database
from tests.support.commands import teplo
from tests.support.registry import place

MODEL = "kamstrup-multical-403"
BY = ("--operator", "A. Serikova")


def rows(output: str) -> dict[str, tuple[str, str]]:
    """Value and origin by setting."""
    found = [re.split(r"\s{2,}", line.strip(), maxsplit=2) for line in output.splitlines()]
    return {one[0]: (one[1], one[2]) for one in found if len(one) == 3}


@pytest.fixture
def environment(database_url: str) -> dict[str, str]:
    return {"TEPLO_DATABASE_URL": database_url, "TEPLO_POLL_RETRY": "PT2M"}


async def test_settings_of_a_point_lie_over_those_of_all(
    database: Database, environment: dict[str, str]
) -> None:
    spot = await place(database)
    code, _, errors = await teplo("plan", "set", "window=22-5", "every=1h", *BY, **environment)
    assert code == 0, errors
    code, _, errors = await teplo("plan", "set", "every=120m", *BY, "--model", MODEL, **environment)
    assert code == 0, errors
    code, output, errors = await teplo(
        "plan", "set", "hour.depth=100", *BY, "--point", "point-1", **environment
    )
    assert code == 0, errors
    assert rows(output)["hour.depth"] == ("100", "point-1")
    assert rows(output)["every"] == ("2h", MODEL)
    assert rows(output)["window"] == ("22-5", "everybody")
    assert rows(output)["retry"] == ("2m", "usual")
    (change,) = await Plans(database).journal(PlanOwner(spot.usage_point))
    assert (change.settings, change.changed_by) == ({"hour.depth": 100}, "A. Serikova")


async def test_settings_are_cleared(database: Database, environment: dict[str, str]) -> None:
    assert (await teplo("plan", "set", "every=6h", *BY, **environment))[0] == 0
    said = [(await teplo("plan", "clear", *BY, **environment))[1].strip() for _ in range(2)]
    assert said == ["removed", "There were no settings."]
    assert await Plans(database).get(EVERYBODY) is None


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("set", "every", *BY), "write it like every=6h"),
        (("set", "evry=6h", *BY), "no setting 'evry'"),
        (("set", "every=6h", "--operator", " "), "--operator"),
        (("set", "every=6h", *BY, "--point", "nowhere"), "nowhere"),
        (("set", "every=6h", *BY, "--model", "kamstrup-multical-404"), "kamstrup-multical-404"),
        (("show", "--point", "a", "--model", "b"), "not both"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else "",
)
async def test_what_cannot_be_is_refused(
    database: Database, environment: dict[str, str], arguments: tuple[str, ...], word: str
) -> None:
    code, _, errors = await teplo("plan", *arguments, **environment)
    assert code == 2
    assert word in errors
    assert await Plans(database).list() == []
