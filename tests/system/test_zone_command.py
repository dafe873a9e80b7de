"""`teplo zone` as an engineer uses it: a process of its own beside a database."""

from __future__ import annotations

import pytest

from storage.pool import Database
from storage.usage_points import Registry
from tests.support.commands import teplo
from tests.support.registry import place

LAW = ("--from", "+05:00", "--to", "+04:00", "--since", "2030-03-01T00:00+05:00", "--by", "decree 18")
AFTER = "+05:00;2030-02-28T19:00:00Z=+04:00"


@pytest.fixture
async def environment(database: Database, database_url: str) -> dict[str, str]:
    """Two meters at +05:00, with their usage points."""
    for number in (1, 2):
        await place(database, number)
    return {"TEPLO_DATABASE_URL": database_url}


async def zones(database: Database) -> list[str]:
    return [meter.zone for meter in await Registry(database).meters()]


async def test_a_law_is_looked_at_and_then_entered(environment: dict[str, str], database: Database) -> None:
    code, said, errors = await teplo("zone", "change", *LAW, "--dry-run", **environment)
    assert (code, "2" in said, await zones(database)) == (0, True, ["+05:00"] * 2), errors
    code, said, errors = await teplo("zone", "change", *LAW, **environment)
    assert (code, await zones(database)) == (0, [AFTER] * 2), errors
    assert "point-1, point-2" in said
    _, said, _ = await teplo("zone", "change", *LAW, **environment)
    assert "Meters changed: 0" in said


async def test_one_meter_was_set_over(environment: dict[str, str], database: Database) -> None:
    arguments = ("--to", "+04:00", "--since", "2030-02-28T19:00:00Z", "--by", "A. Serikova")
    code, said, errors = await teplo("zone", "set", "00000002", *arguments, **environment)
    assert (code, await zones(database)) == (0, ["+05:00", AFTER]), errors
    code, shown, _ = await teplo("zone", "show", "00000002", **environment)
    assert (code, shown) == (0, said)
    assert AFTER in shown
    assert "A. Serikova" in shown


@pytest.mark.parametrize(
    "wrong",
    [
        ("change", *LAW[:-4], "--since", "2030-03-01T00:00", "--by", "decree 18"),
        ("change", *LAW[:-4], "--since", "spring", "--by", "decree 18"),
        ("change", "--from", "Mars", *LAW[2:]),
        ("change", "--from", "+04:00", *LAW[2:]),
        ("set", "77", *LAW[2:]),
    ],
    ids=["no offset", "no moment", "no zone", "no change", "no such meter"],
)
async def test_what_makes_no_sense_is_refused(
    environment: dict[str, str], database: Database, wrong: tuple[str, ...]
) -> None:
    code, _, errors = await teplo("zone", *wrong, **environment)
    assert (code, await zones(database)) == (2, ["+05:00"] * 2), errors
